"""A68: what a receiver answers is foreign text: kept short, shown as text, never with the secret of its address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.http_sink import Answer, HttpSink
from tests.support.post import servers
from tests.support.toys import deliveries
from tests.support.world import World

SECRET = "hunter2hunter2"
SCRIPT = "<script>window.__xss = 1</script>"


@pytest.fixture
def teams() -> Iterator[HttpSink]:
    with HttpSink() as sink, servers(teams=sink, webhook=sink.url(f"/house?sig={SECRET}")):
        yield sink


@pytest.mark.parametrize("status", [400, 500])
def test_five_megabytes_of_markup_leave_a_short_line_of_text(
    world: World, teams: HttpSink, status: int
) -> None:
    words = (SCRIPT + f" sig={SECRET} ").encode()
    teams.always = Answer(
        status, words + b"x" * 5_000_000, {"Set-Cookie": "sid=stolen; Path=/", "Content-Type": "text/html"}
    )
    world.ticket(world.customer(), title="Serverausfall")
    world.relay()
    kept = repr(deliveries("teams")[0].__dict__)
    assert len(kept) < 4_000
    assert SECRET not in kept
    assert "stolen" not in kept
    page = world.browser(world.admin()).get("/admin/deliveries?state=waiting&consumer=teams")
    pages = page.text + world.browser(world.admin()).get("/admin/deliveries").text
    assert SCRIPT not in pages
    assert SECRET not in pages
    assert "sid=stolen" not in str(page.headers)
