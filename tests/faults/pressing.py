"""A ticket that several people have open, and a way to let them all press at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Person, Team
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.tickets.models import Ticket
from tests.faults import invariants
from tests.support.world import Browser, World

AGENTS = 5


@dataclass(frozen=True)
class Press:
    """A form somebody is about to send."""

    browser: Browser
    path: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came back for a press."""

    status: int
    place: str
    page: str


def at_once(presses: Sequence[Press]) -> list[Answer]:
    """Send all forms at the same moment, each from a thread of its own; answers in the order of the presses."""
    db.session.rollback()
    start = threading.Barrier(len(presses))

    def send(press: Press) -> Answer:
        data = {"csrf_token": press.browser.token} | press.data
        start.wait(30)
        answer = press.browser.client.post(press.path, data=data)
        return Answer(answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True))

    with ThreadPoolExecutor(len(presses)) as pool:
        answers = list(pool.map(send, presses))
    db.session.rollback()
    db.session.expire_all()
    assert not [answer for answer in answers if answer.status >= 500]
    return answers


def statuses(answers: Sequence[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def team_at_work(world: World) -> Any:
    """A team whose agents have a ticket of Mia's open; nobody works on it yet."""
    story: Any = world
    story.mia, story.lea = world.customer(first_name="Mia"), world.leader(first_name="Lea")
    by_hand = sa.update(Team).where(Team.id == world.team.id).values(auto_assign=False)
    run_unit(lambda: db.session.execute(by_hand))
    story.agents = [world.agent(first_name=f"Agent{n}", last_name="Weber") for n in range(AGENTS)]
    story.shown = world.ticket(story.mia)
    story.base = f"/tickets/{story.shown.number}"
    return story


def opened(story: Any, person: Person, page: str = "") -> Browser:
    """A browser in which somebody has a page open."""
    browser: Browser = story.browser(person)
    assert browser.get(page or story.base).status_code == 200
    return browser


def desks(story: Any) -> list[Browser]:
    return [opened(story, agent) for agent in story.agents]


def now(story: Any) -> Ticket:
    db.session.rollback()
    return db.session.get_one(Ticket, story.shown.id, populate_existing=True)


def facts(story: Any, kind: str) -> list[dict[str, Any]]:
    """What the log says of the ticket, in order."""
    query = sa.select(Event).where(Event.ticket_id == story.shown.id, Event.kind == kind)
    return [event.payload for event in db.session.scalars(query.order_by(Event.id))]


def assert_chain(story: Any, kind: str, last: Any, old: str = "old", new: str = "new") -> None:
    """Each line of the log begins where the one before it ended, and the last says what is."""
    lines = facts(story, kind)
    assert all(after[old] == before[new] for before, after in zip(lines, lines[1:], strict=False)), lines
    assert not lines or lines[-1][new] == last


def hold(story: Any) -> None:
    story.relay()
    invariants.hold(clock.now())


def opened_by_mail(story: Any, path: str) -> Browser:
    browser: Browser = story.browser()
    assert browser.get(path).status_code == 200
    return browser
