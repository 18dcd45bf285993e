"""Asking somebody outside: what is sent about a ticket, kept as a note; the answer comes back as one."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import mailboxes
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Invalid
from app.core.language import _
from app.events.log import action, record
from app.mailroom.events import TicketForwarded
from app.mailroom.models import Forwarding
from app.mailroom.schemas import NewForwarding
from app.tickets.access import Need, ticket_for
from app.tickets.actions import replying
from app.tickets.actions.changing import move
from app.tickets.models import Attachment, Comment, Ticket
from app.tickets.schemas import NewComment
from app.tickets.words import ACTIVE, AttachmentState, PendingReason, Status

MOST_BYTES = 20 * 1024 * 1024


@action
def forward(actor: Actor, ticket_id: int, command: NewForwarding) -> Forwarding:
    """Send words about a ticket to an address outside; the note that keeps them is never seen by the requester.

    Raises:
        NotFound, Forbidden: see access.
        Invalid: the address is one of our own; or a file cannot be sent.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    if mailboxes.is_ours(command.address):
        raise Invalid({"address": _("This address belongs to the helpdesk itself.")})
    _check_files(ticket, command.file_ids)
    comment = _note(ticket, command, actor)
    made = Forwarding(
        ticket_id=ticket.id,
        comment_id=comment.id,
        address=command.address,
        subject=ticket.title,
        body=command.body,
        with_request=command.with_request,
        file_ids=command.file_ids,
        created_by_id=actor.person_id or 0,
        created_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    fact = TicketForwarded(forwarding_id=made.id, comment_id=comment.id)
    record(fact, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    if command.waits and ticket.status in ACTIVE:
        move(ticket, Status.PENDING, actor=actor, reason=PendingReason.THIRD_PARTY, how="forwarded")
    return made


def _note(ticket: Ticket, command: NewForwarding, actor: Actor) -> Comment:
    """What was sent, for colleagues."""
    body = _("Sent to %(address)s:", address=command.address) + f"\n\n{command.body}"
    note = NewComment(body=body, is_internal=True)
    return replying.enter(ticket, note, actor=actor, by_staff=True)


def _check_files(ticket: Ticket, file_ids: list[int]) -> None:
    """Only what belongs to the ticket and is known to be clean leaves the house, and not more than a mail carries."""
    rows = db.session.execute(
        sa.select(Attachment.id, Attachment.size).where(
            Attachment.id.in_(file_ids),
            Attachment.ticket_id == ticket.id,
            Attachment.state == AttachmentState.CLEAN,
        )
    ).all()
    if len(rows) != len(set(file_ids)):
        raise Invalid({"file_ids": _("One of the files is not there any more, or may not be sent.")})
    if sum(size for _id, size in rows) > MOST_BYTES:
        raise Invalid({"file_ids": _("Together these files are too large for a mail.")})
