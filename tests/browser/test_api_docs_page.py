"""The page that describes the calls in a browser: both themes, a phone, tried with a key, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.accounts.models import Person
from tests.browser.conftest import CHROMIUM
from tests.support.api_keys import OF_TICKETS, key_for
from tests.support.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
Visit = Callable[..., Any]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
LIGHTEST = [[255, 255, 255], [0, 0, 0]]


@pytest.fixture
def agent(world: World) -> Person:
    return world.agent()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_light_and_dark_as_the_reader_wants_it(
    visit: Visit, agent: Person, theme: str, width: int
) -> None:
    page = visit(agent, theme=theme, width=width)
    page.goto("/api/docs")
    page.locator(".opblock-tag").first.wait_for()
    assert page.evaluate("document.documentElement.classList.contains('dark-mode')") is (theme == "dark")
    ground = page.evaluate(GROUND)
    assert max(ground) < 80 if theme == "dark" else ground in LIGHTEST
    assert page.evaluate(WIDER) <= 0


def test_the_theme_that_was_chosen_in_the_pages_counts_more(visit: Visit, agent: Person) -> None:
    page = visit(agent, theme="light")
    page.add_init_script("localStorage.setItem('hd-theme', 'dark')")
    page.goto("/api/docs")
    page.locator("html.dark-mode").wait_for()


def test_a_call_is_tried_out_with_a_key(visit: Visit, world: World, agent: Person, live: str) -> None:
    number = world.ticket(world.customer()).number
    text = key_for(agent, *OF_TICKETS)[1]
    page = visit(agent)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs")
    page.locator("#operations-tag-Tickets").click()
    page.get_by_role("button", name="Authorize").first.click()
    box = page.locator(".auth-container", has_text="X-API-Key")
    box.locator("input").fill(text)
    box.get_by_role("button", name=re.compile("Authorize|Apply")).click()
    page.locator(".btn-done").first.click()
    call = page.locator(".opblock-get", has=page.locator("[data-path='/api/v1/tickets']"))
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    call.locator(".live-responses-table", has_text=number).wait_for()
    assert [url for url in asked if not url.startswith((live, "data:"))] == []
