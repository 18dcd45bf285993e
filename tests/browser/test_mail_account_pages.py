"""Mail accounts, quarantine and lists of addresses in a browser: with the keyboard, without scripts, accessible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.accounts.models import Person
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.mailroom.models import BlockedSender, Mailbox, MutedAddress
from tests.browser.conftest import CHROMIUM
from tests.support.letters import bring, letter
from tests.support.mail_forms import OAUTH, SECRET, account, made
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Visit = Callable[..., Any]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = ["/admin/mail", "/admin/mail/new", "/admin/mail/new-graph", "/admin/mail/{second}/graph",
         "/admin/mail/{first}", "/admin/mail/{second}", "/admin/mail/{second}/edit", "/admin/mail/{first}/remove",
         "/admin/mail/blocked", "/admin/mail/muted", "/admin/quarantine", "/admin/quarantine?shelf=ignored",
         "/admin/health"]  # fmt: skip
CLOSED = {"imap_host": "127.0.0.1", "imap_port": "1", "smtp_host": ""}


@pytest.fixture
def admin(world: World) -> Person:
    return world.admin(first_name="Anna", last_name="Berger")


def test_an_account_is_set_up_with_the_keyboard_alone(visit: Visit, admin: Person) -> None:
    page = visit(admin)
    page.goto("/admin/mail/new")
    for field, text in (("address", "hilfe@firma.example"), ("imap_host", "imap.firma.example"),
                        ("imap_username", "hilfe"), ("imap_password", SECRET)):  # fmt: skip
        page.locator(f"#f-{field}").focus()
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="hilfe@firma.example").wait_for()
    assert account().imap_host == "imap.firma.example" and SECRET not in page.content()


def test_without_scripts_the_fields_for_oauth_open_and_what_was_typed_stays(
    visit: Visit, admin: Person
) -> None:
    page = visit(admin, java_script_enabled=False)
    page.goto("/admin/mail/new")
    assert not page.locator("#f-oauth_client_id").is_visible()
    page.locator("summary", has_text="Felder für OAuth 2.0").click()
    page.locator("#f-oauth_client_id").fill("4711")
    page.locator("#f-name").fill("IT-Service")
    page.locator("input[name=login][value=oauth]").check()
    page.get_by_role("button", name="Konto speichern").click()
    assert page.locator("#f-oauth_client_id").is_visible(), "what was chosen stays open"
    assert page.locator("#f-oauth_client_id").input_value() == "4711"
    assert page.locator("#f-name").input_value() == "IT-Service"


def test_a_check_shows_its_steps_where_the_reader_looks(visit: Visit, admin: Person) -> None:
    page = visit(admin)
    page.goto(f"/admin/mail/{made(**CLOSED)}")
    page.get_by_role("button", name="Empfang prüfen").click()
    trial = page.locator("#trial")
    trial.get_by_text("Der Server nimmt auf diesem Port keine Verbindungen an.").wait_for()
    assert trial.evaluate("e => e.getBoundingClientRect().top < innerHeight")
    assert page.url.endswith("#trial") and trial.locator("li").count() == 2


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390)])
def test_the_pages_are_accessible_and_fit(
    visit: Visit, world: World, admin: Person, theme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    first, second = made(), made(address="cloud@firma.example", **OAUTH)
    now = clock.now()

    def stand() -> None:
        mailbox = db.session.get_one(Mailbox, first)
        mailbox.trouble, mailbox.detail, mailbox.failing_since = (
            "login_refused",
            "NO x",
            now - timedelta(hours=1),
        )
        db.session.add(MutedAddress(address_key="weg@kunde.example", words="5.1.1", since=now))
        db.session.add(BlockedSender(pattern="@werbung.example", created_at=now))

    run_unit(stand)
    broken = b"From: p@x.example\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\nText"
    bring(world.app, broken, letter(headers={"Auto-Submitted": "auto-replied"}))
    page = visit(admin, theme=theme, width=width, bypass_csp=True)
    found = []
    for path in PAGES:
        page.goto(path.format(first=first, second=second))
        result = axe.run(page, options={"runOnly": {"type": "tag", "values": RULES}})
        found += [
            f"{path}: {wrong['id']} {wrong['nodes'][0]['target']}" for wrong in result.response["violations"]
        ]
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        found += [f"{path}: scrolls sideways"] if page.evaluate(wider) > 0 else []
    assert found == []
