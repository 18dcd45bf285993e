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
from app.notifications.scene import Scene
from app.notifications.ticket_cards import make_card
from app.tickets.actions import assigning, clock, escalating
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


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", SCENES)
def test_a_card_says_what_it_always_said(
    traveller: time_machine.Traveller, world: World, language: str, name: str
) -> None:
    firm = Firm(world, "de", traveller)
    kind = SCENES[name](firm)
    house = environment.environment()
    environment.use(dataclasses.replace(house, default_locale=language))
    try:
        event = db.session.scalars(
            sa.select(Event).where(Event.kind == kind).order_by(Event.id.desc())
        ).first()
        assert event is not None
        scene = Scene([event])
        ticket = scene.ticket(event)
        assert ticket is not None
        card = json.dumps(make_card(event, scene, ticket), ensure_ascii=False, indent=2)
    finally:
        environment.use(house)
    assert CANARY not in card
    golden.compare(f"card/{name}.{language}.json", card + "\n")
