"""The unit of work: one transaction, one owner, and what happens after it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, PendingRollbackError, TimeoutError

from app.core import log
from app.core.db import db

T = TypeVar("T")
# MySQL: lock wait, deadlock, and 1305 for a savepoint that went with the whole transaction in a deadlock.
# PostgreSQL: serialization failure, deadlock. Lost connections: 2006, 2013, 57P01.
RETRY_MYSQL = {1205, 1213, 1305, 2006, 2013}
RETRY_POSTGRES = {"40001", "40P01", "57P01"}
ATTEMPTS = 5
OUTAGE_WORDS = ("connect", "Connection", "gone away", "closed", "unable to open")
CHANGES = ("INSERT", "UPDATE", "DELETE", "REPLAC")


class UnitError(RuntimeError):
    """A law of the house about transactions was broken: a bug, never an answer."""


@dataclass
class Unit:
    """One open unit; doors may ask it to survive a refusal, rooms hang work on its end."""

    kept: bool = False
    writes: int = 0
    facts: int = 0
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    gathered: dict[Callable[[list[Any]], None], list[Any]] = field(default_factory=dict)

    def keep(self) -> None:
        """Commit although the answer is a refusal (a failed sign-in is worth remembering)."""
        self.kept = True

    def write_gathered(self) -> None:
        """Write what was put off until the end of the unit."""
        while self.gathered:
            write, rows = self.gathered.popitem()
            write(rows)


_unit: ContextVar[Unit | None] = ContextVar("unit", default=None)
_loose: ContextVar[bool] = ContextVar("loose", default=False)


def current_unit() -> Unit:
    """The open unit.

    Raises:
        UnitError: none is open.
    """
    unit = _unit.get()
    if unit is None:
        raise UnitError("no unit of work is open")
    return unit


def gather(write: Callable[[list[Any]], None], row: object) -> None:
    """Write a row together with its like when the unit ends: one statement instead of many.

    Args:
        write: gets the rows of all who named it; at once outside a unit, and in a part that may be taken back.
        row: whatever it understands.
    """
    unit = _unit.get()
    if unit is None or db.session().in_nested_transaction():
        write([row])
        return
    unit.gathered.setdefault(write, []).append(row)


def write_now(write: Callable[[list[Any]], None]) -> None:
    """Write what was gathered for one so far: called by whoever reads such rows inside a unit."""
    unit = _unit.get()
    if unit is not None and write in unit.gathered:
        write(unit.gathered.pop(write))


def writing() -> bool:
    """Whether a unit is open, or loose writing was asked for (migrations, touch, bulk tools)."""
    return _unit.get() is not None or _loose.get()


def must_be_outside() -> None:
    """Called by everything that talks to the world.

    Raises:
        UnitError: a unit is open; it could not be run again after a deadlock.
    """
    if _unit.get() is not None:
        raise UnitError("an outside call inside a unit of work")


@contextmanager
def loose_writes() -> Iterator[None]:
    """Allow statements outside a unit: migrations, bulk generators, touch()."""
    token = _loose.set(True)
    try:
        yield
    finally:
        _loose.reset(token)


@contextmanager
def unit_of_work() -> Iterator[Unit]:
    """Open the one transaction of this request, task or command; commit at the end, roll back on error.

    Raises:
        UnitError: a unit is open already.
    """
    if _unit.get() is not None:
        raise UnitError("units of work do not nest")
    db.session.rollback()  # ends the reading transaction, so that locks begin with this unit
    unit = Unit()
    token = _unit.set(unit)
    try:
        yield unit
        db.session.flush()
        unit.write_gathered()
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _unit.reset(token)
    for work in unit.after_commit:
        _quietly(work)


def run_unit(work: Callable[[], T]) -> T:
    """Run ``work`` in a unit, again from the start when the database asks for it (deadlock, lost connection).

    Raises:
        DBAPIError: the database stayed unwilling after five tries.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with unit_of_work():
                return work()
        except DBAPIError as error:
            if attempt == ATTEMPTS or not worth_a_retry(error):
                raise
            log.get(__name__).info("unit_retried", attempt=attempt, error=str(error.orig)[:200])
            time.sleep(random.uniform(0.005, 0.03) * attempt)  # noqa: S311 jitter needs no secrecy
    raise AssertionError("unreachable")


def again_after(error: Exception) -> bool:
    """Whether a unit that ended with this error should be run again from its start.

    A violated uniqueness counts: another unit was faster with the same key, and the second run finds its row.
    """
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error, DBAPIError) and worth_a_retry(error)


def worth_a_retry(error: DBAPIError) -> bool:
    """Whether running the whole unit again may help."""
    if error.connection_invalidated:
        return True
    original: Any = error.orig
    if getattr(original, "sqlstate", None) in RETRY_POSTGRES:
        return True
    code = original.args[0] if original is not None and original.args else None
    if code in RETRY_MYSQL:
        return True
    return isinstance(error, OperationalError) and "database is locked" in str(code)


def is_outage(error: Exception) -> bool:
    """Whether the database is away or too busy for the moment, as opposed to a bug of ours."""
    if isinstance(
        error, TimeoutError | PendingRollbackError
    ):  # no connection is free, or the one in use was lost
        return True
    if not isinstance(error, DBAPIError) or isinstance(error, IntegrityError):
        return False
    text = str(error.orig)
    return worth_a_retry(error) or any(word in text for word in OUTAGE_WORDS)


def touch(statement: sa.Executable) -> None:
    """Write something loseable (last activity, last use) outside the unit; errors are only logged."""
    try:
        with loose_writes(), db.engine.begin() as connection:
            connection.execute(statement)
    except DBAPIError as error:
        log.get(__name__).info("touch_lost", error=str(error.orig)[:200])


def _quietly(work: Callable[[], None]) -> None:
    try:
        work()
    except Exception:
        log.get(__name__).exception("after_commit_failed")


@event.listens_for(Engine, "before_cursor_execute")
def _guard(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
) -> None:
    """A change outside a unit of work is a bug: nobody would commit it, or nobody could repeat it."""
    if statement[:6].upper() not in CHANGES:
        return
    unit = _unit.get()
    if unit is not None:
        unit.writes += 1
        return
    if not _loose.get():
        raise UnitError(f"a change outside a unit of work: {statement[:80]}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: sa.Connection) -> None:
    """A unit takes SQLite's one write lock at its start, so two units queue instead of failing half-way."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing() else "BEGIN")
