"""The agents' door: a small team, a ticket with a conversation, browsers for those who work it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from app.core.db import db
from app.tickets.models import Ticket
from tests.support.world import World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # a Friday, ten o'clock in Berlin


@pytest.fixture
def story(world: World) -> Iterator[World]:
    """Lea leads the team of Anna and Jonas; Mia asked for something, and Anna works on it."""
    with time_machine.travel(NOW, tick=False) as travel:
        world.clock = travel
        world.anna = world.agent(first_name="Anna", last_name="Berger")
        world.mia = world.customer(first_name="Mia", last_name="Scholz", email="mia@firma.example")
        world.ticket_id = world.ticket(world.mia).id
        world.jonas = world.agent(first_name="Jonas", last_name="Weber", support_level=3)
        world.lea = world.leader(first_name="Lea", last_name="Hoffmann")
        world.desk = world.browser(world.anna)
        world.lead = world.browser(world.lea)
        world.base = f"/tickets/TICKET-{world.ticket_id:06d}"
        yield world


def present(story: World) -> Ticket:
    """The ticket as the tables have it now."""
    db.session.rollback()
    return db.session.get_one(Ticket, story.ticket_id, populate_existing=True)
