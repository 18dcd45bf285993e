"""Totals: whoever asks for whatever list, the counters and the tickets give the number of its rows."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.actors import CLOCK
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import TicketRules
from app.sla.words import ClockState
from app.tickets import counts
from app.tickets.listing import QueueQuery, View
from app.tickets.words import Status
from tests.rooms.tickets.test_queue_visibility import FILTERS, Firm, actors_of, expected

KNOWN = ("status", "team", "assignee", "sla")


@pytest.fixture
def firm(world):
    return Firm(world, random.Random(8))


@st.composite
def questions(draw, firm):
    """Any view with the filters that counters know something of, rarely with one they know nothing of."""
    names = draw(st.sets(st.sampled_from([*KNOWN, *KNOWN, "priority"]), max_size=3))
    return QueueQuery(
        view=draw(st.sampled_from([None, *View])),
        **{name: draw(FILTERS[name](firm)) for name in sorted(names)},
    )


@pytest.mark.parametrize("see_all", [False, True])
def test_a_total_is_the_length_of_its_list(firm, see_all):
    if see_all:
        run_unit(lambda: settings_actions.change(TicketRules(agents_see_all_teams=True), actor=CLOCK))
    actors = actors_of(firm)

    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
        derandomize=True,
        database=None,
    )
    @given(st.data())
    def check(data):
        actor, query = data.draw(st.sampled_from(actors)), data.draw(questions(firm))
        assert counts.total(actor, query) == counts.Total(len(expected(actor, query))), (actor.role, query)

    check()


COUNTERS_KNOW = {
    "open tickets of my teams": ("agent", {"view": View.OPEN}),
    "what nobody has and is late": ("agent", {"view": View.UNASSIGNED, "sla": ClockState.BREACHED}),
    "one status": ("agent_of_two", {"view": View.OPEN, "status": [Status.PENDING]}),
    "mine, of whatever team": ("agent", {"view": View.MINE}),
    "all that was ever mine": ("agent", {"assignee": "me"}),
    "the whole house but what is closed to me": ("admin", {"view": View.OPEN}),
}
TICKETS_KNOW = {
    "somebody's in my teams": ("agent", {"view": View.OPEN, "assignee": "an agent"}),
    "mine that are late": ("agent", {"view": View.MINE, "sla": ClockState.BREACHED}),
    "what concerns me in other teams too": ("agent", {"view": View.ALL_ACTIVE}),
    "a priority": ("admin", {"priority": ["high"]}),
}


@pytest.mark.parametrize("name", [*COUNTERS_KNOW, *TICKETS_KNOW])
def test_tickets_are_counted_only_where_no_counter_knows(firm, statements, name):
    who, asked = (COUNTERS_KNOW | TICKETS_KNOW)[name]
    people = firm.people
    asked = {key: people["agent_of_two"].id if value == "an agent" else value for key, value in asked.items()}
    actor, query = firm.world.actor(people[who]), QueueQuery(**asked)

    counts.total(actor, query)  # settings are at hand afterwards
    with statements() as seen:
        found = counts.total(actor, query)
    assert found.n == len(expected(actor, query))
    assert any("FROM ticket" in statement for statement in seen) == (name in TICKETS_KNOW)


def test_what_no_counter_knows_is_counted_up_to_a_limit(world, monkeypatch):
    lead, customer = world.leader(), world.customer()
    world.agent()
    for n in range(6):
        world.ticket(customer, impact="high" if n < 4 else "low")
    actor = world.actor(lead)

    assert counts.total(actor, QueueQuery(view=View.OPEN)) == counts.Total(6)
    assert counts.total(actor, QueueQuery(priority=["high"])) == counts.Total(4)
    assert counts.total(actor, QueueQuery(view=View.OPEN, assignee="none", sla="met")) == counts.Total(0)
    assert counts.total(world.actor(customer), QueueQuery()) == counts.Total(6)
    monkeypatch.setattr(counts, "EXACT_UP_TO", 3)
    assert counts.total(actor, QueueQuery(priority=["high"])) == counts.Total(3, is_lower_bound=True)
    assert counts.total(actor, QueueQuery(view=View.UNASSIGNED, assignee="me")) == counts.Total(0)


def test_own_teams_with_more_than_anybody_counts_are_not_looked_through(world, monkeypatch, statements):
    """The first page of all tickets is the commonest question, and the counters know enough of it."""
    agent, customer = world.agent(), world.customer()
    for _ in range(3):
        world.ticket(customer)
    actor = world.actor(agent)
    assert counts.total(actor, QueueQuery()) == counts.Total(3)
    monkeypatch.setattr(counts, "EXACT_UP_TO", 2)
    with statements() as seen:
        assert counts.total(actor, QueueQuery()) == counts.Total(2, is_lower_bound=True)
    assert not any("FROM ticket" in statement for statement in seen)
