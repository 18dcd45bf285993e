"""Named leases in the database: one holder at a time over all machines, free again when the holder dies."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model, db, rows_changed
from app.core.uow import run_unit


class Lease(Model):
    """Who may do a thing just now, and until when."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    holder: Mapped[str] = mapped_column(sa.String(40))
    until: Mapped[datetime]


def _take(name: str, holder: str, until: datetime) -> bool:
    taken = rows_changed(
        sa.update(Lease)
        .where(Lease.name == name, Lease.until < clock.now())
        .values(holder=holder, until=until)
    )
    if taken:
        return True
    if db.session.get(Lease, name) is not None:
        return False
    try:
        with db.session.begin_nested():
            db.session.execute(sa.insert(Lease).values(name=name, holder=holder, until=until))
    except IntegrityError:
        return False
    return True


@contextmanager
def lease(name: str, seconds: int) -> Iterator[bool]:
    """Hold a named lease for a block of work.

    Args:
        name: what is held.
        seconds: after this long without an end others may take it (the holder died).

    Yields:
        False when somebody else holds it: do nothing then.
    """
    holder = secrets.token_hex(16)
    got = run_unit(lambda: _take(name, holder, clock.now() + timedelta(seconds=seconds)))
    try:
        yield got
    finally:
        if got:
            run_unit(lambda: _give_back(name, holder))


def _give_back(name: str, holder: str) -> None:
    db.session.execute(
        sa.update(Lease)
        .where(Lease.name == name, Lease.holder == holder)
        .values(until=clock.now() - timedelta(seconds=1))
    )
