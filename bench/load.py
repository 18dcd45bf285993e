"""Measure the product on a filled database: `python -m bench.load --database URL --beside URL_OF_A_SMALL_ONE`.

Two web workers are started for each database. Scenes take turns in rounds, so that a busy moment of the machine
meets all of them; the result is written as JSON for bench.report.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Person
from app.accounts.words import Role
from app.core.db import db
from app.tickets import counts, queue
from app.tickets.actions import tallying
from app.tickets.board import board
from app.tickets.listing import QueueQuery, View
from app.tickets.models import Ticket
from bench import costs
from bench.client import Client, share, timed, together
from bench.populate import make_app
from bench.scenes import Viewer, reading, sign_in, writing
from bench.serving import Serving, cpu_seconds

ROUNDS = 40
EACH = 10
AT_ONCE = 8
Results = dict[str, Any]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--beside", help="a small database, measured in turn with the large one")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, default=Path("bench-results.json"))
    given = parser.parse_args()
    urls = {"large": given.database} | ({"small": given.beside} if given.beside else {})
    results: Results = {"machine": machine(), "houses": {name: house(url) for name, url in urls.items()}}
    with_servers(urls, results, given.rounds)
    given.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


def machine() -> dict[str, Any]:
    """What it was measured on, without names."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {"cores": os.cpu_count(), "memory_gb": round(memory), "python": platform.python_version()}


def house(url: str) -> Results:
    """Figures that need no server: sizes, reads and changes in the rooms, the check of deadlines."""
    app = make_app(url)
    with app.app_context():
        tallying.fold()  # as the worker does every minute
        agent, admin = sign_in(app, Role.SUPPORT_AGENT), sign_in(app, Role.ADMIN)
        customer = db.session.scalars(sa.select(Person.id).where(Person.role == Role.CUSTOMER).limit(1)).one()
        found: Results = {
            "database": db.engine.dialect.name,
            "version": ".".join(map(str, db.engine.dialect.server_version_info or ())),
            "tickets": db.session.scalar(sa.select(sa.func.count()).select_from(Ticket)),
            "rooms": {name: _spread(timed(work, 100)) for name, work in _rooms(agent, admin).items()},
            "verbs": {
                "create": _verb(costs.opening(agent.actor, customer)),
                "comment": _verb(costs.answering(admin.actor)),
            },
        }
        found["checks"] = costs.checks(500)
        db.session.remove()
        db.engine.dispose()
    return found


def _rooms(agent: Viewer, admin: Viewer) -> dict[str, Callable[[], object]]:
    return {
        "queue, own teams": partial(queue.page, agent.actor, QueueQuery(view=View.OPEN)),
        "queue, all teams": partial(queue.page, admin.actor, QueueQuery(view=View.ALL_ACTIVE)),
        "figures": partial(counts.counts, agent.actor),
        "badge": partial(counts.unassigned, agent.actor),
        "board": partial(board, admin.actor),
    }


def _verb(work: Callable[[], object]) -> Results:
    steps = costs.recorded(work)
    return {"statements": len(steps), "bare_sql": _spread([costs.replay(steps) for _ in range(60)])}


def _spread(times: list[float]) -> dict[str, float]:
    return {name: round(share(times, part), 3) for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def with_servers(urls: dict[str, str], results: Results, rounds: int) -> None:
    """Everything that goes through HTTP."""
    servers = {name: Serving(url) for name, url in urls.items()}
    try:
        scenes: dict[tuple[str, str], tuple[Client, Callable[[], object]]] = {}
        for name, url in urls.items():
            servers[name].__enter__()
            for scene, (client, work) in make_scenes(url, servers[name].port).items():
                scenes[name, scene] = (client, work)
        _in_turn(servers, scenes, rounds, results)
        _at_once(urls["large"], servers["large"], results)
    finally:
        for server in servers.values():
            server.__exit__(None, None, None)


def make_scenes(url: str, port: int) -> dict[str, tuple[Client, Callable[[], object]]]:
    """Every scene, tried once: its connection and its request."""
    app = make_app(url)
    found: dict[str, tuple[Client, Callable[[], object]]] = {}
    with app.app_context():
        agent, admin = sign_in(app, Role.SUPPORT_AGENT), sign_in(app, Role.ADMIN)
        for name, (path, cookie) in reading(app, agent, admin).items():
            client = Client(port, cookie)
            answer = client.get(path)
            if answer.status != 200:
                raise RuntimeError(f"{name}: {answer.status} {path}")
            found[name] = (client, partial(client.get, path))
        client = Client(port, admin.cookie)
        for name, work in writing(client).items():
            if work().status not in (200, 204, 303):
                raise RuntimeError(f"{name}: {work().status}")
            found[name] = (client, work)
        db.session.remove()
        db.engine.dispose()
    return found


def _in_turn(
    servers: dict[str, Serving],
    scenes: dict[tuple[str, str], tuple[Client, Callable[[], object]]],
    rounds: int,
    results: Results,
) -> None:
    """One request at a time: every scene a few times, over and over."""
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    cpu: dict[tuple[str, str], float] = defaultdict(float)
    workers = {name: server.web_workers() for name, server in servers.items()}
    for number in range(rounds + 1):
        for key, (_client, work) in scenes.items():
            before = cpu_seconds(workers[key[0]])
            found = timed(work, EACH)
            if number:  # the first round warms up
                times[key] += found
                cpu[key] += cpu_seconds(workers[key[0]]) - before
        print(f"round {number} of {rounds}", file=sys.stderr)
    for (name, scene), found in times.items():
        line = _spread(found) | {"web_cpu": round(cpu[name, scene] * 1000 / len(found), 3)}
        results["houses"][name].setdefault("requests", {})[scene] = line


def _at_once(url: str, server: Serving, results: Results) -> None:
    """Eight at a time: how many a second, and how long they take then."""
    found: Results = {}
    scenes = [make_scenes(url, server.port) for _ in range(AT_ONCE)]
    for name in scenes[0]:
        times, rate = together([one[name][1] for one in scenes], 3)
        found[name] = _spread(times) | {"per_second": round(rate, 1)}
    results["houses"]["large"]["at_once"] = found


if __name__ == "__main__":
    main()
