"""The stage of every test: an application on each database engine, a clean house, clients that behave."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import coverage
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import create_app
from app.accounts import actors
from app.core import language
from app.core.db import db
from app.core.uow import loose_writes
from app.settings import queries as settings_queries
from app.sla import queries as sla_queries
from tests.support import servers
from tests.support.http_sink import HttpSink
from tests.support.smtp_sink import SmtpSink
from tests.support.world import World

ENGINES = ("sqlite", "mariadb", "postgresql")
# Sweeps over every route, and pages whose answers no engine changes: one engine speaks for all.
FACES = (
    "test_a32_", "test_a33_", "test_a36_", "test_a57_", "test_admin_walk", "test_operation_cases",
    "test_mail_trials", "test_admin_mail_words", "test_inside_door",
    "test_a47_", "test_microsoft_setup", "test_microsoft_mailbox", "test_people_fetched_pages",
    "test_api_microsoft", "test_api_planted", "test_f23_", "test_a46_identity", "test_a48_no_downgrade",
)  # fmt: skip
# PostgreSQL is no engine of production: it speaks for the rooms, for what goes wrong, for plans and for every page.
NOT_ON_POSTGRESQL = ("tests/security/",)
# What counts as tested by these folders on SQLite alone; the tracer would take two thirds more time of all others.
COVERING = ("tests/unit/", "tests/rooms/", "tests/doors/")
INSERTS = re.compile(r"^\s*INSERT INTO [`\"]?(\w+)", re.IGNORECASE)


def engines() -> list[str]:
    """The engines of this run: those asked for in HD_DATABASES, else all that can be had here."""
    wanted = [name for name in os.environ.get("HD_DATABASES", "").split(",") if name]
    if wanted:
        return wanted
    return [name for name in ENGINES if name == "sqlite" or servers.available(name)]


def pytest_report_header() -> list[str]:
    line = servers.left_out()
    return [f"databases: {', '.join(engines())}", *([line] if line else [])]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("HD_REQUIRE_ALL") and servers.left_out():
        raise pytest.UsageError(str(servers.left_out()))
    for item in items:
        callspec = getattr(item, "callspec", None)
        engine = callspec.params.get("engine_name") if callspec else None
        speaks_for_all = item.get_closest_marker("sqlite_only") or item.path.name.startswith(FACES)
        elsewhere = engine == "postgresql" and _place(item).startswith(NOT_ON_POSTGRESQL)
        if elsewhere or (engine not in (None, "sqlite") and speaks_for_all):
            item.add_marker(pytest.mark.dropped)
        only = item.get_closest_marker("only_on")
        if engine is not None and only is not None and engine not in only.args:
            item.add_marker(pytest.mark.dropped)
    items[:] = [item for item in items if not item.get_closest_marker("dropped")]


def pytest_collection_finish() -> None:
    """What is collected stays to the end: the collector need not look through it over and over."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _place(item: pytest.Item) -> str:
    return item.nodeid.split("::")[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure coverage only where it is counted."""
    callspec = getattr(item, "callspec", None)
    engine = callspec.params.get("engine_name") if callspec else None
    counts = _place(item).startswith(COVERING) and engine in (None, "sqlite")
    measuring = None if counts else coverage.Coverage.current()
    if measuring is not None:
        measuring.stop()
    try:
        return (yield)
    finally:
        if measuring is not None:
            measuring.start()


@pytest.fixture(scope="session", params=engines())
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def database_url(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty database of this run (one for each xdist worker)."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'helpdesk.db'}"
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return servers.create_database(servers.shared(engine_name), f"helpdesk_{worker}")


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with all its tables; the engine counts and remembers what tests write."""
    made = create_app(**settings(database_url, tmp_path_factory.mktemp("data")))
    with made.app_context():
        with loose_writes():
            db.create_all()
        yield made
        db.session.remove()
        db.engine.dispose()


def settings(database_url: str, data_dir: Path) -> dict[str, Any]:
    """Settings of a test application."""
    return {
        "flask_env": "testing",
        "secret_key": "a-key-that-only-tests-would-ever-use-0123456789",
        "outbound_allow": ("127.0.0.1", "localhost"),
        "database_url": database_url,
        "site_url": "http://localhost",
        "data_dir": data_dir,
        "storage_url": f"file://{data_dir / 'files'}",
        "rate_limits": "off",
        "redis_url": "",
        "log_level": "ERROR",
    }


_touched: set[str] = set()


@event.listens_for(Engine, "before_cursor_execute")
def _note_inserts(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    found = INSERTS.match(statement)
    if found:
        _touched.add(found[1])


@pytest.fixture
def house(app: Flask) -> Iterator[Flask]:
    """A clean house: what the test writes is gone afterwards; each test has its own session."""
    _touched.clear()
    language.set_language("de")
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.remove()
    _clean(app)


def _clean(app: Flask) -> None:
    tables = [table for table in reversed(db.metadata.sorted_tables) if table.name in _touched]
    with app.app_context(), loose_writes(), db.engine.begin() as connection:
        for table in tables:
            if table.name == "person":
                connection.execute(sa.update(table).values(deputy_id=None))
            connection.execute(sa.delete(table))
    actors.forget()
    settings_queries.forget()
    sla_queries.forget()


@pytest.fixture
def world(house: Flask) -> World:
    """A house with the defaults of `flask deploy`, and a hand that makes people and tickets."""
    return World(house)


@pytest.fixture
def smtp() -> Iterator[SmtpSink]:
    """A receiver of mail."""
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def teams() -> Iterator[HttpSink]:
    """A receiver of cards."""
    with HttpSink() as sink:
        yield sink


@pytest.fixture
def statements() -> Any:
    """Counts SQL statements: ``with statements() as seen: …; assert len(seen) <= 12``."""
    return counting


@contextmanager
def counting() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
