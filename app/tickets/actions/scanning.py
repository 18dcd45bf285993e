"""What the virus scanner said about uploaded files."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from app.accounts.actors import CLOCK
from app.core.db import db
from app.events.log import action, record
from app.tickets.events import FileFoundInfected
from app.tickets.models import Attachment
from app.tickets.words import AttachmentState


def waiting(limit: int) -> Sequence[tuple[int, str]]:
    """Ids and hashes of files that nobody may read yet, oldest first."""
    rows = db.session.execute(
        sa.select(Attachment.id, Attachment.sha256)
        .where(Attachment.state == AttachmentState.PENDING)
        .order_by(Attachment.id)
        .limit(limit)
    )
    return [(row.id, row.sha256) for row in rows]


@action(silent="a file that is clean is what everybody expects; an infected one is recorded")
def judge(attachment_id: int, *, clean: bool) -> None:
    """Let a file be read, or lock it away."""
    attachment = db.session.get(Attachment, attachment_id, with_for_update=True, populate_existing=True)
    if attachment is None or attachment.state is not AttachmentState.PENDING:
        return
    attachment.state = AttachmentState.CLEAN if clean else AttachmentState.INFECTED
    if clean:
        return
    ticket = attachment.ticket_id
    subject = ("ticket", ticket) if ticket else ("attachment", attachment.id)
    record(FileFoundInfected(attachment_id=attachment.id), actor=CLOCK, subject=subject, ticket=ticket)
