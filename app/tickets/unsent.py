"""What is written on a ticket and not sent: replies that wait for their time, and the files of what is no entry yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.tickets.models import Attachment, ScheduledReply, Ticket
from app.tickets.words import PendingReason, ScheduledState, Status


@dataclass(frozen=True, slots=True)
class Unsent:
    """A scheduled reply that waits, or one of the viewer's own that was stopped and not answered otherwise yet."""

    id: int
    author_id: int
    body: str
    attachment_ids: Sequence[int]
    then: Status | None
    pending_reason: PendingReason | None
    due_at: datetime
    is_stopped: bool


_TICKET: sa.BindParameter[int] = sa.bindparam("ticket", type_=sa.BigInteger)
_ME: sa.BindParameter[int] = sa.bindparam("me", type_=sa.BigInteger)
_IS_STOPPED = ScheduledReply.state == ScheduledState.STOPPED
_REPLIES = (
    sa.select(
        ScheduledReply.id,
        ScheduledReply.author_id,
        ScheduledReply.body,
        ScheduledReply.attachment_ids,
        ScheduledReply.then,
        ScheduledReply.pending_reason,
        ScheduledReply.due_at,
        _IS_STOPPED,
    )
    .where(
        ScheduledReply.ticket_id == _TICKET,
        ScheduledReply.state.in_((ScheduledState.WAITING, ScheduledState.STOPPED)),
        sa.or_(
            ScheduledReply.state == ScheduledState.WAITING,
            sa.and_(ScheduledReply.author_id == _ME, ScheduledReply.body != ""),
        ),
    )
    .order_by(ScheduledReply.due_at, ScheduledReply.id)
)


def replies(actor: Actor, ticket: Ticket) -> Sequence[Unsent]:
    """The replies that were written for later (staff); no question to the database where there never were any."""
    if not ticket.has_scheduled:
        return ()
    rows = db.session.execute(_REPLIES, {"ticket": ticket.id, "me": actor.person_id})
    return [Unsent(*row) for row in rows]


def files(ids: Iterable[int]) -> Mapping[int, Attachment]:
    """Uploads by id that no entry has taken; whoever may see what names them may see that they are there."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = db.session.scalars(
        sa.select(Attachment).where(Attachment.id.in_(wanted), Attachment.ticket_id.is_(None))
    )
    return {one.id: one for one in found}
