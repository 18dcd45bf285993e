"""Replies for later: written now, sent by the clock, unless the customer writes first.

Who changes one holds its ticket first, so that a reply is sent, stopped or cancelled, and only one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.accounts.actors import CLOCK, actor_for_id
from app.accounts.models import Person
from app.core import clock, fault
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.language import _, ngettext
from app.events.log import action, record
from app.events.models import Event
from app.tickets.access import Need, ticket_for
from app.tickets.actions.attending import forget_draft, into_draft, read_up_to
from app.tickets.actions.files import unbound
from app.tickets.actions.replying import check_news, check_then, enter
from app.tickets.actions.stopping import stop
from app.tickets.events import ReplyAdded, ReplyScheduled, ReplyUnscheduled
from app.tickets.models import Comment, ReadMark, ScheduledReply, Ticket
from app.tickets.schemas import LaterReply, NewComment
from app.tickets.words import ScheduledState, Status, StopReason
from app.tickets.workflow import MOVES

SOONEST, LATEST = timedelta(minutes=1), timedelta(days=90)
MOST = 5
WAITING = ScheduledState.WAITING


@action
def schedule(actor: Actor, ticket_id: int, command: LaterReply) -> ScheduledReply:
    """Write a public reply that goes out later; the draft is forgotten.

    Raises:
        NotFound, Forbidden: see access; whoever asked does not answer themselves.
        Invalid: too soon or too far ahead, or a file that is not there any more.
        Conflict: somebody wrote meanwhile (see ``replying.check_news``), the ticket is closed, the status cannot
            follow, or too many replies wait already.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    if ticket.requester_id == actor.person_id:
        raise Forbidden(permission=Need.WORK.value)
    _check_due(command.due_at)
    check_news(ticket, command.based_on, actor)
    if ticket.status is Status.CLOSED:
        raise Conflict(_("This ticket is closed. Please reopen it first."), ticket_id=ticket.id)
    check_then(ticket, command.then)
    _check_number(ticket)
    reply = _note(ticket, command, actor)
    forget_draft(actor, ticket, is_internal=False)
    scheduled = ReplyScheduled(scheduled_id=reply.id, due_at=reply.due_at.isoformat())
    record(scheduled, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)
    return reply


def _check_due(due_at: datetime) -> None:
    ahead = due_at - clock.now()
    if ahead < SOONEST:
        raise Invalid({"due_at": _("Please choose a time that lies ahead.")})
    if ahead > LATEST:
        days = LATEST.days
        raise Invalid({"due_at": _("Please choose a time within the next %(days)s days.", days=days)})


def _check_number(ticket: Ticket) -> None:
    waiting = sa.select(sa.func.count()).where(
        ScheduledReply.ticket_id == ticket.id, ScheduledReply.state == WAITING
    )
    if ticket.has_scheduled and (db.session.scalar(waiting) or 0) >= MOST:
        raise Conflict(
            ngettext(
                "%(num)s reply is scheduled here already. Please send or cancel it first.",
                "%(num)s replies are scheduled here already. Please send or cancel one of them first.",
                MOST,
            ),
            ticket_id=ticket.id,
        )


def _note(ticket: Ticket, command: LaterReply, actor: Actor) -> ScheduledReply:
    files = sorted(set(command.attachment_ids))
    if len(unbound(files, actor=actor, lock=True)) != len(files):
        gone = _("One of the files is not there any more. Please attach it again.")
        raise Invalid({"attachment_ids": gone})
    reply = ScheduledReply(
        ticket_id=ticket.id,
        author_id=actor.person_id or 0,
        body=command.body,
        attachment_ids=files,
        then=command.then,
        pending_reason=command.pending_reason,
        due_at=command.due_at.astimezone(UTC),
        state=WAITING,
        after_entry_id=ticket.last_entry_id,
        created_at=clock.now(),
    )
    db.session.add(reply)
    ticket.has_scheduled = True
    db.session.flush()
    return reply


@action
def send_now(actor: Actor, ticket_id: int, scheduled_id: int) -> Comment:
    """Send one's own reply before its time, as if it had just been written: it can be taken back for a moment.

    Raises:
        NotFound, Forbidden: see access; only the author may.
        Conflict: it does not wait any more, or its status cannot follow.
        Invalid: one of its files is not there any more.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    reply = _waiting_on(ticket, scheduled_id)
    if reply.author_id != actor.person_id:
        raise Forbidden(permission=Need.WORK.value)
    check_then(ticket, reply.then)
    comment = _send(ticket, reply, actor)
    read_up_to(ticket, comment.id, actor=actor)
    return comment


@action
def cancel(actor: Actor, ticket_id: int, scheduled_id: int) -> None:
    """Let a reply not go out; text and files go back into the draft of its author.

    Raises:
        NotFound, Forbidden: see access; the author may, and leaders.
        Conflict: it does not wait any more.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    reply = _waiting_on(ticket, scheduled_id)
    if reply.author_id != actor.person_id and not actor.can(Need.ASSIGN.value):
        raise Forbidden(permission=Need.ASSIGN.value)
    into_draft(reply.author_id, ticket.id, reply.body, reply.attachment_ids)
    _settle(reply, ScheduledState.CANCELLED)
    cancelled = ReplyUnscheduled(scheduled_id=reply.id, person_id=reply.author_id)
    record(cancelled, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)


