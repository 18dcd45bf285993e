"""Counters: whatever happens to tickets, and whoever folds meanwhile, they equal a recount."""

from __future__ import annotations

import random
import threading
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.sla.words import ClockState
from app.tickets import counts, queue
from app.tickets.actions import assigning, attending, closing, company, escalating, replying, tallying, triage
from app.tickets.actions.opening import open_ticket
from app.tickets.listing import QueueQuery, View
from app.tickets.models import Load, Tally, Ticket, Watcher
from app.tickets.schemas import Escalation, NewComment, NewTicket, StatusMove
from app.tickets.tallying import PLACES
from app.tickets.words import Channel, Phase, Priority, Stage, Status


def ask(world, person, **values):
    given = {"title": "Drucker druckt nicht", "description": "Nur leere Seiten."} | values
    return run_unit(
        lambda: open_ticket(NewTicket(**given), actor=world.actor(person), channel=Channel.WEB)
    ).id


def recount():
    """Places and their tickets, by looking at every ticket."""
    found = {Tally: Counter(), Load: Counter()}
    for ticket in db.session.scalars(sa.select(Ticket).execution_options(populate_existing=True)):
        if ticket.deleted_at is not None:
            continue
        is_free = ticket.assignee_id is None
        found[Tally][ticket.team_id, is_free, ticket.stage, ticket.sla_state] += 1
        if not is_free:
            found[Load][ticket.assignee_id, ticket.stage] += 1
    return found


def tallied():
    """The same from the counters."""
    found = {}
    for counter, place in PLACES.items():
        rows = db.session.execute(sa.select(*place, sa.func.sum(counter.n)).group_by(*place))
        found[counter] = {tuple(where): int(n) for *where, n in rows if n}
    return found


def rows_kept():
    """How many rows each table of counters has."""
    return [db.session.scalar(sa.select(sa.func.count()).select_from(counter)) for counter in PLACES]


def fresh():
    """End the reading transaction, so that the next read sees what others committed."""
    db.session.rollback()


class Day:
    """A day's work on a handful of tickets, every verb that moves one, at random."""

    def __init__(self, world, seed):
        self.world, self.rng = world, random.Random(seed)
        self.agents = [world.agent(), world.agent()]
        self.lead = world.leader()
        self.customer = world.customer()
        self.other = world.make_team("Netzwerk", auto_assign=False)

    def run(self, steps):
        ids = [ask(self.world, self.customer) for _ in range(3)]
        for _ in range(steps):
            verb = self.rng.choice(self.verbs())
            ticket_id = self.rng.choice(ids)
            try:
                run_unit(lambda verb=verb, ticket_id=ticket_id: verb(ticket_id))
            except Exception as refusal:
                assert type(refusal).__module__ == "app.core.errors", refusal
                fresh()
            if self.rng.random() < 0.1:
                ids.append(ask(self.world, self.customer))

    def verbs(self):
        lead, agent = self.world.actor(self.lead), self.world.actor(self.rng.choice(self.agents))
        customer = self.world.actor(self.customer)
        move = StatusMove(status=self.rng.choice(list(Status)))
        third = StatusMove(status=Status.PENDING, pending_reason="third_party")
        return [
            lambda t: triage.change_status(agent, t, move),
            lambda t: triage.change_status(lead, t, third),
            lambda t: triage.change_team(lead, t, self.rng.choice([self.world.team.id, self.other.id])),
            lambda t: triage.change_priority(lead, t, self.rng.choice(list(Priority))),
            lambda t: assigning.take(agent, t),
            lambda t: assigning.release(lead, t),
            lambda t: assigning.assign_automatically(lead, t),
            lambda t: replying.add_comment(customer, t, NewComment(body="Noch immer.")),
            lambda t: replying.add_comment(agent, t, NewComment(body="Wir sind dran.", then=Status.PENDING)),
            lambda t: closing.delete(lead, t),
            lambda t: closing.restore(lead, t),
        ]


@pytest.mark.parametrize("seed", range(4))
def test_the_counters_equal_a_recount_after_any_day(world, seed):
    Day(world, seed).run(60)

    assert tallied() == recount()
    tallying.fold()
    assert tallied() == recount()


def test_list_columns_follow_status_reason_priority_and_deletion(world):
    agent, lead = world.agent(), world.leader()
    ticket_id = ask(world, world.customer(), impact="high")

    def now():
        ticket = db.session.get(Ticket, ticket_id, populate_existing=True)
        return ticket.phase, ticket.stage, ticket.urgency

    assert now() == (Phase.ACTIVE, Stage.IN_PROGRESS, 2)
    waits = StatusMove(status=Status.PENDING, pending_reason="third_party")
    run_unit(lambda: triage.change_status(world.actor(agent), ticket_id, waits))
    assert now() == (Phase.ACTIVE, Stage.WAITS_FOR_OTHERS, 2)
    run_unit(lambda: triage.change_priority(world.actor(lead), ticket_id, Priority.LOW))
    run_unit(lambda: closing.delete(world.actor(lead), ticket_id))
    assert now() == (Phase.DELETED, Stage.DELETED, 4)
    run_unit(lambda: closing.restore(world.actor(lead), ticket_id))
    assert now() == (Phase.ACTIVE, Stage.WAITS_FOR_OTHERS, 4)


