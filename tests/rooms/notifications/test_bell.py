"""The bell: what rang for somebody, read in their language, limited to what they may still see."""

from __future__ import annotations

import pytest
import time_machine

from app.accounts.models import Person
from app.core.db import db
from app.core.errors import Invalid
from app.core.language import speaking
from app.core.uow import run_unit
from app.events import figures
from app.events.log import known_actions
from app.notifications import queries
from app.notifications.actions import (
    forget_old,
    mark_all_read,
    mark_read,
    mark_ticket_read,
    set_preference,
    set_preferences,
)
from app.notifications.models import Notice
from app.notifications.outbox import outbox
from app.notifications.queries import inbox, preferences, unread_count
from app.notifications.schemas import ReadNotices, Wishes
from app.notifications.words import Topic, Way
from app.tickets.actions.replying import take_back
from tests.support.audience import act, put
from tests.support.statements import counted
from tests.support.world import World


def test_the_bell_tells_what_happened(world: World, customer: Person, agent: Person) -> None:
    ticket = world.ticket(customer)
    world.say(customer, ticket)
    world.relay()
    rows = inbox(world.actor(agent)).rows
    assert [(row.number, row.title, row.topic, row.line.text.striptags()) for row in rows] == [
        (
            ticket.number,
            ticket.title,
            Topic.CUSTOMER_REPLY,
            f"{customer.full_name} hat eine Nachricht geschrieben.",
        ),
        (ticket.number, ticket.title, Topic.ASSIGNED, "Das Ticket wurde Ihnen automatisch zugewiesen."),
    ]


def test_the_bell_speaks_the_readers_language(world: World, customer: Person, agent: Person) -> None:
    world.ticket(customer)
    world.relay()
    with speaking("en"):
        (row,) = inbox(world.actor(agent)).rows
        assert row.line.text == "The ticket was assigned to you automatically."


def test_what_was_read_is_counted_no_longer(world: World, customer: Person, agent: Person) -> None:
    first, second = world.ticket(customer), world.ticket(customer)
    world.say(customer, second)
    world.relay()
    actor = world.actor(agent)
    assert unread_count(actor) == 3
    newest = inbox(actor).rows[0].id
    assert act(mark_read, ReadNotices(ids=[newest]), actor=actor) == 1
    assert act(mark_read, ReadNotices(ids=[newest]), actor=actor) == 0
    assert act(mark_ticket_read, first.id, actor=actor) == 1
    assert unread_count(actor) == 1
    assert act(mark_all_read, actor=actor) == 1
    assert unread_count(actor) == 0
    assert inbox(actor, only_unread=True).rows == []
    assert len(inbox(actor).rows) == 3


def test_nobody_reads_for_somebody_else(world: World, customer: Person, agent: Person) -> None:
    world.ticket(customer)
    world.relay()
    other = world.actor(world.agent())
    ids = [row.id for row in inbox(world.actor(agent)).rows]
    assert act(mark_read, ReadNotices(ids=ids), actor=other) == 0
    assert act(mark_all_read, actor=other) == 0
    assert inbox(other).rows == []


def test_what_somebody_may_no_longer_see_is_not_shown(world: World, customer: Person, leader: Person) -> None:
    secret = world.make_team("Personal", is_confidential=True)
    ticket = world.ticket(customer, title="Serverausfall")
    world.relay()
    assert len(inbox(world.actor(leader)).rows) == 2
    put(ticket, team_id=secret.id)
    assert inbox(world.actor(leader)).rows == []


def test_a_customer_sees_nothing_internal_even_with_an_old_bell(
    world: World, customer: Person, agent: Person
) -> None:
    ticket = world.ticket(agent)
    world.relay()
    db.session.rollback()
    run_unit(lambda: db.session.add(Notice(person_id=agent.id, **_notice_of(ticket.id, "ticket.assigned"))))
    run_unit(
        lambda: db.session.add(Notice(person_id=agent.id, **_notice_of(ticket.id, "ticket.nobody_free")))
    )
    put(agent, role="customer")
    assert [row.topic for row in inbox(world.actor(agent)).rows] == []


def _notice_of(ticket_id: int, kind: str) -> dict[str, object]:
    import sqlalchemy as sa

    from app.core import clock
    from app.events.models import Event

    event = db.session.scalars(
        sa.select(Event).where(Event.ticket_id == ticket_id, Event.kind == kind)
    ).first()
    return {
        "event_id": event.id if event else 0,
        "ticket_id": ticket_id,
        "topic": Topic.CHANGES,
        "created_at": clock.now(),
    }


