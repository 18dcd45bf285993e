"""Replies for later: written now, sent by the clock exactly once, taken back, and nothing of them counts before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.uow import run_unit
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets import queries
from app.tickets.actions import attending, replying, scheduling, triage
from app.tickets.models import Comment, ReadMark
from app.tickets.schemas import LaterReply, NewComment, StatusMove
from app.tickets.words import PendingReason, ScheduledState, Status
from tests.support.later import HOUR, Desk
from tests.support.world import World

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
S = ScheduledState


@pytest.fixture
def clocked() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(clocked: time_machine.Traveller, world: World) -> Desk:
    return Desk(world)


def test_nothing_of_it_counts_before_it_goes(desk: Desk) -> None:
    before = desk.ticket.status
    desk.plan(then="pending")
    ticket = desk.ticket
    assert (ticket.first_response_at, ticket.status, ticket.last_entry_id) == (None, before, 0)
    assert desk.bodies() == []
    assert [fact.visibility for fact in desk.facts("ticket.reply_scheduled")] == ["internal"]


def test_the_clock_sends_it_in_the_name_of_its_author(desk: Desk, clocked: time_machine.Traveller) -> None:
    scheduled = desk.plan("Läuft es wieder?", then="pending", pending_reason="customer")
    clocked.shift(HOUR - timedelta(seconds=1))
    desk.tick()
    assert desk.state(scheduled) is S.WAITING
    clocked.shift(timedelta(seconds=1))
    desk.tick()
    desk.tick()
    comment = db.session.scalars(sa.select(Comment)).one()
    assert (comment.body, comment.author_id, comment.author_name) == (
        "Läuft es wieder?",
        desk.anna.id,
        "Anna Berger",
    )
    assert (comment.by_staff, comment.is_internal, comment.public_from) == (True, False, None)
    assert comment.created_at == MONDAY + HOUR
    ticket = desk.ticket
    assert ticket.first_response_at == MONDAY + HOUR
    assert (ticket.status, ticket.pending_reason) == (Status.PENDING, PendingReason.CUSTOMER)
    assert queries.entries(desk.world.actor(desk.mia), ticket).comments != []
    reply = desk.reply(scheduled)
    assert (reply.state, reply.comment_id, reply.settled_at) == (S.SENT, comment.id, MONDAY + HOUR)
    (fact,) = desk.facts("ticket.reply_added")
    assert fact.actor_id == desk.anna.id


def test_its_words_live_on_in_the_entry_alone(desk: Desk, clocked: time_machine.Traveller) -> None:
    """Whoever redacts the entry has removed them."""
    scheduled = desk.plan("Das Kennwort ist 1234")
    clocked.shift(HOUR)
    desk.tick()
    assert (desk.reply(scheduled).body, desk.reply(scheduled).attachment_ids) == ("", [])


def test_an_open_ticket_is_in_progress_once_it_went(desk: Desk, clocked: time_machine.Traveller) -> None:
    desk.put(desk.ticket, status=Status.OPEN)
    desk.plan()
    clocked.shift(HOUR)
    desk.tick()
    assert desk.ticket.status is Status.IN_PROGRESS


def test_the_ticket_is_not_new_to_the_author_because_of_it(
    desk: Desk, clocked: time_machine.Traveller
) -> None:
    said = desk.say(desk.mia, "Noch etwas.")
    run_unit(lambda: attending.mark_read(desk.world.actor(desk.anna), desk.ticket_id, said.id))
    desk.plan()
    clocked.shift(HOUR)
    desk.tick()
    mark = db.session.get(ReadMark, (desk.anna.id, desk.ticket_id), populate_existing=True)
    assert mark is not None and mark.entry_id == desk.ticket.last_entry_id


@pytest.mark.parametrize(
    "ahead", [timedelta(days=-1), timedelta(), timedelta(seconds=59), timedelta(days=90, seconds=1)]
)
def test_a_moment_too_soon_or_too_far_is_refused(desk: Desk, ahead: timedelta) -> None:
    with pytest.raises(Invalid) as refused:
        desk.plan(after=ahead)
    assert list(refused.value.problems) == ["due_at"]
    assert desk.ticket.has_scheduled is False


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(days=90)])
def test_the_first_and_the_last_moment_are_taken(desk: Desk, ahead: timedelta) -> None:
    assert desk.reply(desk.plan(after=ahead)).due_at == MONDAY + ahead


def test_whoever_had_not_seen_something_new_is_told(desk: Desk) -> None:
    seen = desk.ticket.last_entry_id
    news = desk.say(desk.mia, "Noch etwas")
    with pytest.raises(Conflict) as refused:
        desk.plan(based_on=seen)
    assert refused.value.details["news"] == [news.id]
    desk.plan(based_on=news.id)


def test_customers_strangers_and_those_who_asked_cannot(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.plan(by=desk.mia)
    with pytest.raises(NotFound):
        desk.plan(by=desk.world.agent(teams=[desk.world.make_team("Netz")]))
    desk.put(desk.ticket, requester_id=desk.anna.id)
    with pytest.raises(Forbidden):
        desk.plan()


def test_a_closed_ticket_and_a_step_that_does_not_exist_are_refused(desk: Desk) -> None:
    desk.do(triage.change_status, desk.anna, StatusMove(status="resolved"))
    with pytest.raises(Conflict):
        desk.plan(then="pending")
    desk.do(triage.change_status, desk.anna, StatusMove(status="closed"))
    with pytest.raises(Conflict):
        desk.plan()


def test_five_may_wait_at_a_ticket(desk: Desk, clocked: time_machine.Traveller) -> None:
    for n in range(5):
        desk.plan(f"Nummer {n}", after=timedelta(hours=n + 1))
    with pytest.raises(Conflict):
        desk.plan("Nummer 5")
    clocked.shift(HOUR)
    desk.tick()
    desk.plan("Nummer 5")
    assert desk.bodies() == ["Nummer 0"]


def test_the_draft_is_forgotten(desk: Desk) -> None:
    actor = desk.world.actor(desk.anna)
    run_unit(lambda: attending.save_draft(actor, desk.ticket_id, is_internal=False, body="Läuft"))
    desk.plan()
    assert desk.draft() is None


# Send now, cancel


def test_the_author_sends_it_now_and_may_take_it_back_for_a_moment(desk: Desk) -> None:
    scheduled = desk.plan("Doch gleich", then="pending")
    comment = desk.do(scheduling.send_now, desk.anna, scheduled)
    seconds = timedelta(seconds=settings(TicketRules).undo_seconds)
    assert comment.public_from == MONDAY + seconds
    assert desk.state(scheduled) is S.SENT
    assert desk.ticket.status is Status.PENDING
    desk.do(replying.take_back, desk.anna, comment.id)
    draft = desk.draft()
    assert draft is not None and draft.body == "Doch gleich"
    with pytest.raises(Conflict):
        desk.do(scheduling.send_now, desk.anna, scheduled)


def test_nobody_else_sends_it(desk: Desk) -> None:
    scheduled = desk.plan()
    for person in (desk.lea, desk.world.agent(), desk.world.admin()):
        with pytest.raises(Forbidden):
            desk.do(scheduling.send_now, person, scheduled)
    assert desk.state(scheduled) is S.WAITING


def test_cancelling_makes_it_a_draft_again(desk: Desk, clocked: time_machine.Traveller) -> None:
    file = desk.upload()
    scheduled = desk.plan("Zu früh", attachment_ids=[file])
    actor = desk.world.actor(desk.anna)
    run_unit(lambda: attending.save_draft(actor, desk.ticket_id, is_internal=False, body="Neues"))
    desk.do(scheduling.cancel, desk.anna, scheduled)
    draft = desk.draft()
    assert draft is not None
    assert (draft.body, draft.attachment_ids) == ("Zu früh\n\nNeues", [file])
    assert (desk.state(scheduled), desk.reply(scheduled).body) == (S.CANCELLED, "")
    clocked.shift(HOUR)
    desk.tick()
    assert desk.bodies() == []
    (fact,) = desk.facts("ticket.reply_unscheduled")
    assert fact.payload == {"scheduled_id": scheduled, "person_id": desk.anna.id}
    with pytest.raises(Conflict):
        desk.do(scheduling.cancel, desk.anna, scheduled)


def test_leaders_may_cancel_and_the_author_gets_the_text(desk: Desk) -> None:
    scheduled = desk.plan("Von Anna")
    with pytest.raises(Forbidden):
        desk.do(scheduling.cancel, desk.world.agent(), scheduled)
    desk.do(scheduling.cancel, desk.lea, scheduled)
    draft = desk.draft()
    assert draft is not None and draft.body == "Von Anna"
    assert desk.draft(desk.lea) is None


def test_a_reply_of_another_ticket_is_not_found(desk: Desk) -> None:
    scheduled = desk.plan()
    other = desk.world.ticket(desk.mia)
    for verb in (scheduling.cancel, scheduling.send_now):
        for number in (scheduled, 999_999):
            with pytest.raises(NotFound):
                run_unit(lambda verb=verb, number=number: verb(desk.world.actor(desk.anna), other.id, number))


def test_a_reply_for_later_carries_no_bad_words(desk: Desk) -> None:
    for wrong in ({"body": ""}, {"body": "x", "due_at": "2026-11-20T08:00"}, {"body": "x" * 200_001}):
        given = {"due_at": clock.now() + HOUR} | wrong
        with pytest.raises(ValueError, match="body|due_at"):
            LaterReply.model_validate(given)
    assert NewComment(body="x").is_internal is False
