"""Putting right what the machine could not know: whose request it is, an entry in the wrong ticket, spam."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.models import Person
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.language import _
from app.events.log import action, record
from app.tickets.access import Need, comment_for, ticket_for
from app.tickets.actions.changing import refresh_clocks, touched, turn_clocks
from app.tickets.actions.opening import FromMail, Written, open_ticket
from app.tickets.actions.stopping import stop_waiting
from app.tickets.events import EntryMoved, MarkedAsSpam, RequesterChanged, UnmarkedAsSpam
from app.tickets.models import Attachment, Comment, Participant, Ticket
from app.tickets.schemas import NewTicket
from app.tickets.words import Channel, StopReason


@action
def change_requester(actor: Actor, ticket_id: int, person_id: int) -> Ticket:
    """Make it somebody else's request; its promise may change with the organisation.

    Raises:
        NotFound, Forbidden: see access.
        Invalid: nobody active has this id.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    person = db.session.get(Person, person_id)
    if person is None or not person.is_active:
        raise Invalid({"requester_id": _("This person is not known here.")})
    if person.id == ticket.requester_id:
        return ticket
    old, ticket.requester_id = ticket.requester_id, person.id
    ticket.organisation_id = person.organisation_id
    part = sa.delete(Participant).where(
        Participant.ticket_id == ticket.id, Participant.person_id == person.id
    )
    db.session.execute(part.execution_options(synchronize_session=False))
    turn_clocks(ticket, clock.now())
    touched(ticket)
    changed = RequesterChanged(old_id=old, new_id=person.id)
    record(changed, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    stop_waiting(ticket, StopReason.REQUESTER_CHANGED, actor=actor)
    return ticket


@action
def move_entry(actor: Actor, ticket_id: int, comment_id: int, title: str, requester_id: int) -> Ticket:
    """Make a ticket of its own of an entry that came by mail and does not belong here; its files go with it.

    Args:
        title: of the new ticket.
        requester_id: whose request it is: whoever wrote the entry.

    Raises:
        NotFound, Forbidden: see access.
        Conflict: the entry did not come by mail, or is not there any more.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    comment = comment_for(actor, ticket_id, comment_id, lock=True)
    if not comment.is_from_email or comment.taken_back_at is not None or comment.redacted_at is not None:
        raise Conflict(_("This entry cannot be moved."), ticket_id=ticket.id)
    made = open_ticket(
        NewTicket(title=title, description=comment.body, team_id=ticket.team_id),
        actor=actor,
        channel=Channel.EMAIL,
        requester_id=requester_id,
        mail=FromMail(
            sender=comment.author_email,
            written=Written(comment.body, comment.body_html).with_quote(comment.folded),
            by_machine=True,
            moved_from_id=ticket.id,
        ),
    )
    made.last_entry_by_customer = True
    _move_files(comment, made)
    comment.taken_back_at = clock.now()
    touched(ticket)
    moved = EntryMoved(comment_id=comment.id, new_ticket_id=made.id)
    record(moved, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    return made


def _move_files(comment: Comment, made: Ticket) -> None:
    files = sa.update(Attachment).where(Attachment.comment_id == comment.id)
    moved = files.values(ticket_id=made.id, comment_id=None).execution_options(synchronize_session=False)
    made.has_files = bool(
        db.session.scalar(sa.select(sa.exists().where(Attachment.comment_id == comment.id)))
    )
    db.session.execute(moved)


@action
def mark_as_spam(actor: Actor, ticket_id: int) -> Ticket:
    """Take a ticket nobody asked for out of everybody's sight; nobody outside hears of it.

    Raises:
        NotFound, Forbidden: see access.
        Conflict: it did not come by mail, or somebody has answered it.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    if ticket.channel is not Channel.EMAIL or ticket.first_response_at is not None:
        raise Conflict(_("Only mail that nobody has answered can be marked as spam."), ticket_id=ticket.id)
    ticket.deleted_at, ticket.check_at = clock.now(), None
    touched(ticket)
    record(MarkedAsSpam(), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    stop_waiting(ticket, StopReason.SPAM, actor=actor)
    return ticket


@action
def unmark_as_spam(actor: Actor, ticket_id: int) -> Ticket:
    """It was a request after all.

    Raises:
        NotFound: no such ticket, or it is not hidden.
        Forbidden: not the actor's to say.
    """
    if actor.is_signed_in and not actor.can(Need.DELETE.value):
        raise Forbidden(permission=Need.DELETE.value)
    ticket = db.session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if ticket is None or ticket.deleted_at is None or ticket.team_id in actor.hidden_team_ids:
        raise NotFound
    ticket.deleted_at = None
    refresh_clocks(ticket)
    touched(ticket)
    record(UnmarkedAsSpam(), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    return ticket
