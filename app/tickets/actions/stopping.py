"""Stopping replies that wait for their time: because the customer was faster, or because the ticket is done."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.events.log import record
from app.tickets.actions.attending import into_draft
from app.tickets.events import ReplyStopped
from app.tickets.models import ScheduledReply, Ticket
from app.tickets.words import ScheduledState, StopReason


def stop_waiting(ticket: Ticket, why: StopReason, *, actor: Actor) -> None:
    """Stop every reply that waits on a locked ticket; each text goes back into the draft of its author.

    Drafts grow at their head: the reply that would have gone out last is put there first.
    """
    if not ticket.has_scheduled:
        return
    waiting = (
        sa.select(ScheduledReply)
        .where(ScheduledReply.ticket_id == ticket.id, ScheduledReply.state == ScheduledState.WAITING)
        .order_by(ScheduledReply.due_at.desc(), ScheduledReply.id.desc())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    stop(db.session.scalars(waiting).all(), why, actor=actor)


def stop(replies: Iterable[ScheduledReply], why: StopReason, *, actor: Actor) -> None:
    """Stop replies of a locked ticket.

    The texts stay in their rows, too: a page that still saves an older draft must not be the end of them.
    """
    for reply in replies:
        reply.state, reply.settled_at = ScheduledState.STOPPED, clock.now()
        into_draft(reply.author_id, reply.ticket_id, reply.body, reply.attachment_ids)
        stopped = ReplyStopped(scheduled_id=reply.id, person_id=reply.author_id, why=why)
        record(stopped, actor=actor, subject=("ticket", reply.ticket_id), ticket=reply.ticket_id)
