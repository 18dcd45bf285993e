"""A mail that belongs to a ticket becomes an entry of it: the requester's, a supplier's, or a colleague's answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.accounts.actors import actor_for_person
from app.accounts.models import Person
from app.core import plain
from app.core.actor import Actor
from app.core.language import _
from app.events.log import action, record
from app.mailroom import authentic
from app.mailroom.actions.deciding import Reading, decide
from app.mailroom.actions.opening import open_for, opened
from app.mailroom.authentic import Authentic
from app.mailroom.matching import Part, Place
from app.mailroom.outcomes import Outcome, Result, State
from app.mailroom.words import Match
from app.tickets.access import Need, ticket_for
from app.tickets.actions import files, replying, triage
from app.tickets.actions.changing import move
from app.tickets.events import FollowUpOpened
from app.tickets.models import Comment, Ticket
from app.tickets.schemas import NewComment
from app.tickets.words import PendingReason, Phase, Status

NAME_LENGTH = 160


@action
def join(raw_id: int, place: Place, sender: Person | None, reading: Reading, *, actor: Actor) -> Outcome:
    """Make an entry of a mail on the ticket it belongs to.

    Args:
        raw_id: the kept mail.
        place: where it belongs.
        sender: the person it came from; None for a supplier nobody knows.
        actor: the mail's.
    """
    ticket = ticket_for(actor, place.ticket_id or 0, Need.COMMENT, lock=True)
    by_machine = reading.verdict.is_machine
    is_customer = place.part is Part.CUSTOMER and sender is not None
    if is_customer and not by_machine and ticket.phase is Phase.CLOSED and triage.closed_for_long(ticket):
        return _follow_up(raw_id, ticket, sender, reading, actor)
    comment = _entry(ticket, place, sender, reading, actor)
    if place.part is Part.SUPPLIER and not by_machine:
        _go_on(ticket, actor)
    files.attach(list(reading.files), ticket, comment, actor=actor, scanned=reading.scanned)
    links = {"ticket_id": ticket.id, "comment_id": comment.id}
    decide(raw_id, State.COMMENT, reading, matched_by=place.match, links=links)
    return Outcome(Result.UPDATED, ticket_id=ticket.id)


def _entry(ticket: Ticket, place: Place, sender: Person | None, reading: Reading, actor: Actor) -> Comment:
    """Whose words these are counts for who may read them: without proof nobody's name is put above them (A01)."""
    said = authentic.judge(reading.mail, reading.origin.authserv_id)
    if place.part is Part.SUPPLIER:
        believed = place.is_proved and said is not Authentic.FAIL
        return _write(ticket, reading, actor, is_internal=True, unverified=not believed)
    if place.part is Part.STAFF:
        if (
            sender is None
            or reading.verdict.is_machine
            or not (place.is_proved and said is Authentic.CONFIRMED)
        ):
            return _write(ticket, reading, actor, is_internal=True, unverified=True)
        return _answer(ticket, sender, reading)
    is_customer = place.part is Part.CUSTOMER
    believed = is_customer and place.is_proved and said is not Authentic.FAIL
    return _write(ticket, reading, actor, author=sender if is_customer else None, unverified=not believed)


def _answer(ticket: Ticket, sender: Person, reading: Reading) -> Comment:
    """A colleague's answer. What it quotes is a notice of ours with internal facts: it never goes along, and where the
    words cannot be told from the quote nothing goes out (A37)."""
    examined = reading.examined
    if examined.is_mixed:
        note = _("Not sent: this answer has quoted text in it. Please check it and answer here.")
        examined = replace(examined, new=f"{note}\n\n{examined.new}")
    told = replace(reading, examined=replace(examined, folded=""))
    mixed = examined.is_mixed
    return _write(ticket, told, actor_for_person(sender), author=sender, by_staff=True, is_internal=mixed)


def _go_on(ticket: Ticket, actor: Actor) -> None:
    """What a ticket waited for outside has come."""
    if ticket.status is Status.PENDING and ticket.pending_reason is PendingReason.THIRD_PARTY:
        back = Status.IN_PROGRESS if ticket.assignee_id else Status.OPEN
        move(ticket, back, actor=actor, how="supplier_replied")


def _write(
    ticket: Ticket,
    reading: Reading,
    actor: Actor,
    *,
    author: Person | None = None,
    by_staff: bool = False,
    is_internal: bool = False,
    unverified: bool = False,
) -> Comment:
    command = NewComment(body=reading.examined.new, is_internal=is_internal)
    return replying.enter(
        ticket,
        command,
        actor=actor,
        by_staff=by_staff,
        author_id=author.id if author else None,
        from_email=_from_email(reading, author, shows_name=is_internal and not unverified)
        | {"is_unverified": unverified},
        by_machine=reading.verdict.is_machine,
    )


def _from_email(reading: Reading, author: Person | None, *, shows_name: bool) -> dict[str, Any]:
    """Who wrote it; a name nobody vouches for is not shown, anybody can write one."""
    examined, address = reading.examined, reading.mail.sender
    email = address.email if address else ""
    named = author.full_name if author else (address.name if shows_name and address else "")
    return {
        "author_name": (named or email)[:NAME_LENGTH],
        "author_email": email,
        "body_html": plain.to_html(examined.new),
        "folded": examined.folded,
    }


def _follow_up(raw_id: int, before: Ticket, sender: Person | None, reading: Reading, actor: Actor) -> Outcome:
    """Closed for so long that it is a new request about an old one."""
    if sender is None:
        raise ValueError("a follow-up needs its requester")
    made = open_for(sender, reading, actor=actor, follows_id=before.id)
    record(FollowUpOpened(follow_up_id=made.id), actor=actor, subject=("ticket", before.id), ticket=before.id)
    return opened(raw_id, made, reading, actor=actor, match=Match.CLOSED)
