"""What the tests of the administration share."""

from __future__ import annotations

import pytest

from tests.support.world import Browser, World


@pytest.fixture
def browser(world: World) -> Browser:
    """An administrator's browser that has seen a page."""
    made = world.browser(world.admin())
    made.get("/admin/teams")
    return made
