"""A19, A20, A21: what people write runs nothing, fetches nothing and leads nowhere dangerous on the agents' page."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.models import Comment, Ticket
from tests.browser.conftest import CHROMIUM, chromium, live, visit
from tests.security.hostile import LEADING, RUNNING, SPYING

__all__ = ["chromium", "live", "visit"]
pytestmark = pytest.mark.sqlite_only
in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium"),
]
AT_ONCE = 25


def batches(corpus):
    return [corpus[n : n + AT_ONCE] for n in range(0, len(corpus), AT_ONCE)]


def as_written(story, corpus) -> list[Ticket]:
    """The corpus in the mouth of a customer, some entries a ticket; the first of each is its description."""
    tickets = []
    for first, *rest in batches(corpus):
        ticket = story.ticket(story.mia, title=first.replace("\n", " ")[:200], description=first)
        for text in rest:
            story.say(story.mia, ticket, text)
        tickets.append(ticket)
    return tickets


def as_if_rendered(story, corpus) -> list[Ticket]:
    """The corpus where rendered text stands, as if the renderer had been fooled."""
    tickets = as_written(story, ["x"] * len(corpus))
    texts = iter(corpus)
    for ticket in tickets:
        ids = db.session.scalars(sa.select(Comment.id).where(Comment.ticket_id == ticket.id)).all()
        run_unit(lambda ticket=ticket: _set(Ticket.description_html, Ticket.id == ticket.id, next(texts)))
        for comment_id in ids:
            run_unit(lambda i=comment_id: _set(Comment.body_html, Comment.id == i, next(texts)))
    return tickets


def _set(column: Any, which: Any, value: str) -> None:
    db.session.execute(sa.update(column.class_).where(which).values({column: value}))


@pytest.fixture
def story(world):
    world.anna, world.mia = world.agent(first_name="Anna"), world.customer(first_name="Mia")
    return world


LEADS_TO = "Array.from(document.querySelectorAll('.msg-body a[href]'), link => link.protocol)"


def read_all(page, tickets):
    """Open every ticket, touch it, and see whether anything ran or could."""
    for ticket in tickets:
        page.goto(f"/tickets/{ticket.number}")
        page.wait_for_load_state("networkidle")
        assert set(page.evaluate(LEADS_TO)) <= {"http:", "https:", "mailto:", "tel:"}
        page.mouse.move(400, 400)
        assert page.evaluate("window.__xss") is None
        assert page.locator(".ticket-head h1").inner_text() == ticket.title


class TestInTheBrowser:
    pytestmark = in_browser

    def test_a19_nothing_that_was_written_runs(self, story, visit):
        assert len(RUNNING) >= 60
        page = visit(story.anna)
        read_all(page, as_written(story, RUNNING))

    def test_a19_the_cleaner_holds_when_the_renderer_was_fooled(self, story, visit):
        page = visit(story.anna)
        read_all(page, as_if_rendered(story, RUNNING))

    def test_a19_the_policy_holds_when_the_cleaner_lets_everything_by(self, story, visit, monkeypatch):
        monkeypatch.setitem(story.app.jinja_env.filters, "clean", lambda html: html)
        tickets = as_if_rendered(story, [text for text in RUNNING if not text.startswith(("[", "!", "`"))])
        page = visit(story.anna)
        for ticket in tickets:
            page.goto(f"/tickets/{ticket.number}")
            page.wait_for_load_state("networkidle")
            assert page.evaluate("window.__xss") is None
        assert "a dialog opened" not in page.complaints
        assert any("Content Security Policy" in line for line in page.complaints)
        page.complaints.clear()

    @pytest.mark.parametrize("way", [as_written, as_if_rendered])
    def test_a20_reading_fetches_nothing_from_elsewhere(self, story, visit, way):
        page = visit(story.anna)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        read_all(page, way(story, SPYING))
        assert {url for url in requests if "track.example" in url} == set()
        assert page.evaluate("document.elementFromPoint(700, 450).closest('main') !== null")


def test_a21_links_lead_only_where_links_may_lead(story):
    [ticket] = as_written(story, LEADING)
    page = story.browser(story.anna).get(f"/tickets/{ticket.number}").get_data(as_text=True)
    body = "".join(re.findall(r'<div class="msg-body">(.*?)</div>', page, re.S))
    links = re.findall(r"<a ([^>]*)>", body)
    targets = {re.search(r'href="([^"]*)"', link)[1] for link in links if "href" in link}
    assert targets - {"%5Chost%5Cshare"} == {  # a path of our own site, where there is nothing
        "https://gut.example/seite",
        "mailto:hilfe@gut.example",
        "tel:+492215550142",
        "https://gut.example/auto",
    }
    assert all('rel="noopener noreferrer nofollow"' in link for link in links)


@pytest.mark.parametrize("text", RUNNING)
def test_a19_no_tag_and_no_handler_survives_in_the_page(story, text):
    ticket = story.ticket(story.mia, title=text.replace("\n", " ")[:200], description=text)
    story.say(story.mia, ticket, text)
    page = story.browser(story.anna).get(f"/tickets/{ticket.number}").get_data(as_text=True)
    for body in re.findall(r'<div class="msg-body">(.*?)</div>', page, re.S):
        for tag in re.findall(r"<[^>]*>", body):
            assert not re.search(r"\son\w+\s*=|script|iframe|srcdoc|javascript:|hx-", tag, re.I), tag
