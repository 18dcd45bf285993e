"""Clearing away what nobody needs any more: presence of those who left, uploads that nothing took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, rows_changed
from app.events.log import action
from app.tickets.models import Attachment, Presence

PRESENCE_KEPT = timedelta(hours=1)
UPLOAD_KEPT = timedelta(days=1)


@action(silent="presence means nothing after 25 seconds")
def forget_presence() -> int:
    """Remove old presence; returns how many rows went."""
    return rows_changed(sa.delete(Presence).where(Presence.seen_at < clock.now() - PRESENCE_KEPT))


@action(silent="an upload that nothing took was no part of any ticket")
def forget_uploads() -> int:
    """Remove uploads that no ticket took within a day; their bytes go with the next sweep of the files."""
    return rows_changed(
        sa.delete(Attachment).where(
            Attachment.ticket_id.is_(None), Attachment.created_at < clock.now() - UPLOAD_KEPT
        )
    )


def named(hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that an attachment names."""
    return set(
        db.session.scalars(sa.select(Attachment.sha256).where(Attachment.sha256.in_(hashes)).distinct())
    )
