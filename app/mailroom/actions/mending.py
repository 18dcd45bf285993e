"""What agents put right about mail: an entry into a ticket of its own, the real requester, spam and not spam."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import addresses
from app.accounts.actions.by_mail import find_or_create
from app.core import plain
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.language import _
from app.events.log import action
from app.mailroom.access import raw_for
from app.mailroom.actions.blocking import block
from app.mailroom.actions.requesters import unknown_sender
from app.mailroom.asking import parted
from app.mailroom.models import RawMail
from app.mailroom.outcomes import Reason, State
from app.mailroom.schemas import NewBlock
from app.mailroom.wording import title_of
from app.mailroom.words import Match
from app.tickets.access import Need, comment_for, ticket_for
from app.tickets.actions import closing, mending, replying
from app.tickets.models import Comment, Ticket
from app.tickets.schemas import NewComment


@action
def move_to_new_ticket(actor: Actor, ticket_id: int, comment_id: int) -> Ticket:
    """Make a ticket of its own of a mail that was put into this one.

    Raises:
        NotFound, Forbidden, Conflict: see ``tickets.actions.mending.move_entry``.
    """
    ticket_for(actor, ticket_id, Need.WORK)
    comment = comment_for(actor, ticket_id, comment_id)
    raw = db.session.scalar(sa.select(RawMail).where(RawMail.comment_id == comment.id).with_for_update())
    title = title_of(raw.subject if raw else "")
    requester_id = _person_behind(comment, actor)
    made = mending.move_entry(actor, ticket_id, comment_id, title, requester_id)
    if raw is not None:
        raw.state, raw.ticket_id, raw.comment_id = State.TICKET, made.id, None
        raw.matched_by = Match.BY_HAND
    return made


def _person_behind(comment: Comment, actor: Actor) -> int:
    try:
        person = find_or_create(comment.author_email, comment.author_name, actor=actor)
    except ValueError:
        return unknown_sender(actor=actor).id
    return person.id if person.is_active else unknown_sender(actor=actor).id


@action
def take_over_asker(actor: Actor, raw_id: int) -> Ticket:
    """Make the ticket of a mail the request of the person whose mail a colleague passed on.

    Raises:
        NotFound, Forbidden: see access; only the mail that opened a ticket counts.
        Conflict: the mail names nobody.
    """
    raw = raw_for(actor, raw_id)
    ticket_id = raw.ticket_id
    if ticket_id is None or raw.comment_id is not None:
        raise NotFound
    ticket_for(actor, ticket_id, Need.WORK)
    if not raw.asker_email:
        raise Conflict(_("The mail names no sender."), ticket_id=ticket_id)
    try:
        person = find_or_create(raw.asker_email, raw.asker_name, actor=actor)
    except ValueError as error:
        raise Conflict(_("The mail names no sender."), ticket_id=ticket_id) from error
    if not person.is_active:
        raise Conflict(_("This person's account is deactivated."), ticket_id=ticket_id)
    _must_be_unanswered(ticket_id)
    ticket = mending.change_requester(actor, ticket_id, person.id)
    _keep_cover_among_colleagues(ticket, actor)
    return ticket


def _must_be_unanswered(ticket_id: int) -> None:
    """What was said to the colleague was not meant for somebody else's eyes."""
    public = sa.exists().where(
        Comment.ticket_id == ticket_id, Comment.is_internal.is_(False), Comment.taken_back_at.is_(None)
    )
    if db.session.scalar(sa.select(public)):
        said = _("This ticket was answered already, so its requester cannot be exchanged.")
        raise Conflict(said, ticket_id=ticket_id)


def _keep_cover_among_colleagues(ticket: Ticket, actor: Actor) -> None:
    """What a colleague wrote above the mail becomes a note; the request is the mail that was passed on."""
    cover, request = parted(ticket.description)
    if not cover or not request:
        return
    ticket.description, ticket.description_html = request, plain.to_html(request)
    note = NewComment(body=cover, is_internal=True)
    replying.enter(ticket, note, actor=actor, by_staff=True)


@action
def mark_as_spam(actor: Actor, ticket_id: int, *, block_sender: bool) -> Ticket:
    """Hide a ticket nobody asked for; on request its sender is heard no more.

    Raises:
        NotFound, Forbidden, Conflict: see ``tickets.actions.mending.mark_as_spam``.
        Invalid: the sender is one of our own addresses.
    """
    ticket = mending.mark_as_spam(actor, ticket_id)
    marked = sa.update(RawMail).where(RawMail.ticket_id == ticket.id, RawMail.comment_id.is_(None))
    db.session.execute(
        marked.values(state=State.IGNORED, reason=Reason.SPAM).execution_options(synchronize_session=False)
    )
    if block_sender and addresses.key(ticket.email_from):
        block(NewBlock(pattern=ticket.email_from), actor=actor)
    return ticket


@action
def restore(actor: Actor, ticket_id: int) -> Ticket:
    """Bring a deleted ticket back, by whatever way it went; its mail is no spam then.

    Raises:
        NotFound: see ``tickets.actions.closing.restore``.
    """
    ticket = closing.restore(actor, ticket_id)
    spam = sa.update(RawMail).where(RawMail.ticket_id == ticket.id, RawMail.reason == Reason.SPAM)
    db.session.execute(
        spam.values(state=State.TICKET, reason="").execution_options(synchronize_session=False)
    )
    return ticket


@action
def unmark_as_spam(actor: Actor, raw_id: int) -> Ticket:
    """Bring a ticket back that was taken for spam.

    Raises:
        NotFound: the mail is no spam, or not the actor's to see.
    """
    raw = db.session.get(RawMail, raw_id, with_for_update=True, populate_existing=True)
    if raw is None or raw.reason != Reason.SPAM or raw.ticket_id is None:
        raise NotFound
    ticket = mending.unmark_as_spam(actor, raw.ticket_id)
    raw.state, raw.reason = State.TICKET, ""
    return ticket
