"""Files of tickets: noted when uploaded, bound when a ticket or comment takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Person
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.errors import Invalid, TooMany
from app.core.files import REFUSED, display_name
from app.core.language import _
from app.core.uow import writing
from app.events.log import action
from app.tickets.models import Attachment, Comment, Ticket
from app.tickets.uploads import sent_by, sent_in_a_day
from app.tickets.words import AttachmentState

DAILY_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file whose bytes lie in the store already."""

    sha256: str
    size: int
    filename: str
    content_type: str
    is_picture: bool = False
    content_id: str = ""


@action(silent="an upload that nothing has taken yet is no change of a ticket")
def receive(file: StoredFile, *, actor: Actor, scanned: bool, of_upload: int = 0) -> Attachment:
    """Note an uploaded file; it belongs to its uploader until something binds it.

    Args:
        file: what was stored.
        actor: the uploader.
        scanned: whether it may be read at once (no scanner is set up, or it said clean).
        of_upload: which counted for the day until now and does no longer.

    Raises:
        Invalid: a kind of file that is never taken.
        TooMany: more than a day's worth of bytes.
    """
    if file.content_type in REFUSED:
        raise Invalid({"files": _("“%(name)s” is a program and cannot be attached.", name=file.filename)})
    if actor.person_id is not None:
        refuse_flood(actor.person_id, file.size, besides=of_upload)
    attachment = Attachment(
        uploader_id=actor.person_id,
        key_id=actor.key_id,
        sha256=file.sha256,
        filename=display_name(file.filename),
        content_type=file.content_type,
        content_id=file.content_id[:200],
        size=file.size,
        is_picture=file.is_picture,
        state=AttachmentState.CLEAN if scanned else AttachmentState.PENDING,
        created_at=clock.now(),
    )
    db.session.add(attachment)
    db.session.flush()
    return attachment


def refuse_flood(person_id: int, size: int, *, besides: int = 0) -> None:
    """Refuse so many further bytes of somebody who sent a day's worth (A29).

    Inside a unit it holds their row until the unit ends: of several files at once each counts those before it.

    Raises:
        TooMany: it would be more than that.
    """
    if writing():
        db.session.execute(sa.select(Person.id).where(Person.id == person_id).with_for_update())
    if sent_in_a_day(person_id, besides=besides) + size > DAILY_BYTES:
        raise TooMany(_("You have uploaded very much today. Please try again tomorrow."), seconds=3600)


def unbound(ids: Sequence[int], *, actor: Actor, lock: bool = False) -> Sequence[int]:
    """Those of the actor's uploads that nothing has taken yet.

    Args:
        lock: hold them until the unit ends, so that nobody clears them away meanwhile.
    """
    if not ids:
        return []
    free = (
        sa.select(Attachment.id)
        .where(Attachment.id.in_(ids), Attachment.ticket_id.is_(None))
        .where(sent_by(actor, Attachment))
        .order_by(Attachment.id)
    )
    return db.session.scalars(free.with_for_update() if lock else free).all()


def bind(ids: list[int], ticket: Ticket, comment: Comment | None, *, actor: Actor) -> int:
    """Hang the actor's own unbound uploads on a ticket or comment; returns how many.

    Raises:
        Invalid: one of them is missing, somebody else's, or bound already.
    """
    if not ids:
        return 0
    wanted = set(ids)
    taken = rows_changed(
        sa.update(Attachment)
        .where(Attachment.id.in_(wanted), Attachment.ticket_id.is_(None))
        .where(sent_by(actor, Attachment))
        .values(ticket_id=ticket.id, comment_id=comment.id if comment else None)
        .execution_options(synchronize_session=False)
    )
    if taken != len(wanted):
        raise Invalid(
            {"attachment_ids": _("One of the files is not there any more. Please attach it again.")}
        )
    ticket.has_files = True
    return len(wanted)


@action(silent="the entry or ticket they came with is on record")
def attach(
    files: list[StoredFile], ticket: Ticket, comment: Comment | None, *, actor: Actor, scanned: bool
) -> None:
    """Hang the stored files of a mail on its entry, or on the ticket it opened."""
    now = clock.now()
    for file in files:
        db.session.add(
            Attachment(
                ticket_id=ticket.id,
                comment_id=comment.id if comment else None,
                uploader_id=actor.person_id,
                sha256=file.sha256,
                filename=display_name(file.filename),
                content_type=file.content_type,
                content_id=file.content_id[:200],
                size=file.size,
                is_picture=file.is_picture,
                state=AttachmentState.CLEAN if scanned else AttachmentState.PENDING,
                created_at=now,
            )
        )
    if files:
        ticket.has_files = True
