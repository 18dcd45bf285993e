"""The client that is documented goes its whole way against a running server, also over a line that is cut."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.models import Device, SignIn
from app.core.clock import now
from app.core.db import db
from app.tickets.models import Attachment, Comment, Rating, Ticket
from tests.support import receivers
from tests.support.accounts import PASSWORD, facts, give_password
from tests.support.programs import Program, refused

pytestmark = pytest.mark.sqlite_only
STORY = "mobile_story.mjs"
Answering = Callable[[dict[str, Any], Any], Any]


def cutting(application: Answering, path: str) -> Answering:
    """The application, but for the answer to the first change of an address: it is worked off and never told."""
    left = [path]

    def answer(environ: dict[str, Any], start: Any) -> Any:
        told = application(environ, start)
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] in left:
            left.remove(environ["PATH_INFO"])
            list(told)
            told.close()
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        return told

    return answer


def told(address: str, email: str) -> dict[str, Any]:
    """What the client prints at its end."""
    environment = {"PATH": os.environ["PATH"], "HELPDESK_PASSWORD": PASSWORD}
    command = [*receivers.command(STORY)[:-1], address, email]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def told_since(program: Program, after: int) -> list[str]:
    """The kinds of everything the feed has, piece by piece."""
    kinds: list[str] = []
    while True:
        piece = program.get(f"/api/v1/events?after={after}&limit=100").json
        kinds += [one["kind"] for one in piece["results"]]
        after = piece["next_after"]
        if not piece["more"]:
            return kinds


def count(model: type[Any]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_phone_opens_follows_answers_rates_and_leaves(world, address):
    mia = give_password(world.customer())
    world.agent()
    found = told(address, mia.email)
    assert found | {"number": ""} == {
        "number": "",
        "same": True,
        "files": 1,
        "status": "resolved",
        "score": 5,
        "count": 1,
        "renewed": True,
        "kinds": [],
        "device": 1,
        "after": [401] * 4,
    }
    assert [count(model) for model in (Ticket, Attachment, Comment, Rating)] == [1, 1, 2, 1]
    assert [count(model) for model in (SignIn, Device)] == [0, 0]
    assert [fact["count"] for fact in facts("sign_in.all_ended")] == [2]
    world.relay()
    program = Program(world.app, mia)
    with time_machine.travel(now().timestamp() + 60, tick=False):
        kinds = told_since(program, 0)
    assert {"ticket.opened", "ticket.reply_added", "ticket.status_changed", "ticket.rated"} <= set(kinds)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/tickets",
        "/api/v1/auth/login",
        "/api/v1/devices",
        "/api/v1/auth/logout-everywhere",
        "/api/v1/tickets/{}/rating",
    ],
)
def test_an_answer_that_is_lost_leads_to_nothing_twice(world, address, monkeypatch, path):
    mia = give_password(world.customer())
    world.agent()
    if "{}" in path:
        last = world.ticket(mia)
        path = path.format(last.id + 1)
    monkeypatch.setattr(world.app, "wsgi_app", cutting(world.app.wsgi_app, path))
    before = count(Ticket)
    if path.endswith("/login"):
        with pytest.raises(AssertionError, match="fetch failed"):
            told(address, mia.email)
        return
    found = told(address, mia.email)
    assert (found["same"], found["device"], found["after"]) == (True, 1, [401] * 4)
    assert (count(Ticket), count(Rating)) == (before + 1, 1)
    assert [len(facts(kind)) for kind in ("device.added", "sign_in.all_ended")] == [1, 1]


def test_signing_out_closes_both_tokens(world):
    program = Program(world.app, give_password(world.customer()))
    assert program.post("/api/v1/auth/logout").status_code == 204
    assert refused(program.get("/api/v1/tickets"), 401, "not_signed_in")
    assert refused(program.renew(), 401, "not_signed_in")
