"""What the scripts of the pages promise, seen in a browser: nothing typed is lost, nothing is sent twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.support.little_site import World, site

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.sqlite_only,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def base(world: World) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, site(world), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, base: str, world: World) -> Iterator[Any]:
    world.begin_anew()
    context = browser.new_context(base_url=base, locale="de-DE", color_scheme="dark")
    opened = context.new_page()
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda line: said.append(line.text) if "Content Security" in line.text else None)
    yield opened
    context.close()
    assert said == []


def stored(page: Any) -> list[str]:
    keys: list[str] = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('hd-draft:'))")
    return keys


def test_a_draft_reaches_the_server_and_then_leaves_the_browser(page: Any, world: World) -> None:
    page.clock.install()
    page.goto("/ticket")
    page.locator("#f-reply").fill("Guten Tag")
    assert len(stored(page)) == 1
    page.clock.run_for(2100)
    page.wait_for_function(
        "document.querySelector('[data-draft-state]').textContent.startsWith('Entwurf gespeichert')"
    )
    assert world.drafts == ["reply: Guten Tag"]
    assert stored(page) == []


def test_a_draft_the_server_never_got_comes_back_after_a_reload(page: Any, world: World) -> None:
    world.answer = "down"
    page.goto("/ticket")
    page.keyboard.press("n")
    page.keyboard.type("Nur intern")
    page.reload()
    assert page.locator("#f-note").input_value() == "Nur intern"
    assert page.locator("#f-reply").input_value() == ""


def test_reply_and_note_never_share_a_text(page: Any) -> None:
    page.goto("/ticket")
    page.keyboard.press("r")
    page.keyboard.type("an alle")
    page.locator("#tab-reply").press("ArrowRight")
    assert page.locator("#panel-note").is_visible()
    assert not page.locator("#panel-reply").is_visible()
    assert page.locator("#f-note").input_value() == ""
    assert page.locator("#tab-note").get_attribute("aria-selected") == "true"


def test_ctrl_enter_sends_once_and_keeps_nothing(page: Any, world: World) -> None:
    page.goto("/ticket")
    page.locator("#f-reply").fill("Fertig")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/form")
    assert world.sent == ["Fertig"]
    assert stored(page) == []


def test_a_refused_reply_shows_why_and_keeps_the_text(page: Any, world: World) -> None:
    world.answer = "bad"
    page.goto("/ticket")
    page.locator("#f-reply").fill("ja")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Zu kurz.").wait_for()
    assert page.locator("#f-reply").input_value() == "ja"
    assert page.locator("#composer").count() == 1
    assert len(stored(page)) == 1


def test_a_forbidden_deed_is_told_with_a_reference_and_replaces_nothing(page: Any, world: World) -> None:
    world.answer = "403"
    page.goto("/ticket")
    page.locator("#f-reply").fill("hallo")
    page.keyboard.press("Control+Enter")
    toast = page.locator(".toast-hd[role=alert]")
    toast.wait_for()
    assert "Referenz ref-123" in toast.inner_text()
    assert page.locator("#f-reply").input_value() == "hallo"
    assert page.locator("[data-busy], [aria-busy]").count() == 0


def test_a_session_that_ended_asks_to_sign_in_and_goes_on(page: Any, world: World) -> None:
    world.answer = "401"
    page.goto("/ticket")
    page.locator("#f-reply").fill("lange geschrieben")
    page.keyboard.press("Control+Enter")
    page.locator("#session-dialog.show").wait_for()
    page.locator("[data-session-again]").click()
    page.get_by_text("Sie sind wieder angemeldet.").wait_for()
    assert page.locator("#f-reply").input_value() == "lange geschrieben"


def test_two_clicks_send_a_form_once(page: Any, world: World) -> None:
    page.goto("/form")
    with page.expect_response("**/count"):
        page.locator("#little [type=submit]").dblclick(no_wait_after=True)
        world.gate.set()
    assert world.sent == ["form"]


def test_errors_take_the_focus_and_the_title_says_so(page: Any) -> None:
    page.goto("/form?bad=1")
    assert page.evaluate("document.activeElement.classList.contains('error-summary')")
    assert page.title().startswith("Fehler: ")


def test_files_are_listed_with_what_is_too_much_and_can_be_taken_out(page: Any) -> None:
    page.goto("/form")
    files = [{"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"x" * 600} for n in "ab"]
    page.set_input_files("#f-files", files)
    rows = page.locator("#f-files-list li")
    assert rows.count() == 2
    assert "zu viel" in page.locator("#f-files-list li.is-bad").inner_text()
    page.get_by_role("button", name="b.txt entfernen").click()
    assert page.evaluate("document.getElementById('f-files').files.length") == 1


def test_new_tickets_are_announced_and_known_rows_renewed_in_place(page: Any, world: World) -> None:
    page.clock.install()
    page.goto("/queue")
    page.keyboard.press("j")
    world.rows = [(3, "drei"), (1, "eins neu"), (2, "zwei")]
    page.clock.run_for(15500)
    page.get_by_role("button", name="1 neues Ticket anzeigen").wait_for()
    assert page.locator("tbody tr").count() == 2
    assert page.evaluate("document.activeElement.textContent") == "eins neu"
    page.get_by_role("button", name="1 neues Ticket anzeigen").click()
    assert page.locator("tbody a").all_inner_texts() == ["drei", "eins neu", "zwei"]
    assert page.locator("[data-queue-state]").inner_text().startswith("Stand ")


def test_single_keys_rest_while_somebody_writes_and_when_switched_off(page: Any) -> None:
    page.goto("/ticket")
    page.locator("#f-reply").fill("")
    page.keyboard.type("n")
    assert page.locator("#composer").get_attribute("data-mode") == "reply"
    page.evaluate("document.activeElement.blur(); localStorage.setItem('hd-keys', 'off')")
    page.keyboard.press("n")
    assert page.locator("#composer").get_attribute("data-mode") == "reply"


def test_clocks_go_on_counting(page: Any) -> None:
    page.clock.install(time="2030-01-01T11:30:00Z")
    page.goto("/ticket")
    page.clock.run_for(31_000)
    assert page.locator("#due").inner_text() == "noch 29 Min."
    page.clock.run_for(95 * 60_000)
    assert page.locator("#due").inner_text() == "1 Std. 5 Min. über"


def test_the_theme_follows_the_system_until_somebody_chooses(page: Any) -> None:
    theme = "document.documentElement.dataset.bsTheme"
    page.goto("/form")
    assert page.evaluate(theme) == "dark"
    page.get_by_role("button", name="Helles Design einschalten").click()
    page.reload()
    assert page.evaluate(theme) == "light"


def test_a_page_loads_nothing_from_elsewhere(page: Any, base: str) -> None:
    asked: list[str] = []
    page.on("request", lambda wanted: asked.append(wanted.url))
    page.goto("/ticket", wait_until="networkidle")
    assert asked
    assert [url for url in asked if not url.startswith((base, "data:"))] == []
