"""Deputies, cards, and what it costs to find out who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa

from app.accounts.models import Membership, Person
from app.core.db import db
from app.core.uow import run_unit
from app.events import relay
from app.events.models import Delivery, Event
from app.notifications.audience import cards, recipients
from app.notifications.models import Notice
from app.notifications.rendering import FOLDER
from app.notifications.scene import Scene
from app.notifications.table import ALONE, TABLE, Who
from app.notifications.words import CHOICES, Topic, Way
from app.tickets.actions import assigning
from tests.support.audience import act, event, put, told
from tests.support.statements import counted
from tests.support.world import World


def test_a_deputy_gets_the_mail_and_both_hear_the_bell(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    deputy = world.agent(support_level=1)
    put(agent, absent_from=date(2026, 11, 16), absent_until=date(2026, 11, 20), deputy_id=deputy.id)
    ticket = world.ticket(customer)
    act(assigning.assign, world.actor(leader), ticket.id, agent.id)
    assert told("ticket.assigned", Way.EMAIL) == {deputy.id: Topic.ASSIGNED}
    assert set(told("ticket.assigned", Way.BELL)) >= {agent.id, deputy.id}
    last = event("ticket.assigned")
    (mail,) = recipients(Scene([last]), Way.EMAIL)[last.id]
    assert mail.stands_in_for == agent.full_name


@pytest.mark.parametrize(
    "why", ["away too", "gone", "no longer staff", "asks", "outside a confidential team"]
)
def test_a_deputy_who_cannot_stand_in_gets_nothing(
    world: World, customer: Person, agent: Person, leader: Person, why: str
) -> None:
    deputy = world.agent(support_level=1, teams=[])
    put(agent, absent_from=date(2026, 11, 16), deputy_id=deputy.id)
    ticket = world.ticket(customer)
    changes: dict[str, Callable[[], None]] = {
        "away too": lambda: put(deputy, absent_from=date(2026, 11, 20)),
        "gone": lambda: put(deputy, is_active=False),
        "no longer staff": lambda: put(deputy, role="customer"),
        "asks": lambda: put(ticket, requester_id=deputy.id),
        "outside a confidential team": lambda: put(world.team, is_confidential=True),
    }
    changes[why]()
    act(assigning.assign, world.actor(leader), ticket.id, agent.id)
    assert told("ticket.assigned", Way.EMAIL) == {agent.id: Topic.ASSIGNED}


def test_cards_go_out_for_what_the_team_must_know(
    world: World, customer: Person, agent: Person, leader: Person
) -> None:
    def with_card() -> list[str]:
        db.session.rollback()
        events = list(db.session.scalars(sa.select(Event).order_by(Event.id)))
        found = cards(Scene(events))
        return [one.kind for one in events if one.id in found]

    world.ticket(customer)
    assert with_card() == ["ticket.assigned"]
    critical = world.ticket(customer, title="Serverausfall")
    assert with_card() == ["ticket.assigned", "ticket.opened"]
    act(assigning.assign, world.actor(leader), critical.id, leader.id)
    act(assigning.release, world.actor(leader), critical.id)
    assert with_card() == ["ticket.assigned", "ticket.opened", "ticket.assigned"]


def test_every_topic_of_the_table_can_be_found_on_the_preferences_page_or_is_owed() -> None:
    owed = {Topic.REPLY, Topic.ACCOUNT, Topic.DAILY}
    assert {rule.topic for rules in TABLE.values() for rule in rules} == {
        choice.topic for choice in CHOICES
    } | owed


def test_a_batch_is_resolved_with_few_statements(world: World, customer: Person, agent: Person) -> None:
    world.leader()
    for _ in range(12):
        ticket = world.ticket(customer)
        world.say(agent, ticket)
        world.say(customer, ticket)
    db.session.rollback()
    events = list(db.session.scalars(sa.select(Event).where(Event.ticket_id.is_not(None))))
    for way in (Way.BELL, Way.EMAIL):
        with counted() as statements:
            recipients(Scene(events), way)
        assert len(statements) <= 10


def test_the_bell_of_a_batch_costs_few_statements(world: World, customer: Person, agent: Person) -> None:
    for _ in range(12):
        world.say(customer, world.ticket(customer))
    relay.spread()
    run_unit(lambda: db.session.execute(sa.delete(Delivery).where(Delivery.consumer != "bell")))
    with counted() as statements:
        relay.deliver_due()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 24
    assert len(statements) <= 18


def test_seats_of_people_who_left_are_empty(world: World, customer: Person, leader: Person) -> None:
    gone = world.leader(is_active=False)
    assert db.session.get(Membership, (world.team.id, gone.id)) is not None
    world.ticket(customer, title="Serverausfall")
    assert told("ticket.opened", Way.BELL) == {leader.id: Topic.CRITICAL}


def test_every_mail_to_staff_has_a_template_of_its_topic() -> None:
    topics = {
        rule.topic
        for rules in TABLE.values()
        for rule in rules
        if Way.EMAIL in rule.ways and not {Who.REQUESTER, Who.PARTICIPANTS, *ALONE} & set(rule.who)
    }
    assert {topic for topic in topics if not (FOLDER / "mail" / f"{topic}.jinja").exists()} == set()
