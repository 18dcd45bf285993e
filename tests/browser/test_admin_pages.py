"""The administration in a browser: the live example, destructive forms, no scripts, phone, accessibility."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Person
from app.core.db import db
from app.sla.models import WorkCalendar
from app.sla.schemas import slot_field
from tests.browser.conftest import CHROMIUM
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Visit = Callable[..., Any]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = ["/admin/health", "/admin/teams", "/admin/teams/{team}", "/admin/categories/new", "/admin/sla",
         "/admin/sla/policies/new", "/admin/sla/calendars/{calendar}", "/admin/deliveries", "/admin/audit",
         "/admin/settings/site", "/admin/links"]  # fmt: skip


@pytest.fixture
def admin(world: World) -> Person:
    return world.admin(first_name="Anna", last_name="Berger")


@pytest.fixture
def calendar(world: World) -> int:
    """The office calendar."""
    return db.session.scalars(sa.select(WorkCalendar.id).where(WorkCalendar.name != "24×7")).one()


def test_the_example_follows_the_hours_while_they_are_typed(
    visit: Visit, admin: Person, calendar: int
) -> None:
    page = visit(admin)
    page.goto(f"/admin/sla/calendars/{calendar}")
    example = page.locator("#example")
    page.locator(f"#f-{slot_field(0, 2, 'to')}").fill("18:00")
    page.locator(f"#f-{slot_field(0, 2, 'to')}").press("Tab")
    example.filter(has_text=re.compile("Beispiel: Ticket .*fällig")).wait_for()
    before = example.inner_text()
    page.get_by_text("Rund um die Uhr", exact=True).click()
    example.filter(has_not_text=before).wait_for()
    assert "19:30" in example.inner_text()  # three hours after 16:30, whatever the hours say
    page.locator("#f-counts").check()
    page.locator(f"#f-{slot_field(1, 1, 'to')}").fill("07:00")
    page.locator(f"#f-{slot_field(1, 1, 'to')}").press("Tab")
    example.filter(has_text="Dienstag: 8:00–7:00 endet, bevor es beginnt.").wait_for()
    assert page.locator("h1").inner_text() == "Mo–Fr 8–17", "nothing was saved, the page is the same"


def test_without_scripts_a_button_shows_the_example_and_keeps_the_form(
    visit: Visit, admin: Person, calendar: int
) -> None:
    page = visit(admin, java_script_enabled=False)
    page.goto(f"/admin/sla/calendars/{calendar}")
    page.locator("#f-name").fill("Noch nicht gespeichert")
    page.get_by_role("button", name="Beispiel zeigen").click()
    assert "Beispiel: Ticket" in page.locator("#example").inner_text()
    assert page.locator("#f-name").input_value() == "Noch nicht gespeichert"
    page.get_by_role("button", name="Kalender speichern").click()
    assert "„Noch nicht gespeichert“ wurde gespeichert." in page.content()


def test_deleting_wants_the_name_typed(visit: Visit, admin: Person, calendar: int) -> None:
    page = visit(admin)
    page.goto(f"/admin/sla/calendars/{calendar}/delete")
    button = page.get_by_role("button", name="„Mo–Fr 8–17“ löschen")
    assert button.is_disabled()
    page.locator("#f-name").fill("Mo–Fr 8")
    assert button.is_disabled()
    page.locator("#f-name").fill("Mo–Fr 8–17")
    button.click()
    page.get_by_text("„Mo–Fr 8–17“ wurde gelöscht.").first.wait_for()


def test_a_refused_form_says_so_in_its_title_and_takes_the_focus(visit: Visit, admin: Person) -> None:
    page = visit(admin)
    page.goto("/admin/teams/new")
    page.get_by_role("button", name="Team speichern").click()
    page.locator(".error-summary").wait_for()
    assert page.title().startswith("Fehler:")
    page.wait_for_function("document.activeElement.classList.contains('error-summary')")
    page.locator(".error-summary a").click()
    page.wait_for_function("document.activeElement.id === 'f-name'")


def test_a_team_is_made_with_the_keyboard_alone(visit: Visit, world: World, admin: Person) -> None:
    world.agent(first_name="Jonas", last_name="Keller")
    page = visit(admin)
    page.goto("/admin/teams/new")
    page.locator("#f-name").focus()
    page.keyboard.type("Netzwerk")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Netzwerk").wait_for()
    page.locator("#f-person_id").focus()
    page.keyboard.type("Jonas")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Jonas Keller").wait_for()


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390)])
def test_the_pages_are_accessible_and_fit(
    visit: Visit, world: World, admin: Person, calendar: int, theme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    world.ticket(world.customer())
    world.relay()
    page = visit(admin, theme=theme, width=width, bypass_csp=True)
    found = []
    for path in PAGES:
        page.goto(path.format(team=world.team.id, calendar=calendar))
        result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        found += [
            f"{path}: {wrong['id']} {wrong['nodes'][0]['target']}" for wrong in result.response["violations"]
        ]
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        found += [f"{path}: scrolls sideways"] if page.evaluate(wider) > 0 else []
    assert found == []
