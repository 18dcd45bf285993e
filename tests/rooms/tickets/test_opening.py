"""Opening a ticket: priority, team, clocks, somebody to work it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.accounts.models import Membership
from app.core import clock
from app.core.db import db
from app.core.errors import Forbidden, Invalid
from app.core.uow import run_unit
from app.events.models import Backlog, Event
from app.sla.words import ClockState
from app.tickets.actions.opening import open_ticket
from app.tickets.models import Category, ClockChange, Tally, Ticket
from app.tickets.schemas import NewTicket
from app.tickets.tallying import loads
from app.tickets.words import Channel, Priority, Status


def ask(world, person, **values):
    given = {"title": "Drucker druckt nicht", "description": "Nur leere Seiten."} | values
    command = NewTicket(**given)
    return run_unit(lambda: open_ticket(command, actor=world.actor(person), channel=Channel.WEB))


def test_a_request_goes_to_the_default_team_with_the_standard_promise(world):
    ticket = ask(world, world.customer())

    assert ticket.team_id == world.team.id
    assert ticket.priority is Priority.MEDIUM
    assert ticket.response_due_at - ticket.created_at == timedelta(hours=8)
    assert ticket.resolution_due_at - ticket.created_at == timedelta(hours=72)
    assert ticket.due_at == ticket.response_due_at
    assert ticket.check_at - ticket.created_at == timedelta(hours=6)
    assert ticket.sla_state is ClockState.OK
    assert db.session.query(ClockChange).filter_by(ticket_id=ticket.id).count() == 1


def test_the_number_has_six_digits(world):
    ticket = ask(world, world.customer())
    assert ticket.number == f"TICKET-{ticket.id:06d}"


def test_opening_is_one_event_in_the_log_and_the_backlog(world):
    ticket = ask(world, world.customer())
    event = db.session.scalars(sa.select(Event).where(Event.ticket_id == ticket.id)).first()
    assert event.kind == "ticket.opened"
    assert db.session.get(Backlog, event.id) is not None
    assert "leere" not in str(event.payload)


def test_what_the_customer_says_about_being_held_up_sets_the_priority(world):
    ticket = ask(world, world.customer(), impact="critical")
    assert ticket.priority is Priority.CRITICAL
    assert ticket.priority_reason["rules"][0] == {
        "rule": "impact",
        "value": "critical",
        "priority": "critical",
    }


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Produktionsstillstand in Halle 3", Priority.CRITICAL),
        ("Dringend: Konto gesperrt", Priority.HIGH),
        ("Frage zur Reisekostenabrechnung", Priority.LOW),
        ("Bildschirm flackert", Priority.MEDIUM),
    ],
)
def test_words_in_the_title_set_the_priority(world, title, expected):
    assert ask(world, world.customer(), title=title).priority is expected


def test_a_vip_is_never_less_than_high(world):
    ticket = ask(world, world.customer(is_vip=True))
    assert ticket.priority is Priority.HIGH
    assert {"rule": "vip", "value": "", "priority": "high"} in ticket.priority_reason["rules"]


def test_the_category_leads_to_team_and_priority(world):
    network = world.make_team("Netzwerk", auto_assign=False)
    category = Category(
        name_de="VPN", name_en="VPN", team_id=network.id, priority=Priority.HIGH, created_at=clock.now()
    )
    run_unit(lambda: db.session.add(category))

    ticket = ask(world, world.customer(), category_id=category.id)

    assert ticket.team_id == network.id
    assert ticket.priority is Priority.HIGH


def test_customers_cannot_set_what_is_for_staff(world):
    with pytest.raises(Forbidden):
        ask(world, world.customer(), tags=["vip"])


def test_an_unknown_category_is_refused_at_its_field(world):
    with pytest.raises(Invalid) as refused:
        ask(world, world.customer(), category_id=987654)
    assert "category_id" in refused.value.problems


def test_the_idlest_agent_gets_it_and_it_is_in_progress(world):
    busy, idle = world.agent(), world.agent()
    customer = world.customer()
    first = ask(world, customer)
    second = ask(world, customer)
    assert {first.assignee_id, second.assignee_id} == {busy.id, idle.id}
    assert first.status is Status.IN_PROGRESS


def test_critical_tickets_need_level_three(world):
    world.agent(support_level=2)
    expert = world.agent(support_level=3)
    ticket = ask(world, world.customer(), impact="critical")
    assert ticket.assignee_id == expert.id


def test_with_nobody_fitting_it_stays_open_and_the_leader_hears(world):
    world.agent(support_level=1)
    ticket = ask(world, world.customer(), impact="critical")
    assert ticket.assignee_id is None
    assert ticket.status is Status.OPEN
    kinds = db.session.scalars(sa.select(Event.kind).where(Event.ticket_id == ticket.id)).all()
    assert "ticket.nobody_free" in kinds


def test_absent_agents_are_skipped(world):
    today = clock.now().date()
    world.agent(absent_from=today - timedelta(days=1), absent_until=today + timedelta(days=1))
    there = world.agent()
    assert ask(world, world.customer()).assignee_id == there.id


def test_nobody_is_given_their_own_request(world):
    agent = world.agent()
    assert ask(world, agent).assignee_id is None


def test_ties_go_to_whoever_waited_longest(world):
    first, second = world.agent(), world.agent()
    run_unit(
        lambda: db.session.execute(
            sa.update(Membership)
            .where(Membership.person_id == first.id)
            .values(last_given_at=clock.now() - timedelta(hours=1))
        )
    )
    assert ask(world, world.customer()).assignee_id == second.id


def test_a_team_may_switch_automatic_assignment_off(world):
    world.agent()
    run_unit(lambda: db.session.merge(world.team).__setattr__("auto_assign", False))
    ticket = ask(world, world.customer())
    assert ticket.assignee_id is None
    assert db.session.get(Ticket, ticket.id).status is Status.OPEN


def test_counters_follow_a_ticket_that_is_assigned_while_it_is_opened(world):
    agent = world.agent()
    for _ in range(3):
        ask(world, world.customer())
    assert loads([agent.id]) == {agent.id: 3}
    places = db.session.execute(sa.select(Tally.is_free, sa.func.sum(Tally.n)).group_by(Tally.is_free))
    assert {is_free: int(n) for is_free, n in places if n} == {False: 3}


def test_three_idle_agents_share_the_work(world):
    agents = {world.agent().id for _ in range(3)}
    given = [ask(world, world.customer()).assignee_id for _ in range(6)]
    assert set(given) == agents
    assert sorted(given.count(agent) for agent in agents) == [2, 2, 2]
