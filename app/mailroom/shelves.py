"""What lies in the mail room for administrators: mail that became no entry, blocked senders, silenced addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, damaged_cursor, read_cursor, write_cursor
from app.core.schema import MAX_ID
from app.mailroom.access import ACCOUNTS_RIGHT, QUARANTINE_RIGHT, may_read_quarantine
from app.mailroom.models import BlockedSender, MutedAddress, RawMail
from app.mailroom.outcomes import Reason, State
from app.tickets.models import Ticket

ROWS = 50
LATELY = timedelta(days=1)
# Of these only the head is there, so that nothing can be made of them.
HEAD_ONLY = frozenset({Reason.OVERSIZED, Reason.UNFETCHABLE})


class _Numbered(Protocol):
    @property
    def id(self) -> Any: ...


Row = TypeVar("Row", bound=_Numbered)


class Shelf(StrEnum):
    """Where mail lies that became no entry."""

    QUARANTINE = "quarantine"
    IGNORED = "ignored"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Lying:
    """A mail on a shelf, or one that was taken from there; ``reason`` is said by ``texts.sentence``, size in bytes."""

    id: int
    account: str
    source: str
    sender: str
    subject: str
    size: int
    kept_at: datetime
    state: State
    reason: str
    detail: str
    attempts: int
    ticket_id: int | None

    @property
    def is_head_only(self) -> bool:
        return self.reason in HEAD_ONLY


_LYING = (
    RawMail.id,
    RawMail.account,
    RawMail.source,
    RawMail.sender,
    RawMail.subject,
    RawMail.size,
    RawMail.kept_at,
    RawMail.state,
    RawMail.reason,
    RawMail.detail,
    RawMail.attempts,
    RawMail.ticket_id,
)


@dataclass(frozen=True, slots=True)
class Held:
    """How much lies in quarantine; ``lately``: put there since yesterday."""

    count: int
    lately: int


def page(actor: Actor, shelf: Shelf, cursor: str = "", limit: int = ROWS) -> Page[Lying]:
    """Mails of a shelf, the newest first.

    Args:
        cursor: where an earlier page ended.
        limit: rows a page.

    Raises:
        Forbidden: not the actor's business.
        Invalid: the cursor is damaged.
    """
    if not may_read_quarantine(actor):
        raise Forbidden(permission=QUARANTINE_RIGHT)
    query = _of(shelf, actor)
    return _turned(query, RawMail.id, cursor, limit, _lying)


def one(actor: Actor, raw_id: int) -> Lying:
    """A mail that lies on a shelf, or lay there until somebody made an entry of it.

    Raises:
        Forbidden: not the actor's business.
        NotFound: there is none, or its ticket is hidden from the actor.
    """
    if not may_read_quarantine(actor):
        raise Forbidden(permission=QUARANTINE_RIGHT)
    query = _visible(sa.select(*_LYING), actor).where(RawMail.id == raw_id)
    row = db.session.execute(query).one_or_none() if 1 <= raw_id <= MAX_ID else None
    if row is None:
        raise NotFound
    return Lying(*row)


def readable(limit: int) -> list[int]:
    """Ids of mails in quarantine of which more than the head is there, those that came first first."""
    query = sa.select(RawMail.id).where(
        RawMail.state == State.QUARANTINED, RawMail.reason.not_in([reason.value for reason in HEAD_ONLY])
    )
    return list(db.session.scalars(query.order_by(RawMail.id).limit(limit)))


def held() -> Held:
    """How much lies in quarantine."""
    lately = sa.func.count(sa.case((RawMail.decided_at > clock.now() - LATELY, 1)))
    query = sa.select(sa.func.count(), lately).where(RawMail.state == State.QUARANTINED)
    return Held(*db.session.execute(query).one())


def blocked(actor: Actor, cursor: str = "", limit: int = ROWS) -> Page[BlockedSender]:
    """Senders whose mail becomes no ticket, the newest first.

    Raises:
        Forbidden: not the actor's business.
        Invalid: the cursor is damaged.
    """
    _must_look_after(actor)
    return _turned(sa.select(BlockedSender), BlockedSender.id, cursor, limit, _thing)


def muted(actor: Actor, cursor: str = "", limit: int = ROWS) -> Page[MutedAddress]:
    """Addresses that get no automatic mail any more, the newest first.

    Raises:
        Forbidden: not the actor's business.
        Invalid: the cursor is damaged.
    """
    _must_look_after(actor)
    return _turned(sa.select(MutedAddress), MutedAddress.id, cursor, limit, _thing)


def muted_address(actor: Actor, muted_id: int) -> str:
    """One of these addresses.

    Raises:
        Forbidden: not the actor's business.
        NotFound: there is none.
    """
    _must_look_after(actor)
    found = db.session.get(MutedAddress, muted_id) if 1 <= muted_id <= MAX_ID else None
    if found is None:
        raise NotFound
    return found.address_key


def _must_look_after(actor: Actor) -> None:
    if not actor.can(ACCOUNTS_RIGHT):
        raise Forbidden(permission=ACCOUNTS_RIGHT)


def _of(shelf: Shelf, actor: Actor) -> sa.Select[Any]:
    query = sa.select(*_LYING)
    if shelf is Shelf.QUARANTINE:
        return query.where(RawMail.state == State.QUARANTINED)
    if shelf is Shelf.IGNORED:
        return query.where(RawMail.state == State.IGNORED, RawMail.reason != Reason.SPAM)
    return _visible(query, actor).where(RawMail.reason == Reason.SPAM)


def _visible(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    """Without mails of tickets of confidential teams that are none of the actor's."""
    if not actor.hidden_team_ids:
        return query
    query = query.outerjoin(Ticket, Ticket.id == RawMail.ticket_id)
    return query.where(sa.or_(Ticket.id.is_(None), Ticket.team_id.not_in(actor.hidden_team_ids)))


def _lying(row: Any) -> Lying:
    return Lying(*row)


def _thing(row: Any) -> Any:
    return row[0]


def _turned(
    query: sa.Select[Any],
    key: InstrumentedAttribute[int],
    cursor: str,
    limit: int,
    made: Callable[[Any], Row],
) -> Page[Row]:
    if cursor:
        _direction, (last,) = read_cursor(cursor, int)
        if not 1 <= last <= MAX_ID:
            raise damaged_cursor()
        query = query.where(key < last)
    found = db.session.execute(query.order_by(key.desc()).limit(limit + 1)).all()
    rows = [made(row) for row in found[:limit]]
    return Page(rows, write_cursor("n", rows[-1].id) if len(found) > limit else None)
