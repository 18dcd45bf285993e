"""What colleagues are told: assignees, watchers, members and leaders of a team."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine

from app.accounts.models import Person
from app.notifications.words import Topic, Way
from app.tickets.actions import assigning, company, escalating, rating, triage
from app.tickets.actions.clock import check_due
from app.tickets.schemas import Escalation, Score
from app.tickets.words import Priority, Status
from tests.support.audience import act, move, put, told
from tests.support.world import World


def test_the_one_who_gets_a_ticket_hears_of_it(world: World, customer: Person, agent: Person) -> None:
    world.ticket(customer)
    for way in (Way.BELL, Way.EMAIL):
        assert told("ticket.assigned", way) == {agent.id: Topic.ASSIGNED}


def test_whoever_takes_a_ticket_is_not_told_so(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    ticket = world.ticket(customer)
    act(assigning.assign, world.actor(leader), ticket.id, leader.id)
    assert told("ticket.assigned", Way.EMAIL) == {}
    assert told("ticket.assigned", Way.BELL) == {agent.id: Topic.CHANGES}


def test_a_critical_ticket_rings_for_the_leader(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    world.ticket(customer, title="Serverausfall")
    assert told("ticket.opened", Way.EMAIL) == {customer.id: Topic.RECEIVED, leader.id: Topic.CRITICAL}
    assert told("ticket.opened", Way.BELL) == {leader.id: Topic.CRITICAL}


def test_a_ticket_nobody_is_looked_for_reaches_the_whole_team(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    put(world.team, auto_assign=False)
    world.ticket(customer)
    everybody = {agent.id: Topic.NEW_TICKET, leader.id: Topic.NEW_TICKET}
    assert told("ticket.opened", Way.BELL) == everybody
    assert told("ticket.opened", Way.EMAIL) == everybody | {customer.id: Topic.RECEIVED}


def test_somebody_took_it_before_the_mail_was_written(world: World, customer: Person, agent: Person) -> None:
    put(world.team, auto_assign=False)
    ticket = world.ticket(customer)
    act(assigning.take, world.actor(agent), ticket.id)
    assert told("ticket.opened", Way.EMAIL) == {customer.id: Topic.RECEIVED}


def test_where_nobody_fits_the_leader_hears_of_it(world: World, customer: Person, leader: Person) -> None:
    put(leader, absent_from=date(2026, 11, 1))
    world.ticket(customer)
    assert told("ticket.nobody_free", Way.EMAIL) == {leader.id: Topic.NOBODY_FREE}


def test_a_team_without_leader_is_answered_for_by_administrators(world: World, customer: Person) -> None:
    admin = world.admin(teams=[])
    world.ticket(customer)
    assert told("ticket.nobody_free", Way.EMAIL) == {admin.id: Topic.NOBODY_FREE}


def test_a_confidential_team_without_leader_keeps_to_itself(world: World, customer: Person) -> None:
    team = world.make_team("Personal", is_confidential=True)
    member = world.agent(teams=[team], support_level=1)
    world.admin(teams=[])
    ticket = world.ticket(customer, title="Serverausfall")
    put(ticket, team_id=team.id)
    assert told("ticket.nobody_free", Way.EMAIL) == {member.id: Topic.NOBODY_FREE}
    assert told("ticket.opened", Way.BELL) == {member.id: Topic.CRITICAL}


def test_watchers_hear_of_it_too(world: World, customer: Person, agent: Person) -> None:
    watcher = world.agent(support_level=1)
    ticket = world.ticket(customer, title="Serverausfall")
    act(company.watch, world.actor(watcher), ticket.id)
    world.say(customer, ticket)
    assert told("ticket.reply_added", Way.BELL) == dict.fromkeys((agent.id, watcher.id), Topic.CUSTOMER_REPLY)
    world.say(agent, ticket)
    assert told("ticket.reply_added", Way.BELL) == {watcher.id: Topic.TEAM_REPLY}
    act(triage.change_priority, world.actor(agent), ticket.id, Priority.LOW)
    assert told("ticket.priority_changed", Way.BELL) == {watcher.id: Topic.CHANGES}
    assert told("ticket.priority_changed", Way.EMAIL) == {}


def test_an_answer_nobody_waits_for_reaches_the_team(world: World, customer: Person, agent: Person) -> None:
    ticket = world.ticket(customer)
    act(assigning.release, world.actor(agent), ticket.id)
    world.say(customer, ticket)
    assert told("ticket.reply_added", Way.BELL) == {agent.id: Topic.CUSTOMER_REPLY}


def test_notes_ring_inside_and_are_never_mailed(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    ticket = world.ticket(customer)
    world.say(leader, ticket, is_internal=True)
    assert told("ticket.note_added", Way.BELL) == {agent.id: Topic.NOTE}
    assert told("ticket.note_added", Way.EMAIL) == {}


def test_opening_again_is_told_to_whoever_works_it(world: World, customer: Person, agent: Person) -> None:
    ticket = world.ticket(customer)
    move(world, agent, ticket, Status.RESOLVED)
    act(triage.reopen, world.actor(customer), ticket.id)
    assert told("ticket.status_changed", Way.EMAIL) == {agent.id: Topic.REOPENED}


def test_an_escalation_reaches_the_new_hand_and_the_leader(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    novice = world.agent(support_level=1)
    ticket = world.ticket(customer)
    act(assigning.assign, world.actor(leader), ticket.id, novice.id)
    act(escalating.escalate, world.actor(novice), ticket.id, Escalation(level=3, reason="Netz"))
    assert told("ticket.escalated", Way.EMAIL) == dict.fromkeys((agent.id, leader.id), Topic.ESCALATED)
    assert told("ticket.assigned", Way.EMAIL) == {agent.id: Topic.ASSIGNED}


@pytest.mark.parametrize(("hours", "kind"), [(7, "ticket.deadline_warned"), (9, "ticket.deadline_breached")])
def test_a_deadline_reaches_the_assignee_and_the_leader(
    world: World,
    customer: Person,
    agent: Person,
    leader: Person,
    time: time_machine.Traveller,
    hours: int,
    kind: str,
) -> None:
    world.ticket(customer)
    time.shift(timedelta(hours=hours))
    check_due()
    for way in (Way.BELL, Way.EMAIL):
        assert told(kind, way) == dict.fromkeys((agent.id, leader.id), Topic.DEADLINE)


def test_a_rating_rings_for_whoever_helped(world: World, customer: Person, agent: Person) -> None:
    ticket = world.ticket(customer)
    move(world, agent, ticket, Status.RESOLVED)
    act(rating.rate, world.actor(customer), ticket.id, Score(score=5))
    assert told("ticket.rated", Way.BELL) == {agent.id: Topic.RATED}


def test_a_team_that_takes_a_ticket_over_hears_of_it(world: World, customer: Person, agent: Person) -> None:
    other = world.make_team("Netz", auto_assign=False)
    member = world.agent(teams=[other])
    ticket = world.ticket(customer)
    act(triage.change_team, world.actor(agent), ticket.id, other.id)
    assert told("ticket.team_changed", Way.BELL) == {member.id: Topic.NEW_TICKET}
