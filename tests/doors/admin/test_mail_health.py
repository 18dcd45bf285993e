"""The state of the system knows of mailboxes that cannot be read and of mail in quarantine."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import time_machine

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.mailroom.models import Mailbox
from tests.support.letters import bring
from tests.support.mail_forms import HELP, made
from tests.support.world import Browser, World

BROKEN = b"From: p@x.example\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\nText"


def told(browser: Browser) -> tuple[str, str, str]:
    """The word for mail, what administrators are told of it, and the page."""
    body: Any = browser.get("/health").get_json()
    page = html.unescape(browser.get("/admin/health").get_data(as_text=True))
    return body["services"]["mail"], body.get("errors", {}).get("mail", ""), page


def fail(account_id: int, minutes: int) -> None:
    """The mailbox could not be read for so long."""

    def write() -> None:
        mailbox = db.session.get_one(Mailbox, account_id)
        mailbox.trouble, mailbox.failing_since = "timeout", clock.now() - timedelta(minutes=minutes)

    run_unit(write)


def test_an_account_that_sends_is_a_way_out(world: World, browser: Browser) -> None:
    state, _error, page = told(browser)
    assert state == "disabled" and "Richten Sie unter „E-Mail“ ein Konto ein." in page
    made()
    assert told(browser)[:2] == ("ok", "")


def test_a_mailbox_that_cannot_be_read_is_said(world: World, browser: Browser) -> None:
    number = made()
    fail(number, minutes=2)
    assert told(browser)[0] == "ok", "once is nothing to speak of"
    fail(number, minutes=10)
    state, error, page = told(browser)
    assert (state, error) == ("error", f"E-Mails lassen sich nicht abholen: {HELP}.")
    assert error in page and "Die Seite „E-Mail“ sagt, warum und was zu tun ist." in page
    assert "errors" not in world.browser(world.agent()).get("/health").get_json()


def test_an_account_that_only_receives_is_no_way_out_but_its_trouble_counts(
    world: World, browser: Browser
) -> None:
    number = made(smtp_host="")
    assert told(browser)[0] == "disabled"
    fail(number, minutes=10)
    state, error, page = told(browser)
    assert state == "error" and HELP in error and "Es werden keine E-Mails gesendet" in page


def test_mail_in_quarantine_is_said_for_a_day_and_counted_as_long_as_it_lies_there(
    world: World, browser: Browser
) -> None:
    made()
    bring(world.app, BROKEN)
    state, error, page = told(browser)
    assert (state, error) == ("error", "1 E-Mail liegt in Quarantäne.")
    assert "Die Seite „Quarantäne“ sagt, warum." in page and '<a href="/admin/quarantine">1</a>' in page
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        fresh = world.browser(world.admin())
        state, error, page = told(fresh)
    assert (state, error) == ("ok", "") and '<a href="/admin/quarantine">1</a>' in page
