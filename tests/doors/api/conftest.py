"""Programs speak with a firm that may have Microsoft 365, in the process or over a socket of loopback."""

from __future__ import annotations

import pytest

from app.accounts.models import Person
from tests.support.listening import address
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.programs import Program
from tests.support.tenant import tenant
from tests.support.world import World

__all__ = ["address", "microsoft", "microsoft_of_this_run", "tenant"]


@pytest.fixture
def mia(world: World) -> Person:
    """Who asks for help."""
    return world.customer(email="mia@firma.example")


@pytest.fixture
def lea(world: World) -> Person:
    """Who helps."""
    return world.agent(first_name="Lea", last_name="Vogt")


@pytest.fixture
def customer(world: World, mia: Person) -> Program:
    """A program of Mia's."""
    return Program(world.app, mia)


@pytest.fixture
def agent(world: World, lea: Person) -> Program:
    """A program of Lea's."""
    return Program(world.app, lea)
