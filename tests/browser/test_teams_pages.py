"""Channels in Teams in a browser: set up by keyboard, on a phone, in both themes, accessible; taking from a card."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.accounts.models import Person, PersonWebhook
from app.core import clock, crypto
from app.core.db import db
from app.core.uow import run_unit
from app.notifications import card_channels
from app.notifications.card_channels import Channel
from tests.browser.conftest import CHROMIUM
from tests.support.audience import act, put
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import servers
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Visit = Callable[..., Any]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A folder for pictures of the pages, for whoever wants to look at them.
PICTURES = os.environ.get("HD_PICTURES", "")


@pytest.fixture
def teams() -> Iterator[HttpSink]:
    with HttpSink() as sink, servers(teams=sink, webhook=""):
        yield sink


@pytest.fixture
def admin(world: World) -> Person:
    return world.admin(first_name="Anna", last_name="Berger")


def fail_for_days(channel: Channel, days: int) -> None:
    with clock.pretending(clock.now() - timedelta(days=days)):
        act(card_channels.failed, channel, "refused")
    act(card_channels.failed, channel, "refused")


def scenes(world: World, admin: Person, teams: HttpSink) -> dict[str, str]:
    """Name of a picture → page, each in a state worth looking at."""
    other = world.make_team("Netz", teams_webhook=crypto.encrypt(teams.url("/netz")))
    off = world.make_team("Telefonie", teams_webhook=crypto.encrypt(teams.url("/tel")))
    address = crypto.encrypt(teams.url("/own"))
    row = PersonWebhook(person_id=admin.id, address=address, changed_at=clock.now())
    run_unit(lambda: db.session.add(row))
    act(card_channels.worked, Channel(f"team:{other.id}", teams.url("/netz")))
    fail_for_days(Channel(f"team:{off.id}", teams.url("/tel")), 4)
    fail_for_days(Channel(f"person:{admin.id}", teams.url("/own")), 1)
    put(world.team, auto_assign=False)
    free = world.ticket(world.customer(last_name="Scholz"), title="Serverausfall im zweiten Stock")
    taken = world.ticket(world.customer(), title="Drucker druckt nicht")
    put(taken, assignee_id=world.agent(first_name="Jonas", last_name="Weber").id)
    return {
        "team-none": f"/admin/teams/{world.team.id}",
        "team-works": f"/admin/teams/{other.id}",
        "team-off": f"/admin/teams/{off.id}",
        "settings": "/admin/settings/cards",
        "own": "/auth/teams",
        "own-address": "/auth/teams/address",
        "wishes": "/tickets/inbox/settings",
        "take": f"/tickets/{free.number}/take",
        "taken": f"/tickets/{taken.number}/take",
    }


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 1280), ("light", 390), ("dark", 390)])
def test_the_pages_are_accessible_and_fit(
    visit: Visit, world: World, admin: Person, teams: HttpSink, theme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    pages = scenes(world, admin, teams)
    page = visit(admin, theme=theme, width=width, bypass_csp=True)
    found = []
    for name, path in pages.items():
        page.goto(path)
        result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        found += [
            f"{path}: {wrong['id']} {wrong['nodes'][0]['target']}" for wrong in result.response["violations"]
        ]
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        found += [f"{path}: scrolls sideways"] if page.evaluate(wider) > 0 else []
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{name}-{theme}-{width}.png", full_page=True)
    assert found == []


def test_an_own_channel_is_set_up_tried_and_removed_by_keyboard(
    visit: Visit, world: World, teams: HttpSink
) -> None:
    page = visit(world.agent())
    page.goto("/auth/teams")
    page.get_by_role("link", name="Adresse eintragen").focus()
    page.keyboard.press("Enter")
    page.locator("#f-webhook_url").focus()
    page.keyboard.type("https://boese.example/hook?sig=geheim")
    page.keyboard.press("Enter")
    page.get_by_text("Teams-Adressen beginnen mit https").first.wait_for()
    page.locator("#f-webhook_url").focus()
    page.keyboard.type("https://prod-1.westeurope.logic.azure.com/workflows/1?sig=geheim")
    page.keyboard.press("Enter")
    page.get_by_text("https://prod-1.westeurope.logic.azure.com/…").wait_for()
    assert "geheim" not in page.content()
    page.get_by_role("button", name="Adresse entfernen").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Adresse eintragen").wait_for()


def test_trying_a_channel_says_what_went_wrong(
    visit: Visit, world: World, admin: Person, teams: HttpSink
) -> None:
    put(world.team, teams_webhook=crypto.encrypt(teams.url("/own")))
    teams.always = Answer(404, b"WorkflowNotFound")
    page = visit(admin)
    page.goto(f"/admin/teams/{world.team.id}")
    page.get_by_role("button", name="Testkarte senden").click()
    page.get_by_text("Der Workflow ist ausgeschaltet oder gelöscht").first.wait_for()
    teams.always = Answer()
    page.get_by_role("button", name="Testkarte senden").click()
    page.get_by_text("Teams hat die Karte angenommen").wait_for()
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / "trial.png", full_page=True)


def test_a_card_leads_to_the_ticket_being_taken(
    visit: Visit, world: World, admin: Person, teams: HttpSink
) -> None:
    put(world.team, auto_assign=False)
    ticket = world.ticket(world.customer(), title="Serverausfall")
    page = visit(world.agent())
    page.goto(f"/tickets/{ticket.number}/take")
    page.get_by_role("button", name="Übernehmen").click()
    page.wait_for_url(f"**/tickets/{ticket.number}")
    page.get_by_text(f"Sie haben {ticket.number} übernommen.").wait_for()
