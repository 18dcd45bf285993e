"""The stage of the simulations' own tests: a simulated Microsoft, and callers that know its certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msal
import pytest
import requests

from tests.support.microsoft import microsoft, microsoft_of_this_run, trusting
from tools.simulated_microsoft import Microsoft

__all__ = ["microsoft", "microsoft_of_this_run"]


@pytest.fixture
def web(microsoft_of_this_run: Microsoft) -> Iterator[requests.Session]:
    """A session of requests that trusts the simulation."""
    with trusting(microsoft_of_this_run) as session:
        yield session


@pytest.fixture
def application(microsoft: Microsoft, web: requests.Session) -> Callable[..., Any]:
    """Makes the real client of Microsoft's library; the secret unless something else is given."""

    def make(credential: Any = None, authority: str = "") -> Any:
        return msal.ConfidentialClientApplication(
            microsoft.client_id,
            client_credential=credential or microsoft.client_secret,
            authority=authority or microsoft.authority,
            http_client=web,
            instance_discovery=False,
        )

    return make


@pytest.fixture
def graph(microsoft: Microsoft, web: requests.Session) -> Callable[..., requests.Response]:
    """Calls Graph as the application, or as somebody."""

    def call(method: str, path: str, person: Any = None, **more: Any) -> requests.Response:
        url = path if path.startswith("https:") else f"{microsoft.graph_url}{path}"
        token = microsoft.issue_access_token(person, "graph")
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        return web.request(method, url, headers=headers, timeout=10, **more)

    return call
