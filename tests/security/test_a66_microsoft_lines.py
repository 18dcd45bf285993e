"""A66: whatever Entra or Graph answer, nobody but the hosts of the registration is spoken to."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest
import trustme

from app.integrations.entra import Entra
from app.integrations.graph import Graph
from app.integrations.microsoft import Registration
from app.integrations.outcome import RetryLater, Undeliverable
from tests.support.http_sink import Answer, HttpSink

pytestmark = pytest.mark.sqlite_only
TENANT = "5a1e2c3d-0000-4000-8000-00000000f17a"


@pytest.fixture
def bystander() -> Iterator[HttpSink]:
    """A server of our own network that nobody named."""
    with HttpSink() as sink:
        yield sink


@pytest.fixture
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HttpSink, Registration]]:
    """A Microsoft that was taken over, at the place the registration names."""
    authority = trustme.CA()
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with HttpSink(context) as sink:
        url = sink.url("", host="localhost")
        yield (
            sink,
            Registration(
                client_id="5a1e2c3d-0000-4000-8000-0000000c11e7",
                tenant_id=TENANT,
                client_secret="unguessed",
                authority=url,
                graph_url=f"{url}/v1.0",
                ca_file=str(ca_file),
            ),
        )


def told(body: object) -> Answer:
    return Answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


def configuration(sink: HttpSink, **places: str) -> Answer:
    own = sink.url("", host="localhost")
    said = {
        "issuer": f"{own}/{TENANT}/v2.0",
        "authorization_endpoint": f"{own}/authorize",
        "token_endpoint": f"{own}/{TENANT}/token",
        "jwks_uri": f"{own}/keys",
    }
    return told(said | places)


@pytest.mark.parametrize("place", ["/tokens", "/latest/meta-data/"])
def test_a_token_endpoint_inside_is_not_given_our_secret(hostile, bystander, place) -> None:
    sink, registration = hostile
    sink.always = configuration(sink, token_endpoint=bystander.url(f"/{TENANT}{place}"))
    with pytest.raises((RetryLater, Undeliverable)):
        Entra(registration).app_token()
    assert bystander.requests == []


def test_keys_are_not_fetched_from_inside(hostile, bystander) -> None:
    sink, registration = hostile
    sink.always = configuration(sink, jwks_uri=bystander.url("/keys"))
    with pytest.raises((RetryLater, Undeliverable)):
        Entra(registration).look()
    assert bystander.requests == []


@pytest.mark.parametrize("link", ["http", "https", "userinfo", "port"])
def test_a_list_does_not_lead_elsewhere_and_our_token_stays_here(hostile, bystander, link) -> None:
    sink, registration = hostile
    elsewhere = {
        "http": bystander.url("/v1.0/users"),
        "https": bystander.url("/v1.0/users").replace("http:", "https:"),
        "userinfo": sink.url("/v1.0/users", host="localhost").replace("https://", "https://evil@"),
        "port": f"https://localhost:{bystander.port}/v1.0/users",
    }[link]
    sink.script(told({"value": [], "@odata.nextLink": elsewhere}))
    graph = Graph(registration.graph_url, registration.guard, lambda _fresh: "token")
    with pytest.raises((RetryLater, Undeliverable)):
        list(graph.pages("/users"))
    assert bystander.requests == []
    assert len(sink.requests) == 1


def test_an_answer_that_sends_us_on_is_not_followed(hostile, bystander) -> None:
    sink, registration = hostile
    sink.script(Answer(302, b"", {"Location": bystander.url("/v1.0/me")}))
    graph = Graph(registration.graph_url, registration.guard, lambda _fresh: "token")
    with pytest.raises((RetryLater, Undeliverable)):
        graph.get("/me")
    assert bystander.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "2130706433", "0x7f000001"])
def test_graph_is_not_a_way_to_machines_nobody_named(hostile, host) -> None:
    _sink, registration = hostile
    moved = replace(registration, graph_url="https://graph.microsoft.com/v1.0")
    graph = Graph(f"https://{host}/v1.0", moved.guard, lambda _fresh: "token")
    with pytest.raises((RetryLater, Undeliverable)):
        graph.get("/me")
