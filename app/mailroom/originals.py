"""Reads for showing mails as they came: which mail an entry was made of, and which of its files are its pictures."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.mailroom.markup.showing import key_of
from app.mailroom.models import RawMail
from app.mailroom.outcomes import State
from app.mailroom.queries import Original, original
from app.tickets.access import comment_for, ticket_for
from app.tickets.models import Attachment
from app.tickets.words import AttachmentState, number_of


@dataclass(frozen=True, slots=True)
class Showing:
    """A mail that may be shown.

    Args:
        file: the mail as it came.
        number: of its ticket, "" when it became no entry.
        entry_id: its entry, 0 for the request itself.
        pictures: ids of those of its files that it may show in its text, by ``key_of`` their Content-ID.
    """

    file: Original
    number: str
    entry_id: int
    pictures: dict[str, int]


def mail_of(actor: Actor, ticket_id: int, entry_id: int = 0) -> int | None:
    """The id of the raw mail an entry was made of, None when it was made of none or none is kept.

    Args:
        entry_id: a comment, 0 for the request itself.

    Raises:
        NotFound: no such entry, not for the actor, or its words were removed.
    """
    if not entry_id:
        ticket_for(actor, ticket_id)
    elif comment_for(actor, ticket_id, entry_id).redacted_at is not None:
        raise NotFound
    place = RawMail.comment_id == entry_id if entry_id else RawMail.comment_id.is_(None)
    state = State.COMMENT if entry_id else State.TICKET
    query = sa.select(sa.func.min(RawMail.id)).where(RawMail.ticket_id == ticket_id, place)
    return db.session.scalar(query.where(RawMail.state == state))


def showing(actor: Actor, raw_id: int) -> Showing:
    """A mail with what is needed to show it.

    Raises:
        NotFound, Conflict, Forbidden: as ``queries.original``: it holds its files.
    """
    file = original(actor, raw_id)
    raw = db.session.get_one(RawMail, raw_id)
    if raw.ticket_id is None:
        return Showing(file, "", 0, {})
    return Showing(file, number_of(raw.ticket_id), raw.comment_id or 0, _pictures(raw))


def _pictures(raw: RawMail) -> dict[str, int]:
    """Of two pictures with one name the first counts."""
    place = Attachment.comment_id == raw.comment_id if raw.comment_id else Attachment.comment_id.is_(None)
    rows = db.session.execute(
        sa.select(Attachment.content_id, Attachment.id)
        .where(Attachment.ticket_id == raw.ticket_id, place)
        .where(Attachment.is_picture, Attachment.state == AttachmentState.CLEAN, Attachment.content_id != "")
        .order_by(Attachment.id.desc())
    )
    return {key_of(content_id): attachment_id for content_id, attachment_id in rows}
