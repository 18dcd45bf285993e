"""The conversation: answers, notes, what they do to status and clocks, and taking back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actors import CLOCK
from app.core.db import db
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.uow import run_unit
from app.events.models import Event
from app.sla.words import ClockState
from app.tickets import clocks, queries
from app.tickets.access import ticket_for
from app.tickets.actions import closing, replying, triage
from app.tickets.actions.opening import open_ticket
from app.tickets.models import Draft, Ticket
from app.tickets.schemas import NewComment, NewTicket, StatusMove
from app.tickets.words import Channel, PendingReason, Status

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


@pytest.fixture
def story(world):
    """A customer's ticket in the hands of an agent, on a Monday at eight."""
    with time_machine.travel(MONDAY, tick=False) as clock:
        world.clock = clock
        world.mia, world.anna = world.customer(), world.agent()
        command = NewTicket(title="VPN bricht ab", description="Alle zehn Minuten.")
        ticket = run_unit(lambda: open_ticket(command, actor=world.actor(world.mia), channel=Channel.WEB))
        world.ticket_id = ticket.id
        yield world


def say(world, person, body="Wir kümmern uns.", **values):
    command = NewComment(body=body, **values)
    return run_unit(lambda: replying.add_comment(world.actor(person), world.ticket_id, command))


def ticket(world) -> Ticket:
    return db.session.get(Ticket, world.ticket_id, populate_existing=True)


def kinds(world) -> list[str]:
    rows = db.session.scalars(sa.select(Event.kind).where(Event.ticket_id == world.ticket_id))
    return list(rows)


def test_a_public_reply_of_an_agent_stops_the_response_clock(story):
    story.clock.shift(timedelta(minutes=36))
    say(story, story.anna)
    assert ticket(story).first_response_at == MONDAY + timedelta(minutes=36)
    assert ticket(story).response_state is ClockState.MET


def test_a_note_does_not_stop_the_response_clock(story):
    say(story, story.anna, is_internal=True)
    assert ticket(story).first_response_at is None
    assert "ticket.note_added" in kinds(story)


def test_a_late_answer_leaves_the_response_breached(story):
    story.clock.shift(timedelta(hours=9))
    say(story, story.anna)
    assert ticket(story).response_state is ClockState.BREACHED


def test_customers_cannot_write_notes(story):
    with pytest.raises(Forbidden):
        say(story, story.mia, is_internal=True)


def test_strangers_do_not_even_learn_that_the_ticket_exists(story):
    with pytest.raises(NotFound):
        say(story, story.customer())


def test_sending_and_waiting_for_the_customer_pauses_the_resolution_clock(story):
    story.clock.shift(timedelta(hours=1))
    say(story, story.anna, then="pending", pending_reason="customer")
    now = ticket(story)
    assert now.status is Status.PENDING
    assert now.pending_reason is PendingReason.CUSTOMER
    assert now.resolution_state is ClockState.PAUSED
    assert now.resolution_due_at is None


def test_the_customers_answer_starts_the_clock_again_with_what_is_left(story):
    story.clock.shift(timedelta(hours=1))
    say(story, story.anna, then="pending")
    story.clock.shift(timedelta(hours=5))
    say(story, story.mia, body="Jetzt geht es wieder nicht.")
    now = ticket(story)
    assert now.status is Status.IN_PROGRESS
    assert now.resolution_due_at == MONDAY + timedelta(hours=72 + 5)


def test_the_statement_adds_up_to_what_was_used(story):
    story.clock.shift(timedelta(minutes=50))
    say(story, story.anna, then="pending")
    story.clock.shift(timedelta(hours=20))
    say(story, story.mia, body="Nein")
    story.clock.shift(timedelta(minutes=10))
    view = clocks.clocks(ticket(story))[1]
    assert view.used == timedelta(minutes=60)
    assert sum((line.amount for line in view.lines), timedelta()) == view.used
    assert {line.reason for line in view.lines} == {"open", "pending_customer"}


def test_a_reply_to_a_resolved_ticket_reopens_it_and_time_resolved_counts_as_paused(story):
    story.clock.shift(timedelta(hours=1))
    say(story, story.anna, then="resolved")
    assert ticket(story).resolution_state is ClockState.MET
    story.clock.shift(timedelta(hours=30))
    say(story, story.mia, body="Doch nicht.")
    now = ticket(story)
    assert now.status is Status.IN_PROGRESS
    assert now.resolved_at is None
    assert now.resolution_due_at == MONDAY + timedelta(hours=72 + 30)


