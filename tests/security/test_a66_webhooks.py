"""A32, A66: a webhook leads to no place inside, and carries nothing that its receiver must not know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from app.accounts.actors import SHELL
from app.webhooks.trials import try_out
from tests.security.sweep.canaries import Canaries
from tests.security.sweep.stage import ADMIN, AGENT, CUSTOMER, LEADER
from tests.support.hooks import bodies, hook, moved, receiver
from tests.support.http_sink import Answer, HttpSink
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REFUSALS = {"address_not_allowed", "scheme_not_allowed", "port_not_allowed", "bad_url", "name_not_found"}


@pytest.fixture
def sink(house: Any) -> Iterator[HttpSink]:
    with receiver() as made:
        yield made


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://127.1/",
        "https://0/",
        "https://169.254.169.254/latest/meta-data",
        "http://a@127.0.0.1/",
        "gopher://127.0.0.1/",
        "https://127.0.0.1/\r\nX-Evil: 1",
    ],
)
def test_a66_addresses_inside_are_never_called(world: World, sink: HttpSink, url: str) -> None:
    webhook, _secret = hook(sink)
    moved(webhook, url)
    said = try_out(SHELL, webhook.id)
    assert said.trouble is not None and said.trouble.reason in REFUSALS
    assert (said.status, said.excerpt, sink.connections) == (None, "", 0)


def test_a66_nobody_is_followed_anywhere(world: World, sink: HttpSink) -> None:
    with receiver() as inside:
        sink.always = Answer(307, headers={"Location": inside.url("/")})
        webhook, _secret = hook(sink)
        assert try_out(SHELL, webhook.id).status == 307
        assert inside.connections == 0


def test_a32_no_canary_leaves_the_house_in_a_webhook(world: World, sink: HttpSink) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        hook(sink)
        stage = Canaries(world)
        own = [stage.team_ticket(), *(stage.own_request(role) for role in (CUSTOMER, AGENT, LEADER, ADMIN))]
        foreign = stage.foreign_ticket()
        stage.foreign_entry()
        traveller.shift(300)
        world.relay()
    told = b"\n".join(one.body for one in sink.requests).decode()
    told += "\n".join(f"{name}: {value}" for one in sink.requests for name, value in one.headers.items())
    tickets = {one["ticket"]["id"] for one in bodies(sink.requests)}
    assert {ticket.id for ticket in own} <= tickets and foreign.id not in tickets
    assert [what for what, bird in stage.birds.items() if bird in told] == []
