"""A mail that somebody kept and died over, or had no place for: taken up again, given up, never doubled."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actors import MAIL
from app.core.db import db
from app.core.uow import run_unit
from app.integrations.outcome import RetryLater
from app.jobs import intake, mail
from app.jobs.outcomes import NotNow
from app.mailroom import identity
from app.mailroom.actions import accepting, keeping
from app.mailroom.machines import Verdict
from app.mailroom.mail import Address, Mail
from app.mailroom.origin import Origin
from app.mailroom.outcomes import Reason, Result, State
from app.mailroom.schemas import Arrival
from app.mailroom.wording import Examined
from app.mailroom.words import MachineKind
from app.tickets.models import Attachment
from tests.support.letters import bring, kept, letter, results, tickets

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


@pytest.fixture
def monday(world):
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


class Shaky:
    """A store that takes nothing for a while."""

    def __init__(self, storage, failures):
        self.storage, self.failures = storage, failures

    def put(self, stream, limit):
        if self.failures:
            self.failures -= 1
            raise RetryLater(None, "storage_full")
        return self.storage.put(stream, limit)

    def open(self, sha256):
        return self.storage.open(sha256)


def shaky(world, *mails, failures):
    db.session.rollback()
    with intake.Intake(
        Shaky(world.app.extensions["storage"], failures), scanned=True, origin=Origin(account="import")
    ) as one:
        outcomes = one.take_in([intake.Arriving("a.eml", mail_) for mail_ in mails])
    db.session.rollback()
    db.session.expire_all()
    return outcomes


def test_f30_a_full_disk_leaves_the_mail_where_it_is(world):
    mail_ = letter()
    (outcome,) = shaky(world, mail_, failures=1)
    assert (outcome.result, outcome.reason, outcome.detail) == (Result.ERROR, Reason.NOT_NOW, "storage_full")
    assert kept() == []
    assert results(bring(world.app, mail_)) == ["created"]


def test_f30_a_disk_that_fills_up_in_between_costs_no_attempt(world, monday):
    mail_ = letter(files=[("a.txt", b"eins")])
    storage = world.app.extensions["storage"]
    keep_only(world, mail_)
    db.session.rollback()
    with (
        intake.Intake(Shaky(storage, 1), scanned=True, origin=Origin(account="import")) as one,
        pytest.raises(NotNow, match="storage_full"),
    ):
        one.finish(kept()[0].id, only_due=False)
    db.session.rollback()
    db.session.expire_all()
    assert (kept()[0].state, kept()[0].attempts) == (State.KEPT, 1)
    monday.shift(timedelta(minutes=2))
    run_accept(world)
    assert [one.filename for one in db.session.scalars(sa.select(Attachment))] == ["a.txt"]


def keep_only(world, raw: bytes) -> int:
    """A mail that somebody kept and died over."""
    stored = world.app.extensions["storage"].put(io.BytesIO(raw), 10_000_000)
    arrival = Arrival("import", identity.of(raw), stored.sha256, stored.size, "a.eml")
    return run_unit(lambda: keeping.keep([arrival], actor=MAIL))[0]


def run_accept(world) -> None:
    db.session.rollback()
    with mail.open_intake() as one:
        for raw_id in mail.queries.waiting(mail.BATCH):
            one.finish(raw_id, only_due=True)
    db.session.rollback()
    db.session.expire_all()


def test_f02_what_was_kept_and_left_is_finished_when_its_time_is_over(world, monday):
    keep_only(world, letter())
    run_accept(world)
    assert tickets() == []
    monday.shift(keeping.LEASE)
    run_accept(world)
    assert len(tickets()) == 1
    assert (kept()[0].state, kept()[0].attempts) == (State.TICKET, 2)


def test_f02_the_standing_job_does_so(world, monday):
    keep_only(world, letter())
    monday.shift(keeping.LEASE)
    db.session.rollback()
    mail.accept_waiting.run()
    db.session.expire_all()
    assert len(tickets()) == 1


def test_f02_bringing_the_file_again_finishes_it_at_once(world, monday):
    raw = letter()
    keep_only(world, raw)
    assert results(bring(world.app, raw)) == ["created"]


def test_f05_a_mail_that_kills_its_reader_is_given_up_after_three_attempts(world, monday):
    raw_id = keep_only(world, letter())
    for attempt in (2, 3):
        monday.shift(keeping.LEASE)
        assert run_unit(lambda: keeping.claim(raw_id, actor=MAIL, only_due=True)) is keeping.Claim.MINE
        db.session.expire_all()
        assert kept()[0].attempts == attempt
    monday.shift(keeping.LEASE)
    run_accept(world)
    assert (kept()[0].state, kept()[0].reason) == (State.QUARANTINED, "gave_up")


def test_a_mail_whose_bytes_are_gone_is_set_aside(world, monday):
    keep_only(world, letter())
    world.app.extensions["storage"].remove(kept()[0].sha256)
    monday.shift(keeping.LEASE)
    run_accept(world)
    assert (kept()[0].state, kept()[0].reason) == (State.QUARANTINED, "bytes_missing")


def test_i3_two_who_decide_at_once_make_one_entry(world):
    raw_id = keep_only(world, letter())
    examined = Examined.of(Mail(title="Drucker", text="Kaputt", sender=Address("", "mia@kunde.example")))
    reading = accepting.Reading(examined, Verdict(MachineKind.PERSON, "a test"), [], scanned=True)
    run_unit(lambda: accepting.accept(raw_id, reading, actor=MAIL))
    with pytest.raises(accepting.Decided):
        run_unit(lambda: accepting.accept(raw_id, reading, actor=MAIL))
    db.session.rollback()
    assert len(tickets()) == 1


def test_whoever_is_slower_with_the_same_mail_finds_it_imported(world, monkeypatch):
    raw = letter()
    look_up, asked = intake.queries.look_up, []

    def too_early(account, identities):
        asked.append(identities)
        return look_up(account, identities) if len(asked) > 1 else {}

    bring(world.app, raw)
    monkeypatch.setattr(intake.queries, "look_up", too_early)
    assert results(bring(world.app, raw, letter())) == ["ignored", "created"]
    assert len(tickets()) == 2