def test_an_answer_taken_back_rings_no_more(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    ticket = world.ticket(customer)
    comment = world.say(leader, ticket)
    world.relay()
    assert [row.topic for row in inbox(world.actor(agent)).rows] == [Topic.TEAM_REPLY, Topic.ASSIGNED]
    act(take_back, world.actor(leader), ticket.id, comment.id)
    world.relay()
    assert [row.topic for row in inbox(world.actor(agent)).rows] == [Topic.ASSIGNED]


def test_the_list_goes_on_where_it_ended(
    world: World, customer: Person, agent: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "ROWS", 2)
    for _ in range(3):
        world.ticket(customer)
    world.relay()
    first = inbox(world.actor(agent))
    assert first.next_cursor is not None
    second = inbox(world.actor(agent), first.next_cursor)
    assert [len(first.rows), len(second.rows), second.next_cursor] == [2, 1, None]
    with pytest.raises(Invalid):
        inbox(world.actor(agent), "damaged")


def test_the_list_and_the_count_cost_few_statements(world: World, customer: Person, agent: Person) -> None:
    for _ in range(20):
        world.say(customer, world.ticket(customer))
    world.relay()
    actor = world.actor(agent)
    with counted() as statements:
        assert len(inbox(actor).rows) == 30
    assert len(statements) <= 4
    with counted() as statements:
        unread_count(actor)
    assert len(statements) == 1


def test_old_entries_are_forgotten(
    world: World, customer: Person, agent: Person, time: time_machine.Traveller
) -> None:
    world.ticket(customer)
    world.relay()
    assert act(forget_old) == 0
    time.shift(181 * 24 * 3600)
    world.ticket(customer)
    world.relay()
    assert act(forget_old) == 1
    assert len(inbox(world.actor(agent)).rows) == 1


def test_what_is_turned_off_rings_no_more(world: World, customer: Person, agent: Person) -> None:
    actor = world.actor(agent)
    act(set_preference, Topic.ASSIGNED, Way.BELL, False, actor=actor)
    act(set_preference, Topic.ASSIGNED, Way.BELL, False, actor=actor)
    world.ticket(customer)
    world.relay()
    assert unread_count(actor) == 0
    act(set_preference, Topic.ASSIGNED, Way.BELL, True, actor=actor)
    world.ticket(customer)
    world.relay()
    assert unread_count(actor) == 1


@pytest.mark.parametrize("topic", [Topic.REPLY, Topic.ACCOUNT])
def test_what_is_owed_cannot_be_turned_off(world: World, customer: Person, topic: Topic) -> None:
    with pytest.raises(Invalid):
        act(set_preference, topic, Way.EMAIL, False, actor=world.actor(customer))


def test_the_page_of_preferences_is_saved_as_a_whole(world: World, customer: Person, agent: Person) -> None:
    actor = world.actor(agent)
    act(set_preferences, Wishes(on=["assigned.bell", "deadline.email", "nonsense.bell"]), actor=actor)
    on = {
        f"{line.choice.topic}.{way}" for line in preferences(actor) for way, is_on in line.on.items() if is_on
    }
    assert on == {"assigned.bell", "deadline.email"}
    every = [f"{line.choice.topic}.{way}" for line in preferences(actor) for way in line.on]
    act(set_preferences, Wishes(on=every), actor=actor)
    assert all(is_on for line in preferences(actor) for is_on in line.on.values())


def test_customers_choose_only_what_concerns_them(world: World, customer: Person) -> None:
    assert [line.choice.topic for line in preferences(world.actor(customer))] == [
        Topic.RECEIVED,
        Topic.PROGRESS,
    ]


def test_the_outbox_shows_what_would_have_been_sent(world: World, customer: Person, agent: Person) -> None:
    ticket = world.ticket(customer)
    world.relay()
    assert figures.way_out(["email"]).held == 2
    to_agent, to_customer = outbox()
    assert (to_customer.recipient, to_agent.recipient) == (customer.email, agent.email)
    assert to_customer.subject == f"[{ticket.number}] {ticket.title}"
    assert "eingegangen" in to_customer.text
    assert to_customer.html.startswith("<!doctype html>")
    with counted() as statements:
        outbox(1)
    assert not [one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_reading_is_a_silent_verb() -> None:
    silent = {
        name.rpartition(".")[2]: reason for name, reason in known_actions().items() if "notifications" in name
    }
    assert all(silent[name] for name in ("mark_read", "mark_all_read", "mark_ticket_read", "forget_old"))
    assert not silent["set_preference"]