def test_watchers_remember_the_phase_of_their_ticket(world):
    agent = world.agent()
    ticket_id = ask(world, world.customer())
    run_unit(lambda: company.watch(world.actor(agent), ticket_id))
    phase = sa.select(Watcher.phase).where(Watcher.ticket_id == ticket_id)
    assert db.session.scalar(phase) is Phase.ACTIVE
    run_unit(lambda: triage.change_status(world.actor(agent), ticket_id, StatusMove(status=Status.RESOLVED)))
    assert db.session.scalar(phase) is Phase.RESOLVED


def test_a_change_of_an_attribute_that_was_not_loaded_is_counted_too(world):
    ticket_id = ask(world, world.customer())
    other = world.make_team("Netzwerk")

    def move():
        ticket = db.session.get(Ticket, ticket_id)
        db.session.expire(ticket)
        ticket.team_id = other.id

    run_unit(move)
    assert tallied() == recount()


def test_folding_leaves_one_row_for_each_place_and_none_for_empty_ones(world):
    Day(world, 9).run(40)
    tallying.fold()
    for counter, place in PLACES.items():
        rows = [tuple(row) for row in db.session.execute(sa.select(counter.n, *place))]
        places = [where for n, *where in rows if n]
        assert len(rows) == len(places) == len(recount()[counter])


def test_a_change_adds_rows_only_where_the_ticket_moved(world):
    agent, lead = world.agent(), world.leader()
    ticket_id = ask(world, world.customer(), impact="low")

    def added(change):
        before = rows_kept()
        run_unit(change)
        return [now - then for then, now in zip(before, rows_kept(), strict=True)]

    def late():
        db.session.get(Ticket, ticket_id).sla_state = ClockState.AT_RISK

    boss, other = world.actor(lead), world.make_team("Netzwerk", auto_assign=False)
    note = NewComment(body="Nur für uns.", is_internal=True)
    assert added(lambda: replying.add_comment(world.actor(agent), ticket_id, note)) == [0, 0]
    assert added(late) == [2, 0]
    assert added(lambda: triage.change_status(boss, ticket_id, StatusMove(status=Status.PENDING)))[1] == 2
    assert added(lambda: assigning.take(boss, ticket_id)) == [0, 2]
    assert added(lambda: assigning.release(boss, ticket_id)) == [2, 1]
    assert added(lambda: triage.change_team(boss, ticket_id, other.id)) == [2, 0]
    assert added(lambda: closing.delete(boss, ticket_id)) == [1, 0]
    assert tallied() == recount()


def test_folding_beside_writers_and_another_folder_loses_and_doubles_nothing(world):
    """Three writers and two folders at once, on every engine."""
    customer = world.actor(world.customer())
    run_unit(lambda: setattr(db.session.merge(world.team), "auto_assign", False))
    command = NewTicket(title="Gleichzeitig", description="…")
    wrong: list[Exception] = []
    done = threading.Event()

    def guarded(work):
        def run():
            try:
                with world.app.app_context():
                    work()
            except Exception as error:
                wrong.append(error)

        return threading.Thread(target=run)

    def write():
        for _ in range(15):
            run_unit(lambda: open_ticket(command, actor=customer, channel=Channel.WEB))

    def fold():
        while not done.is_set():
            tallying.fold()

    fresh()
    writers, folders = [guarded(write) for _ in range(3)], [guarded(fold) for _ in range(2)]
    for thread in (*writers, *folders):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in folders:
        thread.join()

    assert wrong == []
    fresh()
    assert sum(recount()[Tally].values()) == 45
    assert tallied() == recount()


def test_figures_are_those_of_the_lists_they_stand_beside(world):
    anna, ben, lead, admin = world.agent(), world.agent(), world.leader(teams=[]), world.admin(teams=[])
    secret = world.make_team("Personal", is_confidential=True, auto_assign=False)
    Day(world, 3).run(40)
    for n, state in enumerate((ClockState.BREACHED, ClockState.AT_RISK)):
        run_unit(lambda n=n, state=state: _set_state(n, state))
    moved, boss = ask(world, world.customer(), impact="low"), world.actor(admin)
    run_unit(lambda: triage.change_team(boss, moved, secret.id))
    fresh()

    for person in (anna, ben, lead, admin):
        actor = world.actor(person)
        found = counts.counts(actor)
        for view in found:
            listed = queue.page(actor, QueueQuery(view=view, limit=100)).rows
            assert found[view] == len(listed), (person.role, view)
        assert found[View.UNASSIGNED] == counts.unassigned(actor)


def _set_state(n, state):
    tickets = db.session.scalars(
        sa.select(Ticket).where(Ticket.phase == Phase.ACTIVE).order_by(Ticket.id)
    ).all()
    tickets[n].sla_state = state
    tickets[n].due_at = clock.now() + timedelta(hours=n)


def test_a_draft_counts_once_whatever_it_is(world):
    agent = world.agent()
    ticket_id = ask(world, world.customer())
    for internal in (False, True):
        run_unit(
            lambda internal=internal: attending.save_draft(
                world.actor(agent), ticket_id, is_internal=internal, body="Guten Tag"
            )
        )
    assert counts.counts(world.actor(agent))[View.DRAFTS] == 1


def test_customers_have_no_figures(world):
    actor = world.actor(world.customer())
    assert counts.counts(actor) == {}
    assert counts.unassigned(actor) == 0


def test_escalating_moves_the_count_with_the_ticket(world):
    junior, expert = world.agent(support_level=1), world.agent(support_level=3)
    ticket_id = ask(world, world.customer(), impact="low")
    run_unit(
        lambda: escalating.escalate(world.actor(junior), ticket_id, Escalation(level=3, reason="Kernel"))
    )
    assert db.session.get(Ticket, ticket_id).assignee_id == expert.id
    assert tallied() == recount()
