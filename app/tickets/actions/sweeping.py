"""Clearing away what nobody needs any more: presence of those who left, uploads nothing took, settled replies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, rows_changed
from app.events.log import action
from app.tickets.models import Attachment, Draft, Presence, ScheduledReply
from app.tickets.upload_models import Upload, UploadPart
from app.tickets.words import ScheduledState

PRESENCE_KEPT = timedelta(hours=1)
UPLOAD_KEPT = timedelta(days=1)
SETTLED_KEPT = timedelta(days=30)
BATCH = 1000
SETTLED = (ScheduledState.SENT, ScheduledState.STOPPED, ScheduledState.CANCELLED)


@action(silent="presence means nothing after 25 seconds")
def forget_presence() -> int:
    """Remove old presence; returns how many rows went."""
    return rows_changed(sa.delete(Presence).where(Presence.seen_at < clock.now() - PRESENCE_KEPT))


@action(silent="an upload that nothing took was no part of any ticket")
def forget_uploads() -> int:
    """Remove uploads that no ticket took within a day; their bytes go with the next sweep of the files.

    Files of replies that wait for their time, and of drafts such replies became again, stay. They are locked first:
    a reply that is scheduled just now either finds its files, or is found here.
    """
    old = sa.select(Attachment.id, Attachment.uploader_id).where(
        Attachment.ticket_id.is_(None), Attachment.created_at < clock.now() - UPLOAD_KEPT
    )
    found = {row.id: row.uploader_id for row in db.session.execute(old.with_for_update())}
    gone = set(found) - _unsent({person_id for person_id in found.values() if person_id})
    if not gone:
        return 0
    return rows_changed(sa.delete(Attachment).where(Attachment.id.in_(gone)))


@action(silent="an upload nobody finished was no part of any ticket, and a finished one is a file")
def forget_parts() -> int:
    """Remove uploads that were announced a day ago, with their parts; their bytes go with the next sweep.

    They are locked first: one that is finished just now either finds its parts, or is found here as a file.
    """
    old = sa.select(Upload.id).where(Upload.created_at < clock.now() - UPLOAD_KEPT).order_by(Upload.id)
    ids = db.session.scalars(old.limit(BATCH).with_for_update()).all()
    if not ids:
        return 0
    db.session.execute(sa.delete(UploadPart).where(UploadPart.upload_id.in_(ids)))
    return rows_changed(sa.delete(Upload).where(Upload.id.in_(ids)))


def _unsent(person_ids: set[int]) -> set[int]:
    """Files that something these people have written and not sent names."""
    if not person_ids:
        return set()
    waiting = sa.select(ScheduledReply.attachment_ids).where(
        ScheduledReply.state == ScheduledState.WAITING, ScheduledReply.author_id.in_(person_ids)
    )
    drafts = sa.select(Draft.attachment_ids).where(
        Draft.person_id.in_(person_ids), Draft.attachment_ids.is_not(None)
    )
    return {one for query in (waiting, drafts) for ids in db.session.scalars(query) for one in ids or ()}


@action(silent="what became of a scheduled reply stands in the log and, when it was sent, as an entry")
def forget_scheduled() -> int:
    """Remove replies that were sent, stopped or cancelled long ago."""
    return rows_changed(
        sa.delete(ScheduledReply).where(
            ScheduledReply.state.in_(SETTLED), ScheduledReply.due_at < clock.now() - SETTLED_KEPT
        )
    )


def named(hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that an attachment names, or a part of one that still arrives."""
    columns = (Attachment.sha256, UploadPart.sha256)
    return {
        one for column in columns for one in db.session.scalars(sa.select(column).where(column.in_(hashes)))
    }
