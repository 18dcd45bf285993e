"""A19, A20, A21, A31: a mail shown as it came runs nothing, fetches nothing, and leaves its frame by links only."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.mailroom.markup import showing
from app.mailroom.parsing import child, inside
from app.tickets.models import Attachment
from app.tickets.words import number_of
from app.web.tickets import reading
from tests.browser.conftest import CHROMIUM, chromium, live, visit
from tests.security.hostile import RUNNING, SPYING
from tests.support import outlook
from tests.support.html_letters import PNG, html_letter
from tests.support.http_sink import Answer, HttpSink
from tests.support.letters import bring, kept, letter

__all__ = ["chromium", "live", "visit"]
pytestmark = pytest.mark.sqlite_only
AT_ONCE = 12
LINKS = (
    '<a href="javascript:window.top.__xss=1">a</a><a href="data:text/html,x">b</a>'
    '<a href="ms-word:ofe|u|http://evil.example/x.docx">c</a><a href="file://host/share">d</a>'
    '<a href="\\\\host\\share">e</a><a href="/tickets/1" target="_top">f</a><a href="https://gut.example/seite">g</a>'
    '<a href="mailto:hilfe@gut.example">h</a><a href="tel:+492215550142">i</a>'
)


@pytest.fixture
def story(world):
    world.anna = world.agent(first_name="Anna")
    return world


def as_mails(story, corpus) -> list[int]:
    """The corpus in HTML mails, some pieces each; the ids of the raw mails."""
    pieces = [corpus[n : n + AT_ONCE] for n in range(0, len(corpus), AT_ONCE)]
    for number, piece in enumerate(pieces):
        page = "".join(f"<div>{text}</div>" for text in piece)
        bring(story.app, html_letter(page, headers={"Message-ID": f"<a{number}@kunde.example>"}))
    ids = [raw.id for raw in kept()]
    assert len(ids) == len(pieces)
    return ids


def open_mail(page: Any, raw_id: int, query: str = "") -> Any:
    """The frame of a mail, opened on its page."""
    page.goto(f"/tickets/mail/{raw_id}{query}")
    page.wait_for_load_state("networkidle")
    frame = page.frames[1]
    assert frame.url.endswith(f"/tickets/mail/{raw_id}/original{query}")
    return frame


def frame_of(story, raw_id: int, query: str = "") -> str:
    answer = story.browser(story.anna).get(f"/tickets/mail/{raw_id}/original{query}")
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_a19_no_tag_and_no_handler_survives(story):
    for raw_id in as_mails(story, RUNNING):
        body = frame_of(story, raw_id).partition("<body>")[2]
        for tag in re.findall(r"<[^>]*>", body):
            assert not re.search(r"\son\w+\s*=|script|iframe|srcdoc|javascript:|hx-", tag, re.I), tag


def test_a21_links_lead_only_where_links_may_lead(story):
    (raw_id,) = as_mails(story, [LINKS])
    body = frame_of(story, raw_id).partition("<body>")[2]
    links = re.findall(r"<a ([^>]*)>", body)
    assert len(links) == 9
    assert {re.search(r'href="([^"]*)"', link)[1] for link in links if "href" in link} == {
        "https://gut.example/seite",
        "mailto:hilfe@gut.example",
        "tel:+492215550142",
    }
    for link in links:
        assert 'rel="noopener noreferrer"' in link
        assert 'target="_blank"' in link


@pytest.mark.parametrize("query", ["", "?pictures=1"])
def test_a31_the_house_fetches_nothing_and_opens_no_file(story, query):
    with HttpSink() as sink:
        source = (
            f'<img src="{sink.url("/a")}"><link rel=stylesheet href="{sink.url("/b")}"><img src="file:///etc/passwd">'
            f'<p style="background:url({sink.url("/c")})">x</p><style>@import "{sink.url("/d")}"</style>'
        )
        (raw_id,) = as_mails(story, [source])
        page = frame_of(story, raw_id, query)
        assert story.browser(story.anna).get(f"/tickets/mail/{raw_id}{query}").status_code == 200
        assert sink.requests == []
    assert "root:" not in page
    assert page.count(sink.url("/a")) == (1 if query else 0)


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
class TestInTheBrowser:
    def test_a19_nothing_runs_in_the_frame(self, story, visit):
        page = visit(story.anna)
        for raw_id in as_mails(story, RUNNING):
            frame = open_mail(page, raw_id)
            page.mouse.move(400, 400)
            assert frame.evaluate("window.__xss") is None
            assert page.evaluate("window.__xss") is None

    @pytest.mark.parametrize("query", ["", "?pictures=1"])
    def test_a19_the_frame_holds_when_the_cleaner_lets_everything_by(self, story, visit, monkeypatch, query):
        monkeypatch.setattr(showing, "clean", lambda source, *_given, **_more: showing.Cleaned(source))
        monkeypatch.setattr(child, "look_into_isolated", _here)
        page = visit(story.anna)
        for raw_id in as_mails(story, RUNNING):
            frame = open_mail(page, raw_id, query)
            page.mouse.move(400, 400)
            assert page.evaluate("window.__xss") is None
            assert page.url.endswith(f"/tickets/mail/{raw_id}{query}")
            assert all(
                inner.url.startswith(("about:", "data:", "chrome-error:")) for inner in frame.child_frames
            )
        assert "a dialog opened" not in page.complaints
        assert any("Content Security Policy" in line or "sandboxed" in line for line in page.complaints)
        page.complaints.clear()

    def test_a19_it_runs_nothing_when_it_is_opened_by_itself(self, story, visit, monkeypatch):
        monkeypatch.setattr(showing, "clean", lambda source, *_given, **_more: showing.Cleaned(source))
        monkeypatch.setattr(child, "look_into_isolated", _here)
        page = visit(story.anna)
        (raw_id,) = as_mails(story, RUNNING[:5])
        page.goto(f"/tickets/mail/{raw_id}/original")
        assert page.evaluate("window.__xss") is None
        assert "a dialog opened" not in page.complaints
        page.complaints.clear()

    def test_a20_reading_fetches_nothing_from_elsewhere(self, story, visit):
        page = visit(story.anna)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        for raw_id in as_mails(story, SPYING):
            open_mail(page, raw_id)
        assert {url for url in requests if "track.example" in url} == set()
        assert page.evaluate("document.elementFromPoint(700, 100).closest('main') !== null")

    def test_a20_only_a_click_brings_pictures_and_says_nothing_of_us(self, story, visit):
        with HttpSink() as sink:
            sink.always = Answer(200, PNG, {"Content-Type": "image/png"})
            html = f'<p>Bild</p><img id="own" src="cid:logo@x"><img id="far" src="{sink.url("/p.png")}">'
            bring(story.app, html_letter(html, pictures={"logo@x": PNG}))
            picture = db.session.scalars(sa.select(Attachment.id).where(Attachment.is_picture)).one()
            page = visit(story.anna)
            frame = open_mail(page, kept()[0].id)
            shown = frame.evaluate(
                "Array.from(document.images, one => [one.getAttribute('src'), one.naturalWidth])"
            )
            assert shown == [[f"/tickets/files/{picture}", 1], [None, 0]]
            assert sink.requests == []
            page.get_by_role("link", name="Bilder laden").click()
            page.wait_for_load_state("networkidle")
            assert page.frames[1].evaluate("Array.from(document.images, one => one.naturalWidth)") == [1, 1]
            (asked,) = sink.requests
            assert asked.headers["Referer"] is None
            assert asked.headers["Cookie"] is None

    def test_a21_a_link_opens_a_window_that_knows_nothing_of_us(self, story, visit):
        with HttpSink() as sink:
            sink.always = Answer(200, b"<p>da</p>", {"Content-Type": "text/html"})
            (raw_id,) = as_mails(story, [f'<a href="{sink.url("/seite")}">Seite</a>'])
            page = visit(story.anna)
            frame = open_mail(page, raw_id)
            with page.context.expect_page() as opened:
                frame.get_by_role("link", name="Seite").click()
            opened.value.wait_for_load_state()
            assert opened.value.evaluate("[window.opener, document.referrer]") == [None, ""]
            assert page.url.endswith(f"/tickets/mail/{raw_id}")

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [1440, 390])
    def test_nobody_is_shut_out(self, story, visit, theme, width):
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        source = '<p>Guten Tag</p><img src="https://track.example/p.gif" alt="fern">'
        (raw_id,) = as_mails(story, [source])
        bring(story.app, letter(files=[("Angebot.msg", outlook.sample())]))
        attached = db.session.scalars(sa.select(Attachment)).one()
        page = visit(story.anna, width=width, theme=theme)
        ticket = f"/tickets/{number_of(attached.ticket_id or 0)}"
        for path in (f"/tickets/mail/{raw_id}", ticket, f"/tickets/files/{attached.id}/inside"):
            page.goto(path)
            page.wait_for_load_state("networkidle")
            found = axe.run(page).response["violations"]
            assert [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]] == []
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            )


def _here(data: bytes, *, pictures: Any = None, remote: bool = False, **_limits: Any) -> Any:
    """The look without the process of its own, where the test has changed the cleaner."""
    return inside.look(data, reading.Container.MAIL, pictures, remote=remote)
