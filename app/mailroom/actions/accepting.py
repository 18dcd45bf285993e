"""From a mail that was read to an entry: ignored, joined to its ticket, or a new ticket; exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.accounts.models import Person
from app.core import clock, plain
from app.core.actor import Actor
from app.core.db import rows_changed
from app.core.text import one_line
from app.events.log import action, record
from app.mailroom.actions.keeping import DETAIL_LENGTH
from app.mailroom.actions.requesters import requester_of, sender_of
from app.mailroom.events import MailIgnored, TicketNamed
from app.mailroom.machines import Verdict
from app.mailroom.mail import Mail
from app.mailroom.matching import Part, Place, names_any, place_for
from app.mailroom.models import RawMail
from app.mailroom.nobody import ADDRESS
from app.mailroom.outcomes import Outcome, Reason, Result, State
from app.mailroom.wording import Examined
from app.mailroom.words import MachineKind
from app.tickets.access import Need, ticket_for
from app.tickets.actions import files, opening, replying, triage
from app.tickets.actions.files import StoredFile
from app.tickets.events import FollowUpOpened
from app.tickets.models import Ticket
from app.tickets.schemas import NewComment, NewTicket
from app.tickets.words import Channel, Phase

# Nothing of these ever becomes text on a ticket (abuse cases A11, A12).
IGNORED = {
    MachineKind.BOUNCE: Reason.BOUNCE,
    MachineKind.RECEIPT: Reason.RECEIPT,
    MachineKind.COMPLAINT: Reason.COMPLAINT,
    MachineKind.OWN: Reason.OWN,
}
NAME_LENGTH = 160
FRESH = timedelta(hours=24)  # an older mail gets no automatic answer any more (fault F28)


class Decided(Exception):
    """Somebody else made an entry of the mail first: what this unit did must be undone."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail that was read, with its files in the store.

    Args:
        examined: its words and who wrote it.
        files: in the order of ``examined.parts``.
        scanned: whether the files may be read at once (no scanner is set up).
    """

    examined: Examined
    files: Sequence[StoredFile]
    scanned: bool

    @property
    def mail(self) -> Mail:
        return self.examined.mail

    @property
    def verdict(self) -> Verdict:
        return self.examined.verdict


@action
def accept(raw_id: int, reading: Reading, *, actor: Actor) -> Outcome:
    """Decide what a kept mail is and make it so.

    Args:
        raw_id: the kept mail.
        reading: what was read.
        actor: the mail's.

    Raises:
        Decided: somebody else did so meanwhile; the unit must not be committed.
    """
    reason = IGNORED.get(reading.verdict.kind)
    if reason is not None:
        return _ignore(raw_id, reason, reading, actor)
    mail = reading.mail
    sender = sender_of(mail) if names_any(mail) else None
    place = place_for(mail, sender)
    if place.ticket_id is not None and sender is not None:
        return _join(raw_id, place, sender, reading, actor)
    if reading.verdict.is_machine and not _is_notice(reading):
        return _ignore(raw_id, Reason.AUTO_REPLY, reading, actor)
    return _open(raw_id, place, reading, actor)


def _is_notice(reading: Reading) -> bool:
    """Whether a machine speaks by itself (a printer, a monitor: RFC 3834 "auto-generated") and answers nobody."""
    mail = reading.mail
    by_itself = mail.header("auto-submitted").partition(";")[0].strip().lower() == "auto-generated"
    answers = mail.in_reply_to or mail.references or mail.header("x-auto-response-suppress")
    return by_itself and not answers


def _ignore(raw_id: int, reason: Reason, reading: Reading, actor: Actor) -> Outcome:
    _decide(raw_id, State.IGNORED, reason=reason, detail=reading.verdict.rule)
    record(MailIgnored(reason=reason), actor=actor, subject=("mail", raw_id))
    return Outcome(Result.IGNORED, reason)


def _join(raw_id: int, place: Place, sender: Person, reading: Reading, actor: Actor) -> Outcome:
    ticket = ticket_for(actor, place.ticket_id or 0, Need.COMMENT, lock=True)
    by_machine = reading.verdict.is_machine
    if ticket.phase is Phase.CLOSED and triage.closed_for_long(ticket) and not by_machine:
        return _follow_up(raw_id, ticket, sender, reading, actor)
    examined, by_customer = reading.examined, place.part is Part.CUSTOMER
    comment = replying.enter(
        ticket,
        NewComment(body=examined.new),
        actor=actor,
        by_staff=False,
        author_id=sender.id if by_customer else None,
        from_email={
            # Without proof a colleague's name is not put above words that may be somebody else's (A01).
            "author_name": (sender.full_name if by_customer else sender.email)[:NAME_LENGTH],
            "author_email": sender.email,
            "body_html": plain.to_html(examined.new),
            "folded": examined.folded,
            "is_unverified": not (by_customer and place.is_proved),
        },
        by_machine=by_machine,
    )
    files.attach(list(reading.files), ticket, comment, actor=actor, scanned=reading.scanned)
    _decide(raw_id, State.COMMENT, ticket_id=ticket.id, comment_id=comment.id)
    return Outcome(Result.UPDATED, ticket_id=ticket.id)


def _follow_up(raw_id: int, before: Ticket, sender: Person, reading: Reading, actor: Actor) -> Outcome:
    """Closed for so long that it is a new request about an old one."""
    made = _new_ticket(reading, sender, actor, follows_id=before.id)
    record(FollowUpOpened(follow_up_id=made.id), actor=actor, subject=("ticket", before.id), ticket=before.id)
    return _opened(raw_id, made, reading, actor, named_id=None)


def _open(raw_id: int, place: Place, reading: Reading, actor: Actor) -> Outcome:
    made = _new_ticket(reading, requester_of(reading.mail, actor=actor), actor)
    if place.named_id is not None:
        named = TicketNamed(named_id=place.named_id)
        record(named, actor=actor, subject=("ticket", made.id), ticket=made.id)
    return _opened(raw_id, made, reading, actor, named_id=place.named_id)


def _new_ticket(
    reading: Reading, requester: Person, actor: Actor, *, follows_id: int | None = None
) -> Ticket:
    examined = reading.examined
    return opening.open_ticket(
        NewTicket(title=examined.title, description=examined.new),
        actor=actor,
        channel=Channel.EMAIL,
        requester_id=requester.id,
        email_from=_address(reading.mail),
        by_machine=not _may_be_answered(reading, requester),
        follows_id=follows_id,
    )


def _opened(raw_id: int, made: Ticket, reading: Reading, actor: Actor, *, named_id: int | None) -> Outcome:
    """What only the mail knows. Quotes come behind the new words, after these alone have decided the priority."""
    examined = reading.examined
    made.description_html = plain.to_html(examined.new)
    if examined.folded:
        made.description = f"{examined.new}\n\n{examined.folded}"
        made.description_html += f"\n{plain.quoted(examined.folded)}"
    files.attach(list(reading.files), made, None, actor=actor, scanned=reading.scanned)
    _decide(
        raw_id,
        State.TICKET,
        reason=reading.mail.sender_flaw or "",
        ticket_id=made.id,
        named_ticket_id=named_id,
    )
    return Outcome(Result.CREATED, ticket_id=made.id)


def _may_be_answered(reading: Reading, requester: Person) -> bool:
    mail = reading.mail
    is_fresh = mail.date is None or mail.date > clock.now() - FRESH
    return reading.verdict.answerable and is_fresh and requester.email != ADDRESS


def _address(mail: Mail) -> str:
    return mail.sender.email if mail.sender else one_line(mail.sender_text)[:254]


def _decide(raw_id: int, state: State, *, reason: str = "", detail: str = "", **values: int | None) -> None:
    """Settle the mail, if it is still undecided: the row lock of this change lets only one come through."""
    decided = rows_changed(
        sa.update(RawMail)
        .where(RawMail.id == raw_id, RawMail.state == State.KEPT)
        .values(
            state=state,
            reason=reason,
            detail=detail[:DETAIL_LENGTH],
            due_at=None,
            decided_at=clock.now(),
            **values,
        )
        .execution_options(synchronize_session=False)
    )
    if not decided:
        raise Decided
