"""Mailboxes at the simulated Microsoft."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.graph_office import SALES, GraphOffice, registered
from tests.support.letters import SUPPORT
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.world import World
from tools.simulated_microsoft import Microsoft

__all__ = ["microsoft", "microsoft_of_this_run"]


@pytest.fixture
def firm(world: World, microsoft: Microsoft) -> Iterator[World]:
    """A house whose application is registered for two mailboxes."""
    with registered(microsoft, SUPPORT, SALES):
        yield world


@pytest.fixture
def office(firm: World, microsoft: Microsoft) -> GraphOffice:
    return GraphOffice(firm, microsoft)
