"""A57: nothing is written without the token of our own pages, and nothing by a GET."""

from __future__ import annotations

import pytest

from tests.security.sweep.asking import send
from tests.security.sweep.rights import doer
from tests.security.sweep.routes import DEEDS, PAGES, Line
from tests.security.sweep.samples import filled
from tests.security.sweep.stage import ROLES, Stage
from tests.security.sweep.state import changed, snapshot
from tests.security.sweep.things import ways
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
# Machines that call us have no page of ours to take a token from; see test_a67_hooks.py.
HOOKS = frozenset({"hooks.told_of_mail"})
FROM_PAGES = [line for line in DEEDS if line.endpoint not in HOOKS]


@pytest.mark.parametrize("line", FROM_PAGES, ids=str)
def test_a57_a_deed_without_our_token_changes_nothing(world: World, line: Line) -> None:
    stage = Stage(world)
    role = doer(line)
    path, data = line.path(ways(stage, line, role)[0].things), filled(line.takes)
    browser, stranger = stage.browser(role), world.browser()
    stranger.get("/auth/login")
    before = snapshot()
    foreign = {"Origin": "https://evil.example", "Referer": "https://evil.example/page"}
    for options in (
        {"data": data},
        {"data": data | {"csrf_token": "made-up"}},
        {"data": data | {"csrf_token": stranger.token}},
        {"data": data, "headers": foreign},
        {"data": "{}", "content_type": "text/plain"},
        {"json": data},
    ):
        assert send(browser, "POST", path, **options).status_code == 400, f"{line}: {sorted(options)}"
    assert changed(before) == []


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 400),
        ("https://localhost.evil.example", 400),
        ("https://localhost@evil.example", 400),
        ("null", 400),
        ("", 400),
        ("http://[", 400),
        ("http://localhost", 303),
        ("https://LOCALHOST:8443", 303),
    ],
)
def test_a57_a_good_token_from_the_page_of_another_host_changes_nothing(
    world: World, origin: str, status: int
) -> None:
    browser = world.browser()
    browser.get("/auth/login")
    answer = browser.post("/auth/language", {"language": "en"}, headers={"Origin": origin})
    assert answer.status_code == status
    assert ("Set-Cookie" in answer.headers and "hd-language" in answer.headers["Set-Cookie"]) == (
        status == 303
    )


@pytest.mark.parametrize("line", PAGES, ids=str)
def test_a57_reading_changes_nothing(world: World, line: Line) -> None:
    stage = Stage(world)
    for role in ROLES:
        path, browser = line.path(ways(stage, line, role)[0].things), stage.browser(role)
        before = snapshot()
        for method in ("GET", "HEAD"):
            assert send(browser, method, path).status_code < 500
        assert changed(before) == [], f"{line} as {role}"
