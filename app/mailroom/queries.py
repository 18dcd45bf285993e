"""Reads of the mail room: is a mail known, what waits, and a mail as it came."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.language import _
from app.mailroom.access import raw_for
from app.mailroom.identity import Identity
from app.mailroom.models import RawMail
from app.mailroom.outcomes import State
from app.tickets.models import Attachment
from app.tickets.words import AttachmentState, number_of

CONTENT_TYPE = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Known:
    """A mail that was kept before."""

    id: int
    state: State
    reason: str
    ticket_id: int | None


@dataclass(frozen=True, slots=True)
class Original:
    """A mail as it came, ready to be handed out as a file."""

    sha256: str
    filename: str
    size: int
    content_type: str = CONTENT_TYPE
    is_picture: bool = False


def can_accept() -> bool:
    """Whether the house is furnished: without a default team no mail can become a ticket."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Team.is_default.is_(True)))))


def look_up(account: str, identities: Collection[Identity]) -> dict[Identity, Known]:
    """What became of those of the mails that the account has had before.

    An id may be copied to have a mail taken for one that came already, so only its content makes it the same.
    """
    query = sa.select(
        RawMail.message_id_hash,
        RawMail.content_hash,
        RawMail.id,
        RawMail.state,
        RawMail.reason,
        RawMail.ticket_id,
    ).where(
        RawMail.account == account,
        RawMail.message_id_hash.in_({who.message_id_hash for who in identities}),
        RawMail.content_hash.in_({who.content_hash for who in identities}),
    )
    wanted = {(who.message_id_hash, who.content_hash): who for who in identities}
    rows = db.session.execute(query).all() if wanted else ()
    return {wanted[row[0], row[1]]: Known(*row[2:]) for row in rows if (row[0], row[1]) in wanted}


def repeated_ids(account: str, identities: Collection[Identity]) -> set[str]:
    """Hashes of those Message-IDs that the account has had already, whatever stood in those mails."""
    hashes = {who.message_id_hash for who in identities if who.has_message_id}
    if not hashes:
        return set()
    query = sa.select(RawMail.message_id_hash).distinct()
    return set(
        db.session.scalars(query.where(RawMail.account == account, RawMail.message_id_hash.in_(hashes)))
    )


def waiting(limit: int) -> list[int]:
    """Mails that are undecided although whoever began with them should be done, the longest waiting first."""
    return list(
        db.session.scalars(
            sa.select(RawMail.id)
            .where(RawMail.due_at <= clock.now())
            .order_by(RawMail.due_at, RawMail.id)
            .limit(limit)
        )
    )


def named(hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that a kept mail names, so that nobody sweeps its bytes away."""
    return set(db.session.scalars(sa.select(RawMail.sha256).where(RawMail.sha256.in_(hashes)).distinct()))


def original(actor: Actor, raw_id: int) -> Original:
    """A mail as it came, for download; its files are in it, so what holds for them holds for the whole.

    Raises:
        NotFound: missing, or not for the actor.
        Conflict: one of its files is still being checked.
        Forbidden: one of its files is infected (administrators may have it).
    """
    raw = raw_for(actor, raw_id)
    states = _states_of_files(raw)
    if AttachmentState.INFECTED in states and not actor.can("admin.use"):
        raise Forbidden(_("A virus was found in this file. It cannot be opened."), permission="admin.use")
    if AttachmentState.PENDING in states:
        raise Conflict(_("This file is still being checked for viruses. Please try again in a moment."))
    name = number_of(raw.ticket_id) if raw.ticket_id else "mail"
    return Original(raw.sha256, f"{name}-{raw.id}.eml", raw.size)


def _states_of_files(raw: RawMail) -> set[AttachmentState]:
    if raw.ticket_id is None:
        return set()
    place = Attachment.comment_id == raw.comment_id if raw.comment_id else Attachment.comment_id.is_(None)
    return set(
        db.session.scalars(
            sa.select(Attachment.state).where(Attachment.ticket_id == raw.ticket_id, place).distinct()
        )
    )


def last_message_id(ticket_id: int, sender: str) -> str:
    """The Message-ID of the last mail somebody wrote about a ticket, "" for none: what an answer to them answers."""
    return (
        db.session.scalar(
            sa.select(RawMail.message_id)
            .where(RawMail.ticket_id == ticket_id, RawMail.sender == sender)
            .order_by(RawMail.id.desc())
            .limit(1)
        )
        or ""
    )


def is_forced(raw_id: int) -> bool:
    """Whether somebody asked for a ticket although the mail looks like none."""
    return bool(db.session.scalar(sa.select(RawMail.is_forced).where(RawMail.id == raw_id)))


def sha256_of(raw_id: int) -> str:
    """The hash under which the bytes of a mail are stored (for the house itself).

    Raises:
        NotFound: there is no such mail.
    """
    sha256 = db.session.scalar(sa.select(RawMail.sha256).where(RawMail.id == raw_id))
    if sha256 is None:
        raise NotFound
    return sha256
