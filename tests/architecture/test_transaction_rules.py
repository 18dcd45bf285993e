"""One transaction, one owner: rooms flush, doors open units, and nobody speaks to the world inside one."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Team
from app.core import clock
from app.core.db import db
from app.core.uow import UnitError, current_unit, must_be_outside, run_unit, unit_of_work
from tests.architecture.source import Module, calls, module, modules
from tests.support.world import World

DOORS = frozenset({"web", "jobs", "cli"})
OPENERS = frozenset({"unit_of_work", "run_unit"})
# Rooms that open units themselves, and why.
ALLOWED = {
    "app.core.lease": "a lease is taken and given back in units of its own",
    "app.events.relay": "the relay is the door of the log: claim, prepare and settle are separate units",
    "app.events.settling": "part of the relay",
    "app.events.spreading": "part of the relay",
    "app.tickets.actions.clock": "a walk of the clock: one ticket in one unit, so that one cannot stop the rest",
    "app.tickets.actions.closing": "a walk of the clock: one ticket in one unit",
    "app.tickets.actions.tallying": "a walk of the clock: one batch of rows in one unit",
}
COMMITTERS = {
    "app.core.uow": "the unit of work itself",
    "app.core.wiping": "empties an installation of the demonstration, all tables in one transaction",
}
NETWORK = frozenset({"socket", "smtplib", "imaplib", "requests", "urllib3", "ftplib", "poplib", "asyncio"})
# Modules that meet the network without asking must_be_outside() themselves.
BEHIND = {
    "app.integrations.smtp_session": "only app.integrations.smtp opens sessions, and asks first",
    "app.integrations.imap_wire": "only app.integrations.imap_session makes one, and asks before each command",
    "app.integrations.dialing": "only clients dial, and they ask first",
    "app.jobs.queue": "names options of the queue's sockets and opens none",
}


def committing(found: Iterable[Module]) -> Iterator[str]:
    """Commits outside the unit of work."""
    for one in found:
        if one.name in COMMITTERS:
            continue
        for called, _call in calls(one.tree):
            if called.endswith((".commit", ".engine.begin", ".engine.connect", "session.begin")):
                yield f"{one.path}: {called}"


def opening(found: Iterable[Module]) -> Iterator[str]:
    """Units opened by somebody who is no door."""
    for one in found:
        if one.package in DOORS or one.name in ALLOWED or one.name == "app.core.uow":
            continue
        for called, _call in calls(one.tree):
            if called.rsplit(".", 1)[-1] in OPENERS:
                yield f"{one.path}: {called}"


def unguarded(found: Iterable[Module]) -> Iterator[str]:
    """Clients that could speak to the world inside a transaction."""
    for one in found:
        if one.name in BEHIND or not _speaks(one.tree):
            continue
        if not any(called.endswith("must_be_outside") for called, _call in calls(one.tree)):
            yield one.path


def _speaks(tree: ast.Module) -> bool:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return any(name.split(".")[0] in NETWORK or name in ("http.client", "urllib.request") for name in names)


@pytest.mark.sqlite_only
def test_only_the_unit_of_work_commits() -> None:
    assert list(committing(modules())) == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "line",
    ["db.session.commit()", "session.commit()", "with db.engine.begin() as c: pass", "db.session.begin()"],
)
def test_a_planted_commit_is_found(line: str) -> None:
    assert list(committing([module("app.tickets.actions.planted", f"def f():\n    {line}\n")]))


@pytest.mark.sqlite_only
def test_only_doors_open_units() -> None:
    assert list(opening(modules())) == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize("line", ["run_unit(work)", "uow.run_unit(work)", "with unit_of_work(): pass"])
def test_a_unit_opened_by_a_room_is_found(line: str) -> None:
    assert list(opening([module("app.tickets.actions.planted", f"def f():\n    {line}\n")]))


@pytest.mark.sqlite_only
def test_whoever_speaks_to_the_world_asks_first_whether_a_unit_is_open() -> None:
    assert list(unguarded(modules())) == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize("line", ["import requests", "from smtplib import SMTP", "import http.client"])
def test_a_client_that_does_not_ask_is_found(line: str) -> None:
    assert list(unguarded([module("app.integrations.planted", f"{line}\ndef call(): pass\n")]))


@pytest.mark.sqlite_only
def test_every_exception_still_exists() -> None:
    names = {one.name for one in modules()}
    assert (set(ALLOWED) | set(BEHIND) | set(COMMITTERS)) - names == set()


def test_a_change_without_a_unit_is_refused(house: Flask) -> None:
    with pytest.raises(UnitError):
        db.session.execute(sa.insert(Team).values(name="Nobody's", created_at=clock.now()))


def test_units_do_not_nest(house: Flask) -> None:
    with unit_of_work(), pytest.raises(UnitError), unit_of_work():
        pass


def test_the_world_is_not_called_inside_a_unit(house: Flask) -> None:
    must_be_outside()
    with unit_of_work(), pytest.raises(UnitError):
        must_be_outside()


def test_what_failed_left_nothing_behind(world: World) -> None:
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Team))

    def half() -> None:
        db.session.add(Team(name="Half", created_at=clock.now()))
        db.session.flush()
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        run_unit(half)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Team)) == before


def test_what_was_put_off_happens_after_the_commit_and_only_then(world: World) -> None:
    heard: list[str] = []

    def work(*, fails: bool) -> None:
        current_unit().after_commit.append(lambda: heard.append("told"))
        if fails:
            raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        run_unit(lambda: work(fails=True))
    assert heard == []
    run_unit(lambda: work(fails=False))
    assert heard == ["told"]
