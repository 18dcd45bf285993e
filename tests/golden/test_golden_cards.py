"""Every card for Teams in German and English, word for word; and nothing in it that is not public (A69)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine

from app.core import environment
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.notifications.house_cards import make_morning, make_trial
from app.notifications.scene import Scene, readers
from app.notifications.ticket_cards import make_card, make_list, voice_of
from app.tickets.actions import assigning, clock, escalating
from app.tickets.daily import morning_of
from app.tickets.schemas import Escalation
from tests.golden.mail_scenes import START, Firm
from tests.support import golden
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
CANARY = "KANARIENVOGEL"


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as made:
        yield made


def critical(firm: Firm) -> str:
    firm.ticket(
        title="Serverausfall <at>everyone</at> [Klick](http://boese.example)", description=CANARY * 5000
    )
    return "ticket.opened"


def assigned(firm: Firm) -> str:
    ticket = firm.ticket()
    run_unit(partial(assigning.assign, firm.world.actor(firm.leader), ticket.id, firm.leader.id))
    return "ticket.assigned"


def escalated(firm: Firm) -> str:
    ticket = firm.ticket()
    firm.world.say(firm.agent, ticket, CANARY, is_internal=True)
    command = Escalation(level=3, reason=f"Intern: {CANARY}")
    run_unit(partial(escalating.escalate, firm.world.actor(firm.agent), ticket.id, command))
    return "ticket.escalated"


def nobody_free(firm: Firm) -> str:
    firm.put(firm.agent, is_active=False)
    firm.put(firm.leader, absent_from=START.date())
    firm.ticket()
    return "ticket.nobody_free"


def deadline(hours: int, kind: str) -> Callable[[Firm], str]:
    def scene(firm: Firm) -> str:
        firm.ticket()
        firm.traveller.move_to(START + timedelta(hours=hours))
        clock.check_due()
        return kind

    return scene


SCENES: dict[str, Callable[[Firm], str]] = {
    "critical": critical,
    "assigned": assigned,
    "escalated": escalated,
    "nobody_free": nobody_free,
    "deadline_warned": deadline(7, "ticket.deadline_warned"),
    "deadline_breached": deadline(9, "ticket.deadline_breached"),
}


def written(language: str, make: Callable[[], dict[str, object]]) -> str:
    """A card of a house that speaks a language."""
    house = environment.environment()
    environment.use(dataclasses.replace(house, default_locale=language))
    try:
        return json.dumps(make(), ensure_ascii=False, indent=2) + "\n"
    finally:
        environment.use(house)


def events(kind: str = "") -> list[Event]:
    query = sa.select(Event).order_by(Event.id)
    return list(db.session.scalars(query.where(Event.kind == kind) if kind else query))


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", SCENES)
def test_a_card_says_what_it_always_said(
    traveller: time_machine.Traveller, world: World, language: str, name: str
) -> None:
    firm = Firm(world, "de", traveller)
    kind = SCENES[name](firm)
    event = events(kind)[-1]
    scene = Scene([event])
    ticket = scene.ticket(event)
    assert ticket is not None
    card = written(language, lambda: make_card(event, scene, ticket))
    assert CANARY not in card
    golden.compare(f"card/{name}.{language}.json", card)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", ["assigned", "answered", "confidential"])
def test_a_card_of_ones_own_says_what_it_always_said(
    traveller: time_machine.Traveller, world: World, language: str, name: str
) -> None:
    firm = Firm(world, "de", traveller)
    ticket = firm.ticket(title="Abmahnung")
    world.say(firm.customer, ticket, CANARY)
    if name == "confidential":
        firm.put(world.team, is_confidential=True)
    event = events("ticket.reply_added" if name == "answered" else "ticket.assigned")[-1]
    reader = dataclasses.replace(readers([firm.agent.id])[firm.agent.id], language=language)
    scene = Scene([event])
    facts = scene.ticket(event)
    assert facts is not None
    card = written("de", lambda: make_card(event, scene, facts, voice_of(reader)))
    assert CANARY not in card and ("Abmahnung" in card) == (name != "confidential")
    golden.compare(f"card/own_{name}.{language}.json", card)


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_list_says_what_it_always_said(
    traveller: time_machine.Traveller, world: World, language: str
) -> None:
    firm = Firm(world, "de", traveller)
    firm.ticket(title="Serverausfall <at>everyone</at> [Klick](http://boese.example)", description=CANARY)
    for _ in range(11):
        firm.ticket()
    told = events("ticket.opened")[:1] + events("ticket.assigned")
    card = written(language, lambda: make_list(told, Scene(told)))
    assert CANARY not in card
    golden.compare(f"card/list.{language}.json", card)


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_morning_says_what_it_always_said(
    traveller: time_machine.Traveller, world: World, language: str
) -> None:
    firm = Firm(world, "de", traveller)
    oldest = firm.ticket()
    traveller.shift(timedelta(hours=20))
    clock.check_due()
    team = Scene(events("ticket.opened")).team(events("ticket.opened")[0])
    assert team is not None and oldest.team_id == team.id
    card = written(language, lambda: make_morning(team, morning_of(team.id)))
    golden.compare(f"card/morning.{language}.json", card)


def test_nothing_in_a_card_is_sent_that_a_trial_does_not_need(world: World) -> None:
    assert "TICKET" not in json.dumps(make_trial("de"))
