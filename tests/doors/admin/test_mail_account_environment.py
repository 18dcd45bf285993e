"""The mail account of the environment: taken over, shown as fixed, changed only where it leaves something open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.mailroom import fixed
from app.mailroom.actions import accounts
from app.mailroom.fixed import FixedAccount
from app.mailroom.models import MailAccount
from app.mailroom.words import Tls
from tests.support.mail_forms import GOOD, SECRET, account, told, value_of
from tests.support.world import Browser, World

ENVIRONMENT = FixedAccount(
    "umgebung@firma.example",
    imap_host="imap.umgebung.example",
    imap_username="umgebung",
    imap_password=SECRET,
    smtp_host="smtp.umgebung.example",
)


@pytest.fixture
def described() -> Iterator[FixedAccount]:
    """The environment describes an account."""
    before = fixed.account()
    fixed.use(ENVIRONMENT)
    yield ENVIRONMENT
    fixed.use(before)


def test_the_account_of_the_environment_is_taken_over(
    world: World, browser: Browser, described: FixedAccount
) -> None:
    assert "Die Umgebung beschreibt ein Konto" in told(browser.get("/admin/mail"))
    answer = browser.post("/admin/mail/environment")
    number = account().id
    assert answer.headers["Location"] == f"/admin/mail/{number}"
    page = told(browser.get("/admin/mail"))
    assert "Die Umgebung beschreibt ein Konto" not in page and "Umgebung" in page
    page = told(browser.get(f"/admin/mail/{number}"))
    assert "IMAP_HOST, IMAP_PORT" in page and "imap.umgebung.example" in page and "gespeichert" in page
    assert SECRET not in page and f"/admin/mail/{number}/remove" not in page


def test_without_one_nothing_is_taken_over(world: World, browser: Browser) -> None:
    assert browser.post("/admin/mail/environment").headers["Location"] == "/admin/mail"
    assert account() is None


def test_of_the_account_of_the_environment_only_the_rest_can_be_changed(
    world: World, browser: Browser, described: FixedAccount
) -> None:
    browser.post("/admin/mail/environment")
    number = account().id
    form = told(browser.get(f"/admin/mail/{number}/edit"))
    assert 'name="imap_host"' not in form and 'name="imap_password"' not in form and "SMTP_TLS" in form
    rest = {
        "name": "Service",
        "team_id": str(world.team.id),
        "is_active": "true",
        "max_mb": "10",
        "version": "1",
    }
    assert browser.post(f"/admin/mail/{number}/defaults", rest).status_code == 303
    assert (account().name, account().team_id, account().max_mb) == ("Service", world.team.id, 10)
    stale = browser.post(f"/admin/mail/{number}/defaults", rest | {"name": "Getippt"})
    assert stale.status_code == 409 and value_of(told(stale), "name") == "Getippt"
    bad = browser.post(f"/admin/mail/{number}/defaults", rest | {"max_mb": "x", "version": "2"})
    assert bad.status_code == 422 and value_of(told(bad), "name") == "Service"
    past = browser.post(f"/admin/mail/{number}/edit", GOOD | {"version": "2"})
    assert past.status_code == 409 and account().imap_host == ""
    assert browser.post(f"/admin/mail/{number}/remove", {"name": described.address}).status_code == 409


def test_an_account_the_environment_no_longer_describes_becomes_an_ordinary_one(
    world: World, browser: Browser, described: FixedAccount
) -> None:
    browser.post("/admin/mail/environment")
    number = account().id
    fixed.use(None)
    assert "Kein Server eingerichtet" in told(browser.get("/admin/mail"))
    form = GOOD | {"address": described.address, "version": "1"}
    assert browser.post(f"/admin/mail/{number}/edit", form).status_code == 303
    assert not account().from_environment and account().imap_host == "imap.firma.example"


def test_an_account_the_environment_described_before_reads_no_mailbox_twice(
    world: World, described: FixedAccount
) -> None:
    run_unit(accounts.ensure_environment)
    fixed.use(FixedAccount("neu@firma.example", imap_host="imap.umgebung.example", smtp_tls=Tls.NONE))
    run_unit(accounts.ensure_environment)
    db.session.expire_all()
    rows = db.session.execute(sa.select(MailAccount.address, MailAccount.from_environment)).tuples()
    assert dict(rows.all()) == {described.address: False, "neu@firma.example": True}