def _waiting_on(ticket: Ticket, scheduled_id: int) -> ScheduledReply:
    reply = _locked(scheduled_id)
    if reply is None or reply.ticket_id != ticket.id:
        raise NotFound
    if reply.state is not WAITING:
        raise Conflict(_("This reply is not scheduled any more."), ticket_id=ticket.id)
    return reply


def _locked(scheduled_id: int) -> ScheduledReply | None:
    return db.session.get(ScheduledReply, scheduled_id, with_for_update=True, populate_existing=True)


def due(limit: int) -> Sequence[int]:
    """Replies whose time has come, the longest due first."""
    return db.session.scalars(
        sa.select(ScheduledReply.id)
        .where(ScheduledReply.state == WAITING, ScheduledReply.due_at <= clock.now())
        .order_by(ScheduledReply.due_at)
        .limit(limit)
    ).all()


@action
def send_due(scheduled_id: int) -> None:
    """Look again under lock and send a reply whose time has come in the name of its author, exactly once.

    It is stopped instead when it could do harm by now: see ``StopReason``.
    """
    ticket_id = db.session.scalar(
        sa.select(ScheduledReply.ticket_id).where(ScheduledReply.id == scheduled_id)
    )
    ticket = db.session.get(Ticket, ticket_id or 0, with_for_update=True, populate_existing=True)
    reply = _locked(scheduled_id)
    if ticket is None or reply is None or reply.state is not WAITING or reply.due_at > clock.now():
        return
    fault.point("scheduled.locked")
    author = _author(reply)
    why = _obstacle(ticket, reply, author)
    if why is not None or author is None:
        stop([reply], why or StopReason.AUTHOR_GONE, actor=CLOCK)
        return
    seen = ticket.last_entry_id
    comment = _send(ticket, reply, author, at_once=True)
    _keep_read(ticket, seen, comment, author)
    fault.point("scheduled.entered")


def _author(reply: ScheduledReply) -> Actor | None:
    """The author as they are today; None when they may not work the ticket any more."""
    person = db.session.get(Person, reply.author_id, populate_existing=True)
    if person is None or not person.is_active:
        return None
    author = actor_for_id(person.id)
    try:
        ticket_for(author, reply.ticket_id, Need.WORK)
    except (NotFound, Forbidden):
        return None
    return author


def _obstacle(ticket: Ticket, reply: ScheduledReply, author: Actor | None) -> StopReason | None:
    if ticket.deleted_at is not None:
        return StopReason.DELETED
    if ticket.status is Status.CLOSED:
        return StopReason.CLOSED
    if _customer_wrote_since(ticket, reply):
        return StopReason.CUSTOMER_REPLIED
    if author is None:
        return StopReason.AUTHOR_GONE
    if ticket.requester_id == author.person_id:
        return StopReason.REQUESTER_CHANGED
    if reply.then not in (None, ticket.status, *MOVES[ticket.status]):
        return StopReason.STATUS
    if len(unbound(reply.attachment_ids, actor=author)) != len(reply.attachment_ids):
        return StopReason.FILES
    return None


def _customer_wrote_since(ticket: Ticket, reply: ScheduledReply) -> bool:
    """Whether a person of the requester's side wrote after the reply; the log knows machines from people."""
    if ticket.last_entry_id <= reply.after_entry_id:
        return False
    said = db.session.scalars(
        sa.select(Event.payload).where(
            Event.ticket_id == ticket.id, Event.kind == ReplyAdded.kind, Event.at >= reply.created_at
        )
    )
    return any(
        not (one["by_staff"] or one.get("by_machine")) and one["comment_id"] > reply.after_entry_id
        for one in said
    )


def _send(ticket: Ticket, reply: ScheduledReply, author: Actor, *, at_once: bool = False) -> Comment:
    """Settled before it is said: what the entry leads to must not stop it."""
    command = NewComment(
        body=reply.body,
        attachment_ids=reply.attachment_ids,
        then=reply.then,
        pending_reason=reply.pending_reason,
    )
    _settle(reply, ScheduledState.SENT)
    comment = enter(ticket, command, actor=author, by_staff=True, at_once=at_once)
    reply.comment_id = comment.id
    return comment


def _settle(reply: ScheduledReply, state: ScheduledState) -> None:
    reply.state, reply.settled_at = state, clock.now()
    reply.body, reply.attachment_ids = "", []
    db.session.flush()


def _keep_read(ticket: Ticket, seen: int, comment: Comment, author: Actor) -> None:
    """A ticket its author had read to the end is not new to them because of their own words."""
    mark = sa.update(ReadMark).where(
        ReadMark.person_id == author.person_id, ReadMark.ticket_id == ticket.id, ReadMark.entry_id >= seen
    )
    db.session.execute(mark.values(entry_id=comment.id).execution_options(synchronize_session=False))
