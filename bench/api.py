"""Measure the calls of programs on a filled database: `python -m bench.api --database URL`.

Calls take turns in rounds beside a bare call of the same application, then sixteen clients ask at once. The figures
and the goals are printed as Markdown.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

import sqlalchemy as sa
from flask import Flask

from app.accounts import json_tokens, sign_ins
from app.accounts.actors import actor_for_person
from app.accounts.models import Person
from app.accounts.sign_ins import Browser
from app.accounts.words import Role, SignInKind
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.tickets import records
from app.tickets.actions.opening import open_ticket
from app.tickets.actions.tallying import fold
from app.tickets.models import Ticket
from app.tickets.schemas import NewTicket
from app.tickets.words import Channel
from bench import costs
from bench.client import Answer, Client, share, timed, together
from bench.populate import make_app
from bench.scenes import long_ticket
from bench.serving import Serving

EACH = 10
AT_ONCE = 16
SECONDS = 10.0
MOST_TIMES_BARE = 3
MOST_TIMES_MEDIAN = 3
TITLE = "Drucker druckt nur leere Seiten"
DESCRIPTION = "Seit heute Morgen kommen nur leere Seiten heraus.\n\nBitte um Hilfe."
Call = Callable[[], Answer]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.api", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    with Serving(given.database) as server, _app(given.database, server.port).app_context():
        fold()  # as the worker does every minute
        person = _first(Role.SUPPORT_AGENT)
        opening = _opening(actor_for_person(person), _first(Role.CUSTOMER).id)
        bare_sql = [costs.replay(opening) for _ in range(60)]
        calls = _calls(server.port, person)
        print("\n".join(_report(_in_turn(calls, given.rounds), bare_sql, len(opening))))
        print("\n".join(_at_once(server.port, person, list(calls))))
        db.session.remove()


def _app(url: str, port: int) -> Flask:
    """The application as the web workers see it: tokens belong to an address."""
    return make_app(url, site_url=f"http://127.0.0.1:{port}")


def _first(role: Role) -> Person:
    return db.session.scalars(sa.select(Person).where(Person.role == role).order_by(Person.id).limit(1)).one()


def _token(person: Person) -> str:
    browser = Browser("bench", "127.0.0.0", SignInKind.PROGRAM)
    return json_tokens.pair(run_unit(lambda: sign_ins.begin(person, browser))).access_token


def _opening(actor: Actor, requester_id: int) -> list[costs.Step]:
    """The statements of opening a ticket and of reading it for the answer."""
    command = NewTicket(title=TITLE, description=DESCRIPTION, requester_id=requester_id)
    return costs.recorded(
        lambda: records.whole(actor, open_ticket(command, actor=actor, channel=Channel.API).id)
    )


def _calls(port: int, person: Person) -> dict[str, Call]:
    """Name → a call that was tried once, each over a connection of its own."""
    one = long_ticket(actor_for_person(person))
    requester = _first(Role.CUSTOMER).id
    token = _token(person)
    paths = {
        "bare": "/api/bench/tickets/bare",
        "GET /tickets": "/api/v1/tickets",
        "GET /tickets?status=open&priority=high": "/api/v1/tickets?status=open&priority=high",
        "GET /tickets/{ticket}": f"/api/v1/tickets/{one}",
        "GET /tickets/{ticket}/comments": f"/api/v1/tickets/{one}/comments",
        "GET /events": f"/api/v1/events?after={_late_event()}",
    }
    calls: dict[str, Call] = {
        name: partial(Client(port, token=token).get, path) for name, path in paths.items()
    }
    told = {"title": TITLE, "description": DESCRIPTION, "requester": requester}
    calls["POST /tickets"] = partial(Client(port, token=token).post_json, "/api/v1/tickets", told)
    answer = {"content": "Wir haben die Berechtigung **ergänzt**."}
    to = f"/api/v1/tickets/{db.session.scalar(sa.select(sa.func.max(Ticket.id)))}/comments"
    calls["POST /tickets/{ticket}/comments"] = partial(Client(port, token=token).post_json, to, answer)
    for name, call in calls.items():
        found = call()
        if found.status not in (200, 201):
            raise RuntimeError(f"{name}: {found.status} {found.body[:300]!r}")
    return calls


def _late_event() -> int:
    return int(db.session.scalar(sa.select(sa.func.max(Event.id))) or 0) - 1000


def _in_turn(calls: dict[str, Call], rounds: int) -> dict[str, list[float]]:
    """One call at a time: each a few times, over and over, so that a busy moment meets all of them."""
    times: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, call in calls.items():
            found = timed(call, EACH)
            if number:  # the first round warms up
                times[name] += found
    return times


def _report(times: dict[str, list[float]], bare_sql: list[float], statements: int) -> Iterator[str]:
    bare = share(times["bare"], 0.5)
    yield "| one at a time | p50 ms | p95 ms | p50 ÷ bare |"
    yield "| --- | --- | --- | --- |"
    for name, found in times.items():
        yield f"| {name} | {share(found, 0.5):.2f} | {share(found, 0.95):.2f} | {share(found, 0.5) / bare:.2f} |"
    yield ""
    sql = share(bare_sql, 0.5)
    yield f"Opening: {statements} statements, its bare SQL {sql:.2f} ms."
    yield ""
    yield "| to reach | measured | at most | |"
    yield "| --- | --- | --- | --- |"
    yield _goal("GET /tickets ÷ bare call, p50", share(times["GET /tickets"], 0.5) / bare, MOST_TIMES_BARE)
    made = share(times["POST /tickets"], 0.5)
    yield _goal("POST /tickets ÷ (its bare SQL + bare call), p50", made / (sql + bare), MOST_TIMES_BARE)


def _at_once(port: int, person: Person, names: list[str]) -> Iterator[str]:
    """Sixteen at a time: what most of them meet, against the middle."""
    everybody = [_calls(port, person) for _ in range(AT_ONCE)]
    yield ""
    yield "| sixteen at a time | per second | p50 ms | p95 ms | p95 ÷ p50 | at most | |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name in names:
        times, rate = together([calls[name] for calls in everybody], SECONDS)
        middle, most = share(times, 0.5), share(times, 0.95)
        verdict = "yes" if most <= MOST_TIMES_MEDIAN * middle else "no"
        yield (
            f"| {name} | {rate:.0f} | {middle:.1f} | {most:.1f} | {most / middle:.2f}"
            f" | {MOST_TIMES_MEDIAN} | {verdict} |"
        )


def _goal(name: str, measured: float, most: float) -> str:
    return f"| {name} | {measured:.2f} | {most} | {'yes' if measured <= most else 'no'} |"


if __name__ == "__main__":
    main()
