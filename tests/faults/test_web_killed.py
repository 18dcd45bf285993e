"""The web server dies after the commit and before the answer: whoever sends the form again gets that answer (F07)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.once import RequestKey
from app.tickets.models import Attachment, Comment, Ticket
from tests.faults import invariants
from tests.support.accounts import PASSWORD, give_password
from tests.support.relaying import wipe
from tests.support.running import Visitor, Web
from tests.support.world import World

REPEATS = 20
ONCE = re.compile(r'name="_once" value="([^"]+)"')
ASK = {"title": "Drucker", "description": "Nur leere Seiten.", "impact": "low"}


@pytest.fixture
def folder(house: Flask, tmp_path: Path) -> Iterator[Path]:
    """A data folder of this run; what its processes wrote is gone afterwards."""
    yield tmp_path
    wipe()


def count(model: Any) -> int:
    db.session.rollback()
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0)


def once_of(page: requests.Response) -> str:
    found = ONCE.search(page.text)
    assert found is not None
    return found[1]


def killed_then_repeated(
    database_url: str,
    folder: Path,
    email: str,
    send: Callable[[Visitor], Callable[[Visitor], requests.Response]],
) -> list[requests.Response]:
    """Send a form to a server that dies after its commit, and then again and again to the next one.

    Args:
        send: looks at the page of the form and returns what sends it, each time with the same key.
    """
    with Web(database_url, folder, RATE_LIMITS="off", HD_FAULT="web.committed:kill9") as dying:
        visitor = dying.visitor()
        visitor.sign_in(email, PASSWORD)
        form = send(visitor)
        with pytest.raises(requests.ConnectionError):
            form(visitor)
    assert count(RequestKey) == 1, "it died after the commit"
    with Web(database_url, folder, RATE_LIMITS="off") as web:
        visitor.web = web  # the same browser, with its cookies and the page that is still open
        answers = [form(visitor) for _ in range(REPEATS)]
    db.session.rollback()
    return answers


def assert_one_answer(answers: list[requests.Response], place: str) -> None:
    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["Location"] for answer in answers} == {place}


def test_f07_a_request_sent_again_after_the_server_died_is_one_request(
    world: World, database_url: str, folder: Path
) -> None:
    world.agent()
    mia = give_password(world.customer(email="mia@firma.example"))
    db.session.rollback()

    def new_request(visitor: Visitor) -> Callable[[Visitor], requests.Response]:
        once = once_of(visitor.get("/portal/new"))
        return lambda again: again.post("/portal/new", **ASK, _once=once)

    answers = killed_then_repeated(database_url, folder, mia.email, new_request)
    made = db.session.scalars(sa.select(Ticket)).one()
    assert_one_answer(answers, f"/portal/tickets/{made.number}")
    world.relay()
    invariants.hold(clock.now())


@pytest.mark.sqlite_only
def test_f07_a_reply_with_a_file_is_one_reply_with_one_file(
    world: World, database_url: str, folder: Path
) -> None:
    anna = give_password(world.agent(email="anna@firma.example"))
    ticket = world.ticket(world.customer())
    base = f"/tickets/{ticket.number}"
    db.session.rollback()

    def reply(visitor: Visitor) -> Callable[[Visitor], requests.Response]:
        once = once_of(visitor.get(base))
        fields = {"csrf_token": visitor.token, "body": "Neu gestartet.", "then": "resolved", "_once": once}

        def send(again: Visitor) -> requests.Response:
            return again.session.post(
                again.web.url(f"{base}/reply"),
                data=fields,
                files={"files": ("protokoll.txt", b"Zeile eins", "text/plain")},
                timeout=15,
                allow_redirects=False,
            )

        return send

    answers = killed_then_repeated(database_url, folder, anna.email, reply)
    entry = db.session.scalars(sa.select(Comment)).one()
    assert_one_answer(answers, f"{base}?sent={entry.id}#e{entry.id}")
    bound = db.session.scalars(sa.select(Attachment).where(Attachment.ticket_id.is_not(None))).all()
    assert [one.comment_id for one in bound] == [entry.id]
    world.relay()
    invariants.hold(clock.now())
