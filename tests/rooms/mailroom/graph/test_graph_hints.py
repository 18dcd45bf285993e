"""Microsoft calls when mail comes: subscriptions are made, renewed and ended, and a call has the mailbox read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
import time_machine
from werkzeug.serving import make_server

from app.core import clock
from app.core import environment as environments
from app.core.db import db
from app.core.environment import environment
from app.core.uow import run_unit
from app.jobs import hints, standing
from app.mailroom.actions import hinting
from app.mailroom.models import MailAccount, MailHint
from tests.support.letters import letter

LONG = timedelta(days=2, hours=1)


@pytest.fixture
def asked(monkeypatch):
    found: list[int] = []
    monkeypatch.setattr(hints, "_read_soon", found.append)
    return found


@pytest.fixture
def site(firm) -> Iterator[None]:
    """Our own web server, at the address we tell Microsoft."""
    server = make_server("localhost", 0, firm.app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    before = environment()
    environments.use(replace(before, site_url=f"http://localhost:{server.port}"))
    yield
    environments.use(before)
    server.shutdown()
    thread.join()
    server.server_close()


def keep():
    db.session.rollback()
    standing.run_standing("mail-hints", 60, hints.keep_hints.run.__wrapped__)
    db.session.rollback()
    db.session.expire_all()


def hint(office):
    db.session.expire_all()
    return db.session.get(MailHint, office.id)


def test_a_subscription_is_made_for_the_folder_and_its_calls_have_the_mailbox_read(
    office, microsoft, site, asked
):
    keep()
    (made,) = microsoft.subscriptions.all.values()
    assert hint(office).remote_id == made.subscription_id
    assert made.folder_id == office.box.folder("inbox").folder_id
    assert made.state not in hint(office).secret_hash
    office.deliver(letter("Neu"))
    office.box.deliver(letter("Anderswo"), "archive")
    microsoft.settle()
    assert (asked, microsoft.subscriptions.answers) == ([office.id], [202])


def test_a_subscription_that_ends_soon_is_renewed_and_not_made_twice(office, microsoft, site):
    keep()
    first = hint(office).until
    keep()
    assert hint(office).until == first
    with time_machine.travel(clock.now() + LONG, tick=True):
        keep()
        assert hint(office).until > first and len(microsoft.subscriptions.all) == 1


def test_one_that_microsoft_forgot_is_made_anew(office, microsoft, site, asked):
    keep()
    (old,) = microsoft.subscriptions.all
    microsoft.subscriptions.lifecycle(old, "subscriptionRemoved")
    microsoft.settle()
    assert asked == [office.id] and hint(office) is None
    keep()
    assert len(microsoft.subscriptions.all) == 1 and old not in microsoft.subscriptions.all


def test_one_that_has_to_be_authorised_again_is_renewed_by_the_next_turn(office, microsoft, site, asked):
    keep()
    (one,) = microsoft.subscriptions.all.values()
    microsoft.subscriptions.lifecycle(one.subscription_id)
    microsoft.settle()
    assert asked == [] and hint(office).until <= clock.now()
    keep()
    assert not one.reauthorize and hint(office).until > clock.now() + timedelta(days=2)


def test_an_account_that_is_off_is_called_no_more(office, microsoft, site):
    keep()
    run_unit(lambda: setattr(db.session.get_one(MailAccount, office.id), "is_active", False))
    keep()
    assert microsoft.subscriptions.all == {} and hint(office) is None


def test_without_https_nobody_is_asked_to_call(office, microsoft, site):
    inside = environment()
    environments.use(replace(inside, testing=False))
    try:
        keep()
    finally:
        environments.use(inside)
    assert microsoft.subscriptions.all == {}


def test_a_site_microsoft_cannot_reach_leaves_the_timetable_to_read(office, microsoft):
    keep()
    assert microsoft.subscriptions.all == {} and hint(office) is None
    office.deliver(letter("Trotzdem"))
    assert office.fetch().trouble == ""


def test_the_secret_of_one_subscription_does_not_open_another(office, microsoft, site):
    keep()
    (one,) = microsoft.subscriptions.all.values()
    assert hinting.known(one.subscription_id, one.state) == office.id
    assert hinting.known(one.subscription_id, one.state[:-1]) is None
    assert hinting.known("another", one.state) is None
