"""Requests that must take effect once: a key given by the client, the answer kept for a day (RFC draft
"Idempotency-Key"; docs/architecture.md, "Twice is once")."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock, crypto
from app.core.db import Model, db, rows_changed
from app.core.errors import Conflict
from app.core.language import _
from app.core.uow import writing

KEPT = timedelta(hours=24)


class RequestKey(Model):
    """One effective request and what it was answered with."""

    __tablename__ = "request_key"

    key_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    body_hash: Mapped[str] = mapped_column(sa.String(64))
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)


def recall(owner: str, key: str, body: str) -> dict[str, Any] | None:
    """The kept answer of an earlier request with this key, None for a new key.

    Args:
        owner: whose key it is (two people may choose the same one).
        body: the request's content, to tell a repeat from a mistake.

    Raises:
        Conflict: the key was used for another content.
    """
    row = db.session.get(RequestKey, crypto.digest(f"{owner}|{key}"))
    if row is None:
        return None
    if row.created_at < clock.now() - KEPT:
        _make_room(row)
        return None
    if row.body_hash != crypto.digest(body):
        raise Conflict(_("This form was already sent with other content."))
    return row.answer


def keep(owner: str, key: str, body: str, answer: dict[str, Any]) -> None:
    """Keep the answer in the open unit; a second writer of the same key fails and is told by recall()."""
    key_hash = crypto.digest(f"{owner}|{key}")
    db.session.execute(
        sa.insert(RequestKey).values(
            key_hash=key_hash, body_hash=crypto.digest(body), answer=answer, created_at=clock.now()
        )
    )


def _make_room(row: RequestKey) -> None:
    """A key whose day is over is new again, also before it is cleared away."""
    if not writing():
        return
    db.session.expunge(row)
    old = sa.delete(RequestKey).where(RequestKey.key_hash == row.key_hash)
    db.session.execute(old.where(RequestKey.created_at == row.created_at))


def forget_old() -> int:
    """Remove keys older than a day; returns how many went."""
    gone = rows_changed(sa.delete(RequestKey).where(RequestKey.created_at < clock.now() - KEPT))
    return gone
