"""Fifty mails, the first of them poison: the others come in, and it is set aside, looked at again, and gone."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
import sqlalchemy as sa

from app.accounts.models import Person
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.jobs import mail as job
from app.mailroom import queries, shelves
from app.mailroom.actions import quarantine
from app.mailroom.outcomes import Result, State
from app.mailroom.parsing import child
from app.mailroom.shelves import Shelf
from tests.faults.mail.posting import Post, now
from tests.support.letters import bring, kept, letter, results, tickets

pytestmark = [pytest.mark.servers, pytest.mark.only_on("sqlite", "mariadb")]
MAILS = 50
DEADLY = "Zyankali"
# The parsing process as it is, but that one word in a mail ends it the way the kernel would.
BOOT = f"""
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from app.mailroom.parsing import serving
read = serving.answer
def answer(raw, *question):
    if {DEADLY.encode()!r} in raw:
        os.kill(os.getpid(), signal.SIGKILL)
    return read(raw, *question)
serving.answer = answer
serving.serve()
"""
# "A machine wrote this": once it can be read, it is no request.
NO_REQUEST = {"Auto-Submitted": "auto-replied"}
POISONS = {
    "too many parts": b"From: p@x.example\r\nSubject: Viele Teile\r\n"
    + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    + b"--b\r\n\r\nx\r\n" * 600,
    "an endless line": b"From: p@x.example\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\nText",
    "the death of its reader": letter(f"{DEADLY} im Kaffee", headers=NO_REQUEST),
}

# Sender and subject, as far as the beginning of the head has them.
HEADS = {
    "too many parts": ("p@x.example", "Viele Teile"),
    "an endless line": ("p@x.example", ""),
    "the death of its reader": ("mia@kunde.example", "Drucker"),
}


@pytest.fixture
def admin(post: Post) -> Actor:
    person: Person = post.world.admin()
    return post.world.actor(person)


@pytest.fixture(autouse=True)
def mortal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Parsing processes that can be poisoned."""
    child.close_idle()
    monkeypatch.setattr(child, "_BOOT", BOOT)
    return monkeypatch


def quarantined(admin: Actor) -> list[int]:
    return [one.id for one in shelves.page(admin, Shelf.QUARANTINE).rows]


@pytest.mark.parametrize("poison", POISONS)
def test_f27_the_first_of_fifty_is_set_aside_and_the_others_come_in(
    post: Post, admin: Actor, poison: str
) -> None:
    post.deliver(POISONS[poison], *(letter(f"Brief {n}") for n in range(MAILS - 1)))
    runs = [post.office.fetch(), post.office.fetch()]
    counts = sum((Counter(run.counts) for run in runs), Counter())
    assert counts == {Result.CREATED: MAILS - 1, Result.QUARANTINED: 1}
    assert len(tickets()) == MAILS - 1
    first = kept()[0]
    assert quarantined(admin) == [first.id]
    assert (first.sender, first.subject) == HEADS[poison], "whose mail it was can be seen all the same"
    assert first.attempts == 1
    kinds = db.session.scalars(sa.select(Event.kind).where(Event.kind == "mail.quarantined"))
    assert len(list(kinds)) == 1
    found = queries.original(admin, first.id)
    with post.world.app.extensions["storage"].open(found.sha256) as stream:
        assert stream.read() == POISONS[poison]
    post.nothing_is_lost_or_double(now())


def test_f27_looked_at_again_it_leaves_the_list_even_when_it_is_no_request(
    post: Post, admin: Actor, mortal: pytest.MonkeyPatch
) -> None:
    """After an upgrade that can read it. Zammad left such mails in the list for ever."""
    post.deliver(POISONS["the death of its reader"])
    post.office.fetch()
    (raw_id,) = quarantined(admin)
    mortal.undo()
    child.close_idle()
    run_unit(partial(quarantine.take_up_again, raw_id, actor=admin))
    with job.open_intake() as intake:
        outcome = intake.finish(raw_id, only_due=False)
    assert outcome is not None and outcome.result is Result.IGNORED
    db.session.expire_all()
    assert quarantined(admin) == []
    assert (kept()[0].state, kept()[0].reason) == (State.IGNORED, "auto_reply")
    assert tickets() == []


def test_f27_looked_at_again_by_the_house_itself_when_whoever_asked_has_died(
    post: Post, admin: Actor, mortal: pytest.MonkeyPatch
) -> None:
    deadly = letter(f"{DEADLY} im Kaffee")
    assert results(bring(post.world.app, deadly)) == ["quarantined"]
    mortal.undo()
    child.close_idle()
    run_unit(partial(quarantine.take_up_again, kept()[0].id, actor=admin))
    post.until_quiet(now())
    assert quarantined(admin) == []
    assert [ticket.description for ticket in tickets()] == [f"{DEADLY} im Kaffee"]