def test_an_answer_based_on_an_old_view_is_refused_with_what_is_new(story):
    seen = ticket(story).last_entry_id
    news = say(story, story.mia, body="Noch etwas")
    with pytest.raises(Conflict) as refused:
        say(story, story.anna, based_on=seen)
    assert refused.value.details["news"] == [news.id]


def test_customers_are_not_told_of_notes_by_a_conflict(story):
    seen = ticket(story).last_entry_id
    say(story, story.anna, is_internal=True)
    say(story, story.mia, body="Und noch etwas", based_on=seen)


def test_the_requester_sees_a_reply_only_when_it_can_no_longer_be_taken_back(story):
    say(story, story.anna)
    mia = story.actor(story.mia)
    assert queries.entries(mia, ticket(story)).comments == []
    story.clock.shift(timedelta(seconds=16))
    assert len(queries.entries(mia, ticket(story)).comments) == 1


def test_taking_back_restores_ticket_and_draft(story):
    comment = say(story, story.anna, body="Zu früh", then="pending")
    run_unit(lambda: replying.take_back(story.actor(story.anna), story.ticket_id, comment.id))
    now = ticket(story)
    assert now.status is Status.IN_PROGRESS
    assert now.first_response_at is None
    assert now.response_state is ClockState.OK
    assert now.resolution_due_at is not None
    draft = db.session.get(Draft, (story.anna.id, story.ticket_id, False))
    assert draft.body == "Zu früh"


def test_after_the_window_a_reply_cannot_be_taken_back(story):
    comment = say(story, story.anna)
    story.clock.shift(timedelta(seconds=15))
    with pytest.raises(Conflict):
        run_unit(lambda: replying.take_back(story.actor(story.anna), story.ticket_id, comment.id))


def test_a_note_can_be_corrected_for_five_minutes(story):
    note = say(story, story.anna, is_internal=True)
    story.clock.shift(timedelta(minutes=4))
    run_unit(lambda: replying.correct(story.actor(story.anna), story.ticket_id, note.id, "besser"))
    story.clock.shift(timedelta(minutes=2))
    with pytest.raises(Conflict):
        run_unit(lambda: replying.correct(story.actor(story.anna), story.ticket_id, note.id, "zu spät"))


def test_redacting_removes_the_words_and_leaves_a_mark(story):
    entry = say(story, story.mia, body="Mein Passwort ist 1234")
    leader = story.leader()
    run_unit(lambda: replying.redact(story.actor(leader), story.ticket_id, entry.id))
    kept = replying.comment_for(story.actor(leader), story.ticket_id, entry.id)
    assert kept.body == ""
    assert kept.redacted_by_id == leader.id


def test_a_resolved_ticket_closes_by_itself_after_a_week(story):
    say(story, story.anna, then="resolved")
    story.clock.shift(timedelta(days=6, hours=23))
    assert closing.close_resolved() == 0
    story.clock.shift(timedelta(hours=2))
    assert closing.close_resolved() == 1
    assert ticket(story).status is Status.CLOSED
    last = db.session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
    assert (last.kind, last.actor_kind) == ("ticket.status_changed", str(CLOCK.kind))


def test_the_requester_may_reopen_for_fourteen_days(story):
    say(story, story.anna, then="closed")
    story.clock.shift(timedelta(days=13))
    run_unit(lambda: triage.reopen(story.actor(story.mia), story.ticket_id))
    assert ticket(story).status is Status.IN_PROGRESS
    say(story, story.anna, then="closed")
    story.clock.shift(timedelta(days=15))
    with pytest.raises(Conflict):
        run_unit(lambda: triage.reopen(story.actor(story.mia), story.ticket_id))
    run_unit(lambda: triage.reopen(story.actor(story.anna), story.ticket_id))


def test_resolved_cannot_become_pending(story):
    say(story, story.anna, then="resolved")
    with pytest.raises(Conflict):
        run_unit(
            lambda: triage.change_status(
                story.actor(story.anna), story.ticket_id, StatusMove(status="pending")
            )
        )


def test_a_deleted_ticket_is_gone_for_everybody_until_restored(story):
    leader = story.leader()
    run_unit(lambda: closing.delete(story.actor(leader), story.ticket_id))
    for person in (story.mia, story.anna, leader):
        with pytest.raises(NotFound):
            ticket_for(story.actor(person), story.ticket_id)
    run_unit(lambda: closing.restore(story.actor(leader), story.ticket_id))
    assert ticket_for(story.actor(story.mia), story.ticket_id).id == story.ticket_id
