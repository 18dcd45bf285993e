"""A firm that uses Microsoft 365: the house set up with the simulated Microsoft, and browsers that come by it.

Import the fixtures in a conftest: ``from tests.support.tenant import tenant`` beside those of ``support/microsoft``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.integrations import entra
from app.settings import fixed
from app.settings import microsoft as at_microsoft
from app.settings import queries as settings
from app.settings.microsoft import Surroundings
from app.settings.schemas import Microsoft as Rules
from tests.support.world import World
from tools.simulated_microsoft import Microsoft
from tools.simulated_microsoft.people import Person

__all__ = ["Tenant", "tenant"]


class Tenant:
    """The house and its Microsoft."""

    def __init__(self, world: World, ms: Microsoft) -> None:
        self.world = world
        self.ms = ms

    def set_up(self, **values: Any) -> None:
        """Let the environment say how Microsoft is set up; ``values`` are settings of its group."""
        own = {"tenant_id": self.ms.tenant_id, "client_id": self.ms.client_id}
        fixed.use({Rules.name: own | {"client_secret": self.ms.client_secret} | values})
        settings.forget()
        entra.forget()

    def go(self, browser: FlaskClient, path: str = "/auth/microsoft") -> str:
        """Begin; returns the address at Microsoft the browser is sent to."""
        answer = browser.get(path)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def come_back(self, browser: FlaskClient, address: str) -> TestResponse:
        """Follow Microsoft's way back to our callback."""
        parts = urlsplit(address)
        return browser.get(f"{parts.path}?{parts.query}")

    def sign_in(
        self, person: Person, browser: FlaskClient | None = None, path: str = "/auth/microsoft"
    ) -> TestResponse:
        """The whole way; returns our answer to the callback."""
        browser = browser or self.world.browser()
        self.ms.visitor.forget()
        return self.come_back(browser, self.ms.visitor.choose(self.go(browser, path), person))


@pytest.fixture
def tenant(world: World, microsoft: Microsoft) -> Iterator[Tenant]:
    """The house as a firm with Microsoft 365 has it."""
    made = Tenant(world, microsoft)
    at_microsoft.use(
        Surroundings(authority=microsoft.base_url, graph_url=microsoft.graph_url, ca_file=microsoft.ca_file)
    )
    made.set_up()
    yield made
    at_microsoft.use(Surroundings())
    fixed.use({})
    settings.forget()
    entra.forget()
