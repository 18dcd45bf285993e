"""A page of the queue: what its rows say, how pages follow each other, how few statements it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.core.errors import Invalid
from app.core.uow import run_unit
from app.sla.words import ClockKind, ClockState
from app.tickets import queue
from app.tickets.actions import assigning, attending, closing, replying, tagging, triage
from app.tickets.actions.opening import open_ticket
from app.tickets.listing import QueueQuery, Sort, View
from app.tickets.models import Ticket
from app.tickets.schemas import NewComment, NewTicket, StatusMove
from app.tickets.words import Channel, PendingReason, PresenceMode, Priority, Status
from tests.support.statements import counted

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


@pytest.fixture
def desk(world):
    """A team that assigns by hand, at a standing moment."""
    with time_machine.travel(NOW, tick=False) as travel:
        world.clock = travel
        run_unit(lambda: setattr(db.session.merge(world.team), "auto_assign", False))
        world.mia = world.customer(first_name="Mia", last_name="Scholz", department="Buchhaltung")
        world.anna = world.agent(first_name="Anna", last_name="Berger")
        world.ben = world.agent(first_name="Ben", last_name="Weber")
        yield world


def ask(world, title="Drucker", **values):
    command = NewTicket(title=title, description="Leer", **values)
    actor = world.actor(values.pop("by", world.mia))
    return run_unit(lambda: open_ticket(command, actor=actor, channel=Channel.WEB)).id


def listed(world, person=None, **query):
    return queue.page(world.actor(person or world.anna), QueueQuery(**query))


def ids(page):
    return [row.id for row in page.rows]


def test_a_row_says_everything_a_line_shows(desk):
    ticket_id = ask(desk, "VPN bricht ab", impact="high")
    run_unit(lambda: tagging.change_tags(desk.actor(desk.anna), ticket_id, ["vpn", "Eilig"]))
    run_unit(lambda: attending.be_present(desk.actor(desk.ben), ticket_id, PresenceMode.WRITING))
    run_unit(lambda: attending.be_present(desk.actor(desk.anna), ticket_id, PresenceMode.READING))

    [row] = listed(desk, view="open").rows

    assert (row.number, row.title) == (f"TICKET-{ticket_id:06d}", "VPN bricht ab")
    assert (row.requester_name, row.requester_department) == ("Mia Scholz", "Buchhaltung")
    assert (row.assignee_id, row.assignee_name, row.team_name) == (None, "", desk.team.name)
    assert (row.status, row.priority, row.channel) == (Status.OPEN, Priority.HIGH, Channel.WEB)
    assert (row.sla_state, row.due_clock) == (ClockState.OK, ClockKind.RESPONSE)
    assert row.due_at == NOW + timedelta(hours=4)
    assert row.tags == ("eilig", "vpn")
    assert [(p.name, p.mode) for p in row.present] == [("Ben Weber", PresenceMode.WRITING)]


def test_presence_is_forgotten_after_25_seconds(desk):
    ticket_id = ask(desk)
    run_unit(lambda: attending.be_present(desk.actor(desk.ben), ticket_id, PresenceMode.READING))
    desk.clock.shift(timedelta(seconds=26))
    assert listed(desk, view="open").rows[0].present == ()


def test_after_the_first_answer_the_row_counts_to_the_resolution(desk):
    ticket_id = ask(desk)
    run_unit(lambda: replying.add_comment(desk.actor(desk.anna), ticket_id, NewComment(body="Wir schauen.")))
    [row] = listed(desk, view="open").rows
    assert (row.due_clock, row.due_at) == (ClockKind.RESOLUTION, NOW + timedelta(hours=72))


def test_a_waiting_ticket_that_was_answered_late_has_no_deadline(desk):
    ticket_id = ask(desk)
    desk.clock.shift(timedelta(hours=9))
    waits = NewComment(body="Welches Gerät?", then=Status.PENDING)
    run_unit(lambda: replying.add_comment(desk.actor(desk.anna), ticket_id, waits))
    [row] = listed(desk, view="waiting_for_customer").rows
    assert (row.due_at, row.due_clock, row.sla_state) == (None, None, ClockState.PAUSED)
    assert row.pending_reason is PendingReason.CUSTOMER


def test_a_reply_is_unread_until_it_was_looked_at(desk):
    ticket_id = ask(desk)
    assert not listed(desk, view="open").rows[0].is_unread
    reply = NewComment(body="Es eilt.")
    comment = run_unit(lambda: replying.add_comment(desk.actor(desk.mia), ticket_id, reply))
    assert listed(desk, view="open").rows[0].is_unread
    run_unit(lambda: attending.mark_read(desk.actor(desk.anna), ticket_id, comment.id))
    assert not listed(desk, view="open").rows[0].is_unread
    assert listed(desk, desk.ben, view="open").rows[0].is_unread


def test_internal_traces_stay_hidden_from_the_requester(desk):
    ticket_id = ask(desk)
    note = NewComment(body="Kennwort war abgelaufen.", is_internal=True)
    run_unit(lambda: replying.add_comment(desk.actor(desk.anna), ticket_id, note))
    run_unit(lambda: tagging.change_tags(desk.actor(desk.anna), ticket_id, ["kennwort"]))
    run_unit(lambda: attending.be_present(desk.actor(desk.ben), ticket_id, PresenceMode.WRITING))
    [row] = listed(desk, desk.mia).rows
    assert (row.is_unread, row.tags, row.present) == (False, (), ())


def test_the_queue_is_in_the_order_of_deadlines(desk):
    low, critical, high = ask(desk, impact="low"), ask(desk, impact="critical"), ask(desk, impact="high")
    assert ids(listed(desk, view="open")) == [critical, high, low]
    assert ids(listed(desk, view="open", sort="created_at")) == [low, critical, high]
    assert ids(listed(desk, view="open", sort="-created_at")) == [high, critical, low]


def test_rows_that_come_meanwhile_shift_no_page(desk):
    first = [ask(desk) for _ in range(6)]
    page = listed(desk, sort="-created_at", limit=3)
    ask(desk)
    following = listed(desk, sort="-created_at", limit=3, cursor=page.next_cursor)
    assert ids(page) + ids(following) == first[::-1]
    again = listed(desk, sort="-created_at", limit=3, cursor=following.previous_cursor)
    assert ids(again) == ids(page)


def test_the_first_page_has_no_way_back_and_the_last_no_way_on(desk):
    for _ in range(4):
        ask(desk)
    first = listed(desk, view="open", limit=3)
    assert first.previous_cursor is None
    last = listed(desk, view="open", limit=3, cursor=first.next_cursor)
    assert (len(last.rows), last.next_cursor) == (1, None)


@pytest.mark.parametrize("cursor", ["x", "bm8=", "WyJuIiwiZHVlX2F0IiwibW9yZ2VuIiwxXQ=="])
def test_a_damaged_cursor_is_refused_at_its_field(desk, cursor):
    with pytest.raises(Invalid) as refused:
        listed(desk, view="open", cursor=cursor)
    assert "cursor" in refused.value.problems


def test_a_cursor_of_another_order_is_refused(desk):
    for _ in range(3):
        ask(desk)
    cursor = listed(desk, view="open", limit=1).next_cursor
    with pytest.raises(Invalid):
        listed(desk, view="open", limit=1, sort=Sort.RECENT, cursor=cursor)


def test_a_combination_stops_at_its_window_and_goes_on_from_there(desk, monkeypatch):
    monkeypatch.setattr(queue, "FIRST_WINDOW", 1)
    monkeypatch.setattr(queue, "WINDOWS", (2,))
    rare = [ask(desk, f"Anfrage {n}", impact="critical" if n in (0, 11) else "medium") for n in range(12)]
    query = {"priority": ["critical"], "sort": "created_at", "limit": 4}

    page = listed(desk, **query)
    assert (ids(page), page.goes_on) == ([rare[0]], True)
    found, pages = ids(page), 1
    while page.next_cursor:
        page = listed(desk, cursor=page.next_cursor, **query)
        found, pages = found + ids(page), pages + 1
    assert (found, page.goes_on) == ([rare[0], rare[11]], False)
    assert pages > 1


def test_conditions_that_exclude_each_other_ask_nothing(desk):
    ask(desk)
    actor = desk.actor(desk.anna)
    with counted() as statements:
        assert queue.page(actor, QueueQuery(view=View.UNASSIGNED, assignee="me")).rows == ()
        assert queue.page(actor, QueueQuery(view=View.RESOLVED, status=["open"])).rows == ()
        assert queue.page(actor, QueueQuery(view=View.OVERDUE, sla="ok")).rows == ()
    assert len(statements) == 0


def test_deleted_tickets_are_in_no_list(desk):
    lead = desk.leader()
    kept, gone = ask(desk), ask(desk)
    run_unit(lambda: assigning.take(desk.actor(desk.anna), gone))
    run_unit(lambda: closing.delete(desk.actor(lead), gone))
    for query in (
        {},
        {"view": "open"},
        {"view": "mine"},
        {"requester": desk.mia.id},
        {"status": ["in_progress"]},
    ):
        assert gone not in ids(listed(desk, **query)), query
        assert gone not in ids(listed(desk, desk.mia, **query)), query
    assert kept in ids(listed(desk))


def test_resolved_ones_come_with_the_latest_first(desk):
    done = [ask(desk) for _ in range(3)]
    for ticket_id in (done[1], done[0], done[2]):
        desk.clock.shift(timedelta(minutes=5))
        resolve = StatusMove(status=Status.RESOLVED)
        run_unit(lambda t=ticket_id, m=resolve: triage.change_status(desk.actor(desk.anna), t, m))
    assert ids(listed(desk, view="resolved")) == [done[2], done[0], done[1]]


def test_a_page_takes_few_statements_and_makes_no_objects(desk):
    for _ in range(5):
        ask(desk)
    agent, lead = desk.actor(desk.anna), desk.actor(desk.leader())
    queue.page(agent, QueueQuery(view=View.OPEN))
    db.session.expunge_all()
    for actor, query, most in (
        (agent, QueueQuery(view=View.OPEN), 2),
        (lead, QueueQuery(view=View.ALL_ACTIVE), 2),
        (agent, QueueQuery(view=View.UNASSIGNED, priority=["medium"], channel="web"), 6),
    ):
        with counted() as statements:
            assert queue.page(actor, query).rows
        assert len(statements) <= most, statements
    assert not any(isinstance(thing, Ticket) for thing in db.session)


def test_an_agent_without_a_team_has_empty_team_lists_but_sees_what_is_assigned(desk):
    loner = desk.agent(teams=[])
    ticket_id = ask(desk)
    run_unit(
        lambda: db.session.execute(
            sa.update(Ticket).where(Ticket.id == ticket_id).values(assignee_id=loner.id)
        )
    )
    assert ids(listed(desk, loner, view="open")) == []
    assert ids(listed(desk, loner, view="mine")) == [ticket_id]
    assert ids(listed(desk, loner, view="all_active")) == [ticket_id]
