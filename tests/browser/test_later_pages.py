"""Sending later in a browser: by keyboard, without scripts, on a phone; and Enter in its field never sends at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import scheduling
from app.tickets.models import Comment, ScheduledReply
from app.tickets.schemas import LaterReply
from app.tickets.words import ScheduledState
from tests.browser.conftest import CHROMIUM
from tests.browser.test_ticket_pages import findings
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]


@pytest.fixture
def story(world: World) -> World:
    """Anna has a ticket of Mia's."""
    world.anna = world.agent(first_name="Anna", last_name="Berger")
    world.mia = world.customer(first_name="Mia", last_name="Scholz")
    world.asked = world.ticket(world.mia)
    world.path = f"/tickets/{world.asked.number}"
    return world


def rows(table: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(table).order_by(table.id)))


def plan(story: World, body: str) -> None:
    command = LaterReply(body=body, due_at=clock.now() + timedelta(days=2))
    run_unit(lambda: scheduling.schedule(story.actor(story.anna), story.asked.id, command))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nobody_is_shut_out(story, visit, theme, width):
    plan(story, "Die erste")
    story.say(story.mia, story.asked, "Etwas Neues")
    plan(story, "Die zweite")
    page = visit(story.anna, width=width, theme=theme)
    page.goto(story.path)
    assert findings(page) == []
    page.get_by_text("Später senden").click()
    assert page.locator("#f-due_at").is_visible()
    assert findings(page) == []
    box = page.locator(".csend > .menu > .menu-list").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_everything(story, visit):
    page = visit(story.anna)
    page.goto(story.path)
    page.fill("#f-reply", "Morgen mehr.")
    page.get_by_text("Später senden").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "hour"
    page.keyboard.press("Escape")
    assert not page.locator("#f-due_at").is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**#scheduled-*")
    (reply,) = rows(ScheduledReply)
    assert (reply.body, rows(Comment)) == ("Morgen mehr.", [])
    assert page.locator("#f-reply").input_value() == ""


def test_enter_beside_the_text_never_sends_at_once(story, visit):
    page = visit(story.anna)
    page.goto(story.path)
    page.fill("#f-reply", "Nicht jetzt")
    page.get_by_text("Später senden").click()
    page.locator("#f-due_at").press("Enter")
    page.locator("#f-due_at-error").wait_for()
    assert page.locator("#f-reply").input_value() == "Nicht jetzt"
    assert page.locator("#f-due_at").is_visible()
    page.fill("#f-due_at", (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT08:00"))
    page.locator("#f-due_at").press("Enter")
    page.wait_for_url("**#scheduled-*")
    assert rows(Comment) == []
    assert len(rows(ScheduledReply)) == 1


def test_control_and_enter_still_send_at_once(story, visit):
    page = visit(story.anna)
    page.goto(story.path)
    page.fill("#f-reply", "Jetzt")
    page.locator("#f-reply").press("Control+Enter")
    page.wait_for_url("**?sent=*")
    assert [one.body for one in rows(Comment)] == ["Jetzt"]
    assert rows(ScheduledReply) == []


def test_without_scripts_it_works_as_well(story, visit):
    page = visit(story.anna, java_script_enabled=False)
    page.goto(story.path)
    page.fill("#f-reply", "Ohne Skript")
    page.get_by_text("Später senden").click()
    page.get_by_role("button", name="Morgen, 8:00").click()
    page.wait_for_url("**#scheduled-*")
    page.get_by_role("button", name="Abbrechen und bearbeiten").click()
    page.wait_for_url(f"**{story.path}")
    assert page.locator("#f-reply").input_value() == "Ohne Skript"
    assert [one.state for one in rows(ScheduledReply)] == [ScheduledState.CANCELLED]
