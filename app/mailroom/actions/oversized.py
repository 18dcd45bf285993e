"""Mail that was not fetched whole: its head is kept and listed, its sender told once (abuse case A14)."""

from __future__ import annotations

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.events.log import action, record
from app.mailroom.actions.keeping import keep
from app.mailroom.actions.requesters import requester_of
from app.mailroom.actions.standing import count_hit, standing_of
from app.mailroom.events import MailQuarantined, MailTooLarge
from app.mailroom.heading import address_of, subject_of
from app.mailroom.machines import Verdict
from app.mailroom.mail import Mail
from app.mailroom.models import RawMail
from app.mailroom.nobody import ADDRESS
from app.mailroom.outcomes import Outcome, Reason, Result, State
from app.mailroom.schemas import Arrival


@action
def keep_head(
    arrival: Arrival, head: Mail, verdict: Verdict, size: int, reason: Reason, *, actor: Actor
) -> Outcome:
    """Note a mail of which only the head was fetched.

    Args:
        arrival: the head's bytes in the store.
        head: what it says.
        verdict: whether its sender may be answered.
        size: of the whole mail, in bytes.
        reason: why it was not fetched.
    """
    (raw_id,) = keep([arrival], actor=actor)
    raw = db.session.get_one(RawMail, raw_id)
    raw.state, raw.reason, raw.detail = State.QUARANTINED, reason, str(size)
    raw.sender, raw.subject = address_of(head), subject_of(head)
    raw.due_at, raw.decided_at = None, clock.now()
    record(MailQuarantined(reason=reason), actor=actor, subject=("mail", raw.id))
    if reason is Reason.OVERSIZED:
        _tell_sender(raw, head, verdict, size, actor)
    return Outcome(Result.QUARANTINED, reason, raw.detail)


def _tell_sender(raw: RawMail, head: Mail, verdict: Verdict, size: int, actor: Actor) -> None:
    if head.sender is None or not verdict.answerable:
        return
    if standing_of(head.sender.email).is_blocked:
        count_hit(head.sender.email)
        return
    person = requester_of(head, actor=actor).person
    if person.email != ADDRESS:
        told = MailTooLarge(person_id=person.id, size=size)
        record(told, actor=actor, subject=("mail", raw.id))
