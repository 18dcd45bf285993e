"""From a mail that was read to an entry: ignored, joined to its ticket, or a new ticket; exactly once."""

from __future__ import annotations

from dataclasses import replace

from app.core.actor import Actor
from app.events.log import action, record
from app.mailroom.actions.bouncing import came_back, lives
from app.mailroom.actions.deciding import Decided, Reading, decide
from app.mailroom.actions.joining import join
from app.mailroom.actions.opening import open_new
from app.mailroom.actions.requesters import sender_of
from app.mailroom.actions.standing import Standing, count_hit, standing_of
from app.mailroom.events import MailIgnored
from app.mailroom.machines import Verdict
from app.mailroom.matching import Part, names_any, place_for
from app.mailroom.outcomes import Outcome, Reason, Result, State
from app.mailroom.words import MachineKind

__all__ = ["Decided", "Reading", "accept"]

# Nothing of these ever becomes text on a ticket (abuse cases A11, A12).
IGNORED = {
    MachineKind.BOUNCE: Reason.BOUNCE,
    MachineKind.RECEIPT: Reason.RECEIPT,
    MachineKind.COMPLAINT: Reason.COMPLAINT,
    MachineKind.OWN: Reason.OWN,
}


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
    mail = reading.mail
    standing = standing_of(mail.sender.email) if mail.sender is not None else Standing()
    if reading.is_forced:
        reading = replace(reading, verdict=Verdict(MachineKind.PERSON, "somebody said so"))
    elif reason := _no_request(reading, standing):
        return _ignore(raw_id, reason, reading, actor)
    if standing.is_muted and mail.sender is not None and not reading.verdict.is_machine:
        lives(mail.sender.email, actor=actor)
    sender = sender_of(mail) if names_any(mail) else None
    place = place_for(mail, sender)
    if place.ticket_id is not None and (sender is not None or place.part is Part.SUPPLIER):
        return join(raw_id, place, sender, reading, actor=actor)
    if reading.verdict.is_machine and not _is_notice(reading):
        return _ignore(raw_id, Reason.AUTO_REPLY, reading, actor)
    return open_new(raw_id, place, reading, actor=actor)


def _no_request(reading: Reading, standing: Standing) -> Reason | None:
    """Why a mail is none of our business whatever it says."""
    reason = IGNORED.get(reading.verdict.kind)
    if reason is None and standing.is_blocked and reading.mail.sender is not None:
        count_hit(reading.mail.sender.email)
        return Reason.BLOCKED
    return reason


def _is_notice(reading: Reading) -> bool:
    """Whether a machine speaks by itself (a printer, a monitor: RFC 3834 "auto-generated") and answers nobody."""
    mail = reading.mail
    by_itself = mail.header("auto-submitted").partition(";")[0].strip().lower() == "auto-generated"
    answers = mail.in_reply_to or mail.references or mail.header("x-auto-response-suppress")
    return by_itself and not answers


def _ignore(raw_id: int, reason: Reason, reading: Reading, actor: Actor) -> Outcome:
    decide(raw_id, State.IGNORED, reading, reason=reason, detail=reading.verdict.rule)
    if reason is Reason.BOUNCE:
        came_back(raw_id, reading.verdict, actor=actor)
    record(MailIgnored(reason=reason), actor=actor, subject=("mail", raw_id))
    return Outcome(Result.IGNORED, reason)
