"""Senders whose mail becomes no ticket."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import addresses, mailboxes
from app.accounts.queries import find_by_email
from app.accounts.words import STAFF
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.language import _
from app.core.schema import MAX_ID
from app.events.log import action, record
from app.mailroom.events import SenderBlocked, SenderUnblocked
from app.mailroom.models import BlockedSender
from app.mailroom.schemas import NewBlock

BLOCKING_RIGHT = "tickets.work"


@action
def block(command: NewBlock, *, actor: Actor) -> BlockedSender:
    """Take no more mail of an address or domain; tickets that are there stay.

    Raises:
        Forbidden: not the actor's to say.
        Invalid: it is one of our own addresses.
    """
    _must_work(actor)
    pattern = _folded(command.pattern)
    if mailboxes.is_ours(pattern):
        raise Invalid({"pattern": _("This address belongs to the helpdesk itself.")})
    person = find_by_email(command.pattern)
    if person is not None and person.role in STAFF:
        raise Invalid({"pattern": _("Colleagues cannot be blocked.")})
    known = db.session.scalar(sa.select(BlockedSender).where(BlockedSender.pattern == pattern))
    if known is not None:
        return known
    made = BlockedSender(pattern=pattern, created_by_id=actor.person_id, created_at=clock.now())
    db.session.add(made)
    db.session.flush()
    record(SenderBlocked(), actor=actor, subject=("blocked_sender", made.id))
    return made


def _folded(pattern: str) -> str:
    """As ``_patterns`` makes them of mail: a domain can be written in two ways (RFC 5891)."""
    if pattern.startswith("@"):
        return addresses.key(f"x{pattern}")[1:] or pattern
    return addresses.key(pattern) or pattern


@action
def unblock(blocked_id: int, *, actor: Actor) -> str:
    """Take mail again; returns whose.

    Raises:
        Forbidden: not the actor's to say.
        NotFound: nobody is blocked under this id.
    """
    _must_work(actor)
    blocked = db.session.get(BlockedSender, blocked_id) if 1 <= blocked_id <= MAX_ID else None
    if blocked is None:
        raise NotFound
    record(SenderUnblocked(), actor=actor, subject=("blocked_sender", blocked.id))
    db.session.delete(blocked)
    return blocked.pattern


def _must_work(actor: Actor) -> None:
    if actor.is_signed_in and not actor.can(BLOCKING_RIGHT):
        raise Forbidden(permission=BLOCKING_RIGHT)
