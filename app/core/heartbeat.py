"""The diary of standing jobs: when each is due, was asked for, began, ended, and last went well.

Due times live here and not in the scheduler, so a scheduler that was killed, stopped for hours or started twice
asks for each job that came due meanwhile exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model, db, rows_changed

ASK_AGAIN = timedelta(seconds=60)  # a request for work that nobody took up by then is repeated


class Heartbeat(Model):
    """One row a job. ``due_at`` is empty for what beats without being on the timetable."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    due_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    succeeded_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(sa.String(500), default="")


def begin(name: str) -> None:
    """Note that a job starts now."""
    _write(name, started_at=clock.now())


def end(name: str, error: str = "", *, due_at: datetime | None = None) -> None:
    """Note that a job ended, well or with an error line.

    Args:
        due_at: when it is due next; None leaves that as it is.
    """
    now = clock.now()
    values: dict[str, object] = {"finished_at": now, "error": error[:500]}
    if not error:
        values["succeeded_at"] = now
    if due_at is not None:
        values |= {"due_at": due_at, "asked_at": None}
    _write(name, **values)


def beat(name: str) -> None:
    """Note a sign of life of something that has no beginning and no end."""
    now = clock.now()
    _write(name, started_at=now, finished_at=now, succeeded_at=now, error="")


def plan(name: str, due_at: datetime) -> None:
    """Set when a job is due, unless it is overdue already: then it is still owed."""
    if _update(name, sa.or_(Heartbeat.due_at.is_(None), Heartbeat.due_at > clock.now()), due_at=due_at):
        return
    if last(name) is None:
        _write(name, due_at=due_at)


def due(names: Sequence[str]) -> list[str]:
    """Those of the jobs that are due and that nobody was asked to do just now, the longest due first."""
    now = clock.now()
    return list(
        db.session.scalars(
            sa.select(Heartbeat.name)
            .where(Heartbeat.name.in_(names), Heartbeat.due_at <= now, _not_asked(now))
            .order_by(Heartbeat.due_at)
        )
    )


def ask(name: str, due_at: datetime | None = None) -> bool:
    """Claim the right to ask for a due job; False when another scheduler was faster.

    Args:
        due_at: for a job that takes care of itself: when to ask next, whether or not anybody did it.
    """
    now = clock.now()
    values: dict[str, object] = {"asked_at": now} if due_at is None else {"due_at": due_at}
    return _update(name, sa.and_(Heartbeat.due_at <= now, _not_asked(now)), **values)


def take_back(name: str) -> None:
    """The request did not get through to the queue: it may be repeated at once."""
    _update(name, sa.true(), asked_at=None)


def is_due(name: str) -> bool:
    """Whether a job is still owed; a second request for it that was under way finds it done."""
    row = last(name)
    return row is None or row.due_at is None or row.due_at <= clock.now()


def last(name: str) -> Heartbeat | None:
    """The diary of a job, None when it was never heard of."""
    return db.session.get(Heartbeat, name, populate_existing=True)


def all_beats() -> list[Heartbeat]:
    """Every job that was ever heard of, by name."""
    return list(db.session.scalars(sa.select(Heartbeat).order_by(Heartbeat.name)))


def _not_asked(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(Heartbeat.asked_at.is_(None), Heartbeat.asked_at < now - ASK_AGAIN)


def _update(name: str, condition: sa.ColumnElement[bool], **values: object) -> bool:
    done = rows_changed(
        sa.update(Heartbeat)
        .where(Heartbeat.name == name, condition)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(done)


def _write(name: str, **values: object) -> None:
    """Change the row or make it; two processes that make it at once end with one."""
    if _update(name, sa.true(), **values):
        return
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(Heartbeat).values(name=name, **({"error": ""} | values)))
    except IntegrityError:
        _update(name, sa.true(), **values)
