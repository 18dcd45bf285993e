"""Words of mails in a browser: the preview in its frame, with and without scripts, on a phone, accessible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.accounts.models import Person
from tests.browser.conftest import CHROMIUM
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Visit = Callable[..., Any]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = [
    "/admin/mail/texts",
    "/admin/mail/texts/reply",
    "/admin/mail/signatures",
    "/admin/mail/signatures/edit",
]
BODY = "Kurz gesagt:\n\n{message}\n\n{signature}\n\n{link}"


@pytest.fixture
def admin(world: World) -> Person:
    return world.admin(first_name="Anna", last_name="Berger")


def letter(page: Any) -> Any:
    """The mail in its frame."""
    return page.frame_locator("iframe.preview-letter")


def test_the_preview_follows_a_click_and_nothing_is_saved(visit: Visit, admin: Person) -> None:
    page = visit(admin)
    page.goto("/admin/mail/texts/reply")
    letter(page).get_by_role("heading", name="Neue Nachricht zu Ihrer Anfrage").wait_for()
    page.locator("#f-body").fill(BODY)
    page.get_by_role("button", name="Vorschau").click()
    letter(page).get_by_text("Kurz gesagt:").wait_for()
    assert page.url.endswith("/admin/mail/texts/reply")
    page.locator("#f-body").fill("{oops}")
    page.get_by_role("button", name="Vorschau").click()
    page.locator("#preview").get_by_text("Den Platzhalter {oops} gibt es hier nicht.").wait_for()
    page.reload()
    assert "Kurz gesagt" not in page.content()


def test_without_scripts_the_page_comes_back_with_the_preview_and_what_was_typed(
    visit: Visit, admin: Person
) -> None:
    page = visit(admin, java_script_enabled=False)
    page.goto("/admin/mail/texts/reply")
    page.locator("#f-body").fill(BODY)
    page.get_by_role("button", name="Vorschau").click()
    assert page.locator("#f-body").input_value() == BODY
    letter(page).get_by_text("Kurz gesagt:").wait_for()
    page.get_by_role("button", name="Text speichern").click()
    assert "Der Text ist gespeichert." in page.content()
    page.get_by_role("button", name="Zurück zum Original").click()
    assert "Kurz gesagt" not in page.content()


def test_the_mail_keeps_its_looks_and_its_links_lead_nowhere(visit: Visit, admin: Person) -> None:
    page = visit(admin)
    page.goto("/admin/mail/texts/reply")
    button = letter(page).get_by_role("link", name="Anfrage ansehen")
    assert button.evaluate("link => getComputedStyle(link).fontWeight") == "400"
    rate = letter(page).get_by_role("link", name="Hilfe bewerten")
    assert rate.evaluate("link => getComputedStyle(link).backgroundColor") == "rgb(10, 98, 114)"
    rate.click()
    assert len(page.context.pages) == 1 and rate.is_visible()
    page.complaints.clear()  # the browser says that it did not open a window


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390)])
def test_the_pages_are_accessible_and_fit(
    visit: Visit, world: World, admin: Person, theme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(admin, theme=theme, width=width, bypass_csp=True)
    found = []
    for path in PAGES:
        page.goto(path)
        result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        found += [
            f"{path}: {wrong['id']} {wrong['nodes'][0]['target']}" for wrong in result.response["violations"]
        ]
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        found += [f"{path}: scrolls sideways"] if page.evaluate(wider) > 0 else []
    assert found == []
