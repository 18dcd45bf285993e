"""The pages of API keys in a browser: phone, both themes, accessibility, by keyboard, copied, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Person
from app.accounts.program_models import ApiKey
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from tests.browser.conftest import CHROMIUM
from tests.browser.test_admin_pages import RULES
from tests.support.api_keys import OF_TICKETS, key_for, revoke, row_of
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Visit = Callable[..., Any]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PATH = "/admin/api-keys"
REVOKE = re.compile(r"^Widerrufen\s?: Inventar$")


@pytest.fixture
def admin(world: World) -> Person:
    return world.admin(first_name="Anna", last_name="Berger", email="anna@firma.example")


@pytest.fixture
def key(world: World, admin: Person) -> int:
    """One in use, limited to teams; one that was revoked; one of everything, never used."""
    team = world.make_team("Netzwerk und Telefonie")
    made, _text = key_for(
        world.leader(first_name="Bernadette", last_name="Oberhofer"), *OF_TICKETS, teams=(team,)
    )

    def used() -> None:
        row = db.session.get_one(ApiKey, made)
        row.name, row.last_used_at, row.last_used_network = "Inventar " * 8, clock.now(), "2001:db8:1::/48"

    run_unit(used)
    revoke(key_for(admin)[0])
    key_for(admin)
    return made


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 1280), ("dark", 360), ("light", 360)])
def test_the_pages_are_accessible_and_fit(
    visit: Visit, admin: Person, key: int, theme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(admin, theme=theme, width=width, bypass_csp=True)
    found = []
    for path in (PATH, f"{PATH}/new", f"{PATH}/{key}/revoke", "made"):
        if path == "made":
            page.goto(f"{PATH}/new")
            page.get_by_label("Name").fill("Inventar")
            page.get_by_label("(tickets:read)").check()
            page.get_by_role("button", name="API-Schlüssel erstellen").click()
            page.locator("#secret").wait_for()
        else:
            page.goto(path)
        result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        found += [
            f"{path}: {wrong['id']} {wrong['nodes'][0]['target']}" for wrong in result.response["violations"]
        ]
        found += [f"{path}: scrolls sideways"] if page.evaluate(WIDER) > 0 else []
    assert found == []


def test_a_key_is_made_copied_and_revoked_by_keyboard(visit: Visit, admin: Person) -> None:
    page = visit(admin)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(PATH)
    page.get_by_role("link", name="Neuer API-Schlüssel").press("Enter")
    page.get_by_label("Name").press_sequentially("Inventar")
    page.get_by_label("(tickets:read)").press("Space")
    page.get_by_label("(events:read)").press("Space")
    page.get_by_role("button", name="API-Schlüssel erstellen").press("Enter")
    text = page.locator("#secret").inner_text()
    page.get_by_role("button", name="API-Schlüssel kopieren").press("Enter")
    page.get_by_text("Kopiert").first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == text
    page.get_by_role("link", name="Zu den API-Schlüsseln").press("Enter")
    page.get_by_role("link", name=REVOKE).press("Enter")
    page.get_by_role("button", name="API-Schlüssel widerrufen").press("Enter")
    page.get_by_text("öffnet nichts mehr").first.wait_for()
    db.session.rollback()
    row = db.session.scalars(sa.select(ApiKey)).one()
    assert (text[3:15], row.scopes) == (row.prefix, ["tickets:read", "events:read"])
    assert row_of(row.id).revoked_at is not None


def test_a_key_is_made_and_revoked_without_scripts(visit: Visit, admin: Person) -> None:
    page = visit(admin, java_script_enabled=False)
    page.goto(f"{PATH}/new")
    page.get_by_label("Name").fill("Inventar")
    page.get_by_label("(tickets:read)").check()
    page.get_by_role("button", name="API-Schlüssel erstellen").click()
    assert page.locator("#secret").inner_text().startswith("hd_")
    assert not page.get_by_role("button", name="API-Schlüssel kopieren").is_visible()
    page.goto(PATH)
    page.get_by_role("link", name=REVOKE).click()
    page.get_by_role("button", name="API-Schlüssel widerrufen").click()
    assert page.get_by_text("Widerrufen", exact=True).first.is_visible()
