"""People of the tests of this room, on a day that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from app.accounts.models import Person
from tests.support.world import World

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def time() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def customer(world: World) -> Person:
    return world.customer(first_name="Mia")


@pytest.fixture
def agent(world: World) -> Person:
    return world.agent(first_name="Jonas", support_level=3)


@pytest.fixture
def leader(world: World) -> Person:
    return world.leader(first_name="Lea")
