"""Reading what came in: the quarantine for administrators, mails as they came for whoever may read their entry."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.queries import find_by_email
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.uow import run_unit
from app.mailroom import queries, shelves, texts
from app.mailroom.outcomes import Reason
from app.mailroom.shelves import Shelf
from app.mailroom.words import Obstacle
from app.tickets.actions import closing, replying
from app.tickets.models import Attachment
from app.tickets.words import AttachmentState
from tests.support.letters import bring, comments, kept, key_for, letter, tickets
from tests.support.statements import counted


def poison(number: int) -> bytes:
    return b"From: p@x.example\r\nX-N: %d\r\nX-A: " % number + b"a" * 70_000 + b"\r\n\r\nText %d" % number


def asking(work, error):
    with pytest.raises(error):
        work()
    return True


def test_the_quarantine_is_read_page_by_page_newest_first(world):
    bring(world.app, *[poison(n) for n in range(5)], letter())
    admin = world.actor(world.admin())
    with counted() as seen:
        first = shelves.page(admin, Shelf.QUARANTINE, limit=2)
    assert len(seen) == 1
    second = shelves.page(admin, Shelf.QUARANTINE, first.next_cursor, limit=2)
    third = shelves.page(admin, Shelf.QUARANTINE, second.next_cursor, limit=2)
    sources = [held.source for page in (first, second, third) for held in page.rows]
    assert sources == [f"brief-{n}.eml" for n in (5, 4, 3, 2, 1)]
    assert third.next_cursor is None
    held = first.rows[0]
    assert (held.account, held.reason, held.size) == ("import", "header_line", len(poison(4)))
    assert texts.sentence(held.reason) == "eine Zeile im Kopf der E-Mail ist zu lang"
    assert held.detail == "70007 bytes, at most 65536"


def test_a_damaged_cursor_is_refused(world):
    admin = world.actor(world.admin())
    assert asking(lambda: shelves.page(admin, Shelf.QUARANTINE, "kaputt"), Invalid)


def test_the_quarantine_is_for_administrators(world):
    bring(world.app, poison(1))
    for person in (world.agent(), world.leader(), world.customer()):
        actor = world.actor(person)
        assert asking(lambda actor=actor: shelves.page(actor, Shelf.QUARANTINE), Forbidden)
        assert asking(lambda actor=actor: queries.original(actor, kept()[0].id), NotFound)
    original = queries.original(world.actor(world.admin()), kept()[0].id)
    assert (original.filename, original.content_type) == (f"mail-{kept()[0].id}.eml", "message/rfc822")
    with world.app.extensions["storage"].open(original.sha256) as stream:
        assert stream.read() == poison(1)


def test_every_reason_has_words():
    assert [word for word in (*Reason, *Obstacle) if word not in texts.REASONS] == []
    assert texts.sentence("of_a_newer_version") == "of_a_newer_version"


@pytest.fixture
def story(world):
    """A ticket by mail with an answer by mail, in the default team."""
    world.anna = world.agent()
    bring(world.app, letter(files=[("a.txt", b"eins")]))
    (ticket,) = tickets()
    world.mia = find_by_email("mia@kunde.example")
    key = key_for(ticket, world.mia)
    bring(world.app, letter("Noch etwas", headers={"In-Reply-To": key}, files=[("b.txt", b"zwei")]))
    world.ticket_id = ticket.id
    world.first, world.second = (raw.id for raw in kept())
    return world


def test_agents_read_the_mail_behind_what_they_see(story):
    actor = story.actor(story.anna)
    (ticket,) = tickets()
    assert queries.original(actor, story.first).filename == f"{ticket.number}-{story.first}.eml"


def test_nobody_else_does(story):
    other_team = story.agent(teams=[story.make_team("Einkauf")])
    for person in (story.mia, story.customer(), other_team):
        actor = story.actor(person)
        assert asking(lambda actor=actor: queries.original(actor, story.first), NotFound)
        assert asking(lambda actor=actor: queries.original(actor, story.second), NotFound)
    for wrong in (0, -1, 10**30, story.second + 1):
        assert asking(lambda wrong=wrong: queries.original(story.actor(story.anna), wrong), NotFound)


def test_what_was_removed_is_not_read_in_the_mail_either(story):
    leader = story.actor(story.leader())
    (ticket,) = tickets()
    entry = comments(ticket)[0]
    run_unit(lambda: replying.redact(leader, ticket.id, entry.id))
    db.session.expire_all()
    assert asking(lambda: queries.original(leader, story.second), NotFound)


def test_the_mail_of_a_deleted_ticket_is_gone(story):
    leader = story.actor(story.leader())
    run_unit(lambda: closing.delete(leader, story.ticket_id))
    assert asking(lambda: queries.original(leader, story.first), NotFound)


@pytest.mark.parametrize(
    ("state", "error"), [(AttachmentState.PENDING, Conflict), (AttachmentState.INFECTED, Forbidden)]
)
def test_a_mail_is_as_dangerous_as_its_files(story, state, error):
    named = sa.update(Attachment).where(Attachment.filename == "b.txt").values(state=state)
    run_unit(lambda: db.session.execute(named))
    agent, admin = story.actor(story.anna), story.actor(story.admin())
    assert asking(lambda: queries.original(agent, story.second), error)
    assert queries.original(agent, story.first)
    if state is AttachmentState.INFECTED:
        assert queries.original(admin, story.second)
