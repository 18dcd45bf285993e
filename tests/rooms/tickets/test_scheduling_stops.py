"""What stops a reply for later: the customer who writes first, a ticket that is done, an author who is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.notifications.models import Notice
from app.notifications.words import Topic, Way
from app.tickets import unsent
from app.tickets.actions import closing, mending, scheduling, triage
from app.tickets.models import Comment
from app.tickets.schemas import StatusMove
from app.tickets.words import Channel, ScheduledState
from tests.support.audience import told
from tests.support.later import HOUR, Desk
from tests.support.statements import counted
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


def why(desk: Desk) -> list[str]:
    return [fact.payload["why"] for fact in desk.facts("ticket.reply_stopped")]


def by_mail(desk: Desk) -> None:
    desk.auto_reply(by_machine=False, body="Per Mail")


def in_the_portal(desk: Desk) -> None:
    desk.say(desk.mia)


@pytest.mark.parametrize("writes", [by_mail, in_the_portal])
def test_a_customer_who_writes_first_stops_all(
    desk: Desk, clocked: time_machine.Traveller, writes: Callable[[Desk], None]
) -> None:
    file = desk.upload()
    first = desk.plan("Erste", attachment_ids=[file])
    second = desk.plan("Zweite", after=2 * HOUR)
    foreign = desk.plan("Von Lea", by=desk.lea)
    writes(desk)
    assert {desk.state(one) for one in (first, second, foreign)} == {S.STOPPED}
    draft, leas = desk.draft(), desk.draft(desk.lea)
    assert draft is not None and leas is not None
    assert (draft.body, draft.attachment_ids) == ("Erste\n\nZweite", [file])
    assert leas.body == "Von Lea"
    assert why(desk) == ["customer_replied"] * 3
    clocked.shift(3 * HOUR)
    desk.tick()
    assert len(desk.bodies()) == 1


def test_an_auto_reply_stops_nothing(desk: Desk, clocked: time_machine.Traveller) -> None:
    scheduled = desk.plan()
    desk.auto_reply()
    assert desk.state(scheduled) is S.WAITING
    clocked.shift(HOUR)
    desk.tick()
    assert desk.state(scheduled) is S.SENT


def test_colleagues_stop_nothing(desk: Desk, clocked: time_machine.Traveller) -> None:
    scheduled = desk.plan()
    desk.say(desk.lea, "Ich habe schon etwas gesagt.")
    desk.say(desk.lea, "Intern", is_internal=True)
    clocked.shift(HOUR)
    desk.tick()
    assert desk.state(scheduled) is S.SENT


def test_what_the_customer_wrote_before_it_stops_nothing(desk: Desk, clocked: time_machine.Traveller) -> None:
    desk.say(desk.mia)
    scheduled = desk.plan()
    desk.say(desk.anna, "Danke", is_internal=True)
    clocked.shift(HOUR)
    desk.tick()
    assert desk.state(scheduled) is S.SENT


def test_the_clock_looks_again_itself(desk: Desk, clocked: time_machine.Traveller) -> None:
    """Even if whatever wrote the entry forgot to stop the reply."""
    scheduled = desk.plan()
    desk.say(desk.mia)
    desk.put(desk.reply(scheduled), state=S.WAITING)
    clocked.shift(HOUR)
    desk.tick()
    assert desk.state(scheduled) is S.STOPPED
    assert why(desk) == ["customer_replied"] * 2


def closed(desk: Desk) -> None:
    desk.do(triage.change_status, desk.lea, StatusMove(status="closed"))


def closed_with_a_reply(desk: Desk) -> None:
    desk.say(desk.lea, "Erledigt", then="closed")


def solved(desk: Desk) -> None:
    desk.do(triage.resolve_own, desk.mia)


def deleted(desk: Desk) -> None:
    desk.do(closing.delete, desk.lea)


def is_spam(desk: Desk) -> None:
    desk.put(desk.ticket, channel=Channel.EMAIL)
    desk.do(mending.mark_as_spam, desk.lea)


def somebody_elses(desk: Desk) -> None:
    desk.do(mending.change_requester, desk.lea, desk.world.customer().id)


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        (closed, "closed"),
        (closed_with_a_reply, "closed"),
        (solved, "solved"),
        (deleted, "deleted"),
        (is_spam, "spam"),
        (somebody_elses, "requester_changed"),
    ],
)
def test_a_ticket_that_is_done_or_another_stops_it_at_once(
    desk: Desk, deed: Callable[[Desk], None], reason: str
) -> None:
    scheduled = desk.plan("Nicht mehr nötig")
    deed(desk)
    assert desk.state(scheduled) is S.STOPPED
    assert why(desk) == [reason]
    draft = desk.draft()
    assert draft is not None and draft.body == "Nicht mehr nötig"


def test_a_ticket_that_closes_by_itself_stops_it(desk: Desk, clocked: time_machine.Traveller) -> None:
    desk.do(triage.change_status, desk.lea, StatusMove(status="resolved"))
    scheduled = desk.plan(after=timedelta(days=30))
    clocked.shift(timedelta(days=8))
    assert closing.close_resolved() == 1
    assert desk.state(scheduled) is S.STOPPED


def test_a_reply_that_closes_the_ticket_stops_the_others_and_not_itself(
    desk: Desk, clocked: time_machine.Traveller
) -> None:
    closes, late = desk.plan("Wir schließen", then="closed"), desk.plan("Danach", after=2 * HOUR)
    clocked.shift(HOUR)
    desk.tick()
    assert (desk.state(closes), desk.state(late)) == (S.SENT, S.STOPPED)
    assert desk.bodies() == ["Wir schließen"]


def deactivated(desk: Desk) -> None:
    desk.put(desk.anna, is_active=False)


def moved_away(desk: Desk) -> None:
    secret = desk.world.make_team("Personal", is_confidential=True)
    desk.put(desk.ticket, team_id=secret.id, assignee_id=None)


def no_longer_staff(desk: Desk) -> None:
    desk.put(desk.anna, role="customer")


def resolved(desk: Desk) -> None:
    desk.do(triage.change_status, desk.lea, StatusMove(status="resolved"))


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        (deactivated, "author_gone"),
        (moved_away, "author_gone"),
        (no_longer_staff, "author_gone"),
        (resolved, "status"),
    ],
)
def test_what_changed_meanwhile_stops_it_when_its_time_comes(
    desk: Desk, clocked: time_machine.Traveller, deed: Callable[[Desk], None], reason: str
) -> None:
    scheduled = desk.plan("Noch etwas?", then="pending")
    deed(desk)
    assert desk.state(scheduled) is S.WAITING
    clocked.shift(HOUR)
    desk.tick()
    assert (desk.state(scheduled), why(desk)) == (S.STOPPED, [reason])
    assert db.session.scalars(sa.select(Comment)).all() == []


def test_the_author_hears_of_it_by_bell_and_mail(desk: Desk) -> None:
    desk.plan()
    desk.say(desk.mia)
    for way in (Way.BELL, Way.EMAIL):
        assert told("ticket.reply_stopped", way) == {desk.anna.id: Topic.NOT_SENT}
    desk.world.relay()
    rung = db.session.scalars(sa.select(Notice).where(Notice.topic == Topic.NOT_SENT)).all()
    assert [one.person_id for one in rung] == [desk.anna.id]


def test_whoever_stopped_it_is_not_told(desk: Desk) -> None:
    desk.plan()
    desk.do(triage.change_status, desk.anna, StatusMove(status="closed"))
    assert told("ticket.reply_stopped", Way.BELL) == {}


def test_a_leader_who_cancels_is_noticed_by_the_author(desk: Desk) -> None:
    desk.do(scheduling.cancel, desk.lea, desk.plan())
    assert told("ticket.reply_unscheduled", Way.BELL) == {desk.anna.id: Topic.NOT_SENT}


def test_the_text_of_a_stopped_reply_is_at_hand_until_its_author_answers(desk: Desk) -> None:
    """A page that still saves an older draft over the one it became must not be the end of it."""
    scheduled = desk.plan("Nicht verlieren")
    desk.say(desk.mia)

    def shown(person: object) -> list[str]:
        return [one.body for one in unsent.replies(desk.world.actor(person), desk.ticket)]

    assert shown(desk.anna) == ["Nicht verlieren"]
    assert shown(desk.lea) == []
    desk.say(desk.anna, "Danke", is_internal=True)
    assert shown(desk.anna) == ["Nicht verlieren"]
    desk.say(desk.anna, "Dann ist ja gut.")
    assert shown(desk.anna) == []
    assert desk.reply(scheduled).body == ""
    assert desk.draft() is None


def test_a_ticket_without_any_asks_the_database_nothing(desk: Desk) -> None:
    ticket, actor = desk.ticket, desk.world.actor(desk.anna)
    with counted() as statements:
        assert unsent.replies(actor, ticket) == ()
        assert unsent.files([]) == {}
    assert statements == []
    desk.say(desk.mia)
    with counted() as statements:
        desk.say(desk.mia, "Noch etwas")
    assert not [one for one in statements if "scheduled_reply" in one]
