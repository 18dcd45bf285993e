"""The whole application behind a real socket, and Chromium in front of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app.accounts.models import Person
from tests.support.world import World

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
]
Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of a module."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def live(house: Flask) -> Iterator[str]:
    """The address the application answers at while a test runs."""
    server = make_server("127.0.0.1", 0, house, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def visit(world: World, live: str, chromium: Any) -> Iterator[Visit]:
    """Open pages as a person; what a page complains about afterwards fails the test.

    ``visit(person, width=…, height=…, theme=…, **options)`` returns a page of Playwright with ``complaints``.
    """
    opened: list[Any] = []

    def open_page(
        person: Person, *, width: int = 1440, height: int = 900, theme: str = "light", **more: Any
    ) -> Any:
        context = chromium.new_context(
            base_url=live,
            viewport={"width": width, "height": height},
            color_scheme=theme,
            locale="de-DE",
            reduced_motion="reduce",
            **more,
        )
        cookie = world.browser(person).client.get_cookie("helpdesk")
        assert cookie is not None
        context.add_cookies([{"name": "helpdesk", "value": cookie.value, "url": live}])
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda line: _note(page.complaints, line))
        page.on("dialog", lambda dialog: (page.complaints.append("a dialog opened"), dialog.dismiss()))
        opened.append((context, page))
        return page

    yield open_page
    for context, page in opened:
        context.close()
        assert page.complaints == []


def _note(complaints: list[str], line: Any) -> None:
    if line.type == "error" and "Failed to load resource" not in line.text:
        complaints.append(line.text)
