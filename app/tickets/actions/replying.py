"""The conversation: replies, notes, taking back, correcting, redacting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.db import db
from app.core.errors import Conflict, Forbidden
from app.core.language import _
from app.core.text import render
from app.events.log import action, record
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.tickets.access import Need, comment_for, entry_visible_to, is_staff, ticket_for
from app.tickets.actions.attending import forget_draft, into_draft, read_up_to
from app.tickets.actions.changing import move, refresh_clocks, touched, turn_clocks
from app.tickets.actions.files import bind
from app.tickets.actions.stopping import stop_waiting
from app.tickets.events import CommentCorrected, CommentRedacted, NoteAdded, ReplyAdded, ReplyTakenBack
from app.tickets.models import Comment, ReadMark, Ticket
from app.tickets.schemas import NewComment
from app.tickets.words import PendingReason, Status, StopReason
from app.tickets.workflow import check_move, phase_of


@action
def add_comment(actor: Actor, ticket_id: int, command: NewComment) -> Comment:
    """Add a public reply or an internal note at a door where the actor is a person.

    Raises:
        NotFound, Forbidden: see access; notes are for staff.
        Conflict: somebody wrote meanwhile (``details["news"]`` names the entries), or the ticket is closed.
    """
    need = Need.NOTE if command.is_internal or command.then is not None else Need.COMMENT
    ticket = ticket_for(actor, ticket_id, need, lock=True)
    by_staff = is_staff(actor) and ticket.requester_id != actor.person_id
    check_news(ticket, command.based_on, actor)
    if command.is_internal or by_staff:
        check_then(ticket, command.then)
    comment = enter(ticket, command, actor=actor, by_staff=by_staff)
    forget_draft(actor, ticket, is_internal=command.is_internal)
    if is_staff(actor):
        read_up_to(ticket, comment.id, actor=actor)
    return comment


@action
def enter(
    ticket: Ticket,
    command: NewComment,
    *,
    actor: Actor,
    by_staff: bool,
    author_id: int | None = None,
    from_email: dict[str, Any] | None = None,
    by_machine: bool = False,
    at_once: bool = False,
) -> Comment:
    """Write an entry on a locked ticket and let the ticket react: answer, reopening, clocks, fact.

    Args:
        by_staff: an agent speaks (not the requester's side).
        author_id: the author when the actor is not a person (mail).
        from_email: ``author_name``, ``author_email``, ``folded``, ``is_unverified`` of a mail.
        by_machine: an auto-reply: kept, but nothing reopens and no clock moves.
        at_once: its time has come: it cannot be taken back any more.
    """
    now, before = clock.now(), _undo_of(ticket)
    held = by_staff and not (command.is_internal or from_email or at_once) and actor.kind is ActorKind.PERSON
    seconds = settings(TicketRules).undo_seconds if held else 0
    comment = Comment(
        ticket_id=ticket.id,
        author_id=author_id if author_id is not None else actor.person_id,
        author_name=actor.full_name,
        author_email=actor.email,
        by_staff=by_staff,
        body=command.body,
        body_html=render(command.body),
        is_internal=command.is_internal,
        is_from_email=from_email is not None,
        public_from=now + timedelta(seconds=seconds) if seconds else None,
        undo=before if seconds else {},
        created_at=now,
    )
    for name, value in (from_email or {}).items():
        setattr(comment, name, value)
    db.session.add(comment)
    db.session.flush()
    bind(command.attachment_ids, ticket, comment, actor=actor)
    ticket.last_entry_id = comment.id
    touched(ticket, now)
    _record_entry(ticket, comment, actor, by_machine)
    if not by_machine:
        _react(ticket, comment, command, actor)
    return comment


def _record_entry(ticket: Ticket, comment: Comment, actor: Actor, by_machine: bool) -> None:
    fact: NoteAdded | ReplyAdded = NoteAdded(comment_id=comment.id)
    if not comment.is_internal:
        fact = ReplyAdded(comment_id=comment.id, by_staff=comment.by_staff, by_machine=by_machine)
    record(fact, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id)


def _react(ticket: Ticket, comment: Comment, command: NewComment, actor: Actor) -> None:
    if comment.is_internal:
        _then(ticket, command, actor)
        return
    ticket.last_entry_by_customer = not comment.by_staff
    if comment.by_staff:
        if ticket.first_response_at is None and not comment.is_ai:
            ticket.first_response_at = comment.created_at
            refresh_clocks(ticket)
        if command.then is not None:
            _then(ticket, command, actor)
        elif ticket.status is Status.OPEN:
            move(ticket, Status.IN_PROGRESS, actor=actor, how="answered")
        return
    stop_waiting(ticket, StopReason.CUSTOMER_REPLIED, actor=actor)
    if ticket.status in (Status.PENDING, Status.RESOLVED, Status.CLOSED):
        back = Status.IN_PROGRESS if ticket.assignee_id else Status.OPEN
        move(ticket, back, actor=actor, how="customer_replied")


def _then(ticket: Ticket, command: NewComment, actor: Actor) -> None:
    if command.then is not None:
        move(ticket, command.then, actor=actor, reason=command.pending_reason, how="with_reply")


def _undo_of(ticket: Ticket) -> dict[str, Any]:
    return {
        "status": ticket.status.value,
        "pending_reason": ticket.pending_reason.value if ticket.pending_reason else None,
        "answered": ticket.first_response_at is not None,
        "last_entry_id": ticket.last_entry_id,
        "by_customer": ticket.last_entry_by_customer,
    }


def check_news(ticket: Ticket, based_on: int | None, actor: Actor) -> None:
    """Whether the writer had seen everything.

    Raises:
        Conflict: somebody else wrote meanwhile; ``details["news"]`` names the entries.
    """
    if based_on is None or ticket.last_entry_id <= based_on:
        return
    news = list(
        db.session.scalars(
            sa.select(Comment.id)
            .where(Comment.ticket_id == ticket.id, Comment.id > based_on, entry_visible_to(actor))
            .where(sa.or_(Comment.author_id.is_(None), Comment.author_id != actor.person_id))
            .where(Comment.taken_back_at.is_(None))
            .order_by(Comment.id)
        )
    )
    if news:
        raise Conflict(_("Meanwhile there is a new message."), ticket_id=ticket.id, news=news)


def check_then(ticket: Ticket, then: Status | None) -> None:
    """Whether a status may follow: refused before anything is written, so that the ticket is shown as it is.

    Raises:
        Conflict: there is no such move.
    """
    if then is not None and then is not ticket.status:
        check_move(ticket.status, then)


@action
def take_back(actor: Actor, ticket_id: int, comment_id: int) -> Comment:
    """Take one's own reply back before it goes out: ticket as before, text back in the draft.

    Raises:
        NotFound, Forbidden: see access; only the author may.
        Conflict: the time to take it back is over.
    """
    ticket = ticket_for(actor, ticket_id, Need.WORK, lock=True)
    comment = comment_for(actor, ticket_id, comment_id, lock=True)
    if comment.author_id != actor.person_id or comment.is_internal:
        raise Forbidden(permission="tickets.work")
    if comment.taken_back_at is not None or comment.public_from is None or comment.public_from <= clock.now():
        raise Conflict(_("The reply has already been sent."), ticket_id=ticket.id)
    comment.taken_back_at = clock.now()
    _restore(ticket, comment)
    into_draft(actor.person_id or 0, ticket.id, comment.body)
    touched(ticket)
    record(
        ReplyTakenBack(comment_id=comment.id), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id
    )
    return comment


def _restore(ticket: Ticket, comment: Comment) -> None:
    """Undo what the reply did, unless something else happened since."""
    undo = comment.undo
    if ticket.last_entry_id == comment.id:
        ticket.last_entry_id = undo["last_entry_id"]
        ticket.last_entry_by_customer = undo["by_customer"]
    if not undo["answered"] and ticket.first_response_at == comment.created_at:
        ticket.first_response_at = None
    old = Status(undo["status"])
    if ticket.status is not old:
        ticket.status, ticket.phase = old, phase_of(old)
        ticket.pending_reason = PendingReason(undo["pending_reason"]) if undo["pending_reason"] else None
        ticket.resolved_at = ticket.closed_at = None
    turn_clocks(ticket, clock.now())


@action
def correct(actor: Actor, ticket_id: int, comment_id: int, body: str) -> Comment:
    """Correct one's own entry within some minutes, unless it was sent or read.

    Raises:
        NotFound, Forbidden: see access; only the author may.
        Conflict: too late, or somebody has it already.
    """
    ticket = ticket_for(actor, ticket_id, Need.COMMENT, lock=True)
    comment = comment_for(actor, ticket_id, comment_id, lock=True)
    if comment.author_id != actor.person_id:
        raise Forbidden(permission="tickets.comment")
    minutes = settings(TicketRules).correct_within_minutes
    if comment.created_at < clock.now() - timedelta(minutes=minutes) or comment.redacted_at is not None:
        raise Conflict(_("This entry can no longer be changed."), ticket_id=ticket.id)
    if _went_out(comment) or _was_read(comment):
        raise Conflict(
            _("This entry was already sent or read and can no longer be changed."), ticket_id=ticket.id
        )
    comment.body, comment.body_html, comment.updated_at = body, render(body), clock.now()
    touched(ticket)
    record(
        CommentCorrected(comment_id=comment.id), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id
    )
    return comment


def _went_out(comment: Comment) -> bool:
    """Mails of staff replies leave when the undo window ends; entries of customers notify at once."""
    if comment.is_internal:
        return False
    return comment.public_from is None or comment.public_from <= clock.now()


def _was_read(comment: Comment) -> bool:
    return bool(
        db.session.scalar(
            sa.select(sa.literal(1))
            .where(ReadMark.ticket_id == comment.ticket_id, ReadMark.entry_id >= comment.id)
            .where(ReadMark.person_id != comment.author_id)
            .limit(1)
        )
    )


@action
def redact(actor: Actor, ticket_id: int, comment_id: int) -> Comment:
    """Remove the words of an entry for good (team leaders, admins); a mark stays.

    Raises:
        NotFound, Forbidden: see access.
    """
    ticket = ticket_for(actor, ticket_id, Need.REDACT, lock=True)
    comment = comment_for(actor, ticket_id, comment_id, lock=True)
    comment.body = comment.body_html = comment.folded = ""
    comment.redacted_at, comment.redacted_by_id = clock.now(), actor.person_id
    touched(ticket)
    record(
        CommentRedacted(comment_id=comment.id), actor=actor, subject=("ticket", ticket.id), ticket=ticket.id
    )
    return comment
