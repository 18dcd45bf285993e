"""How many automatic mails somebody gets in an hour, so that two machines never talk each other to death (A09, A13)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from app.accounts.actors import CLOCK
from app.core import clock, log, rates
from app.core.db import db
from app.core.errors import TooMany
from app.core.outcome import RetryLater
from app.events.log import record
from app.events.models import Delivery
from app.mailroom.actions import bouncing
from app.notifications.audience import Recipient
from app.notifications.events import ReceiptLeftOut
from app.notifications.models import MailWindow
from app.notifications.scene import EntryFacts
from app.notifications.words import Side, Topic
from app.settings.queries import get as settings
from app.settings.schemas import MailRules

WINDOW = timedelta(hours=1)
UNVERIFIED_PER_HOUR = 3  # abuse case A13
STAFF_PER_HOUR = 30  # what is over it stands in the bell (fault F35)
LIMITED = "limit"
MUTED = "muted"


def has_place(recipient: Recipient, entry: EntryFacts | None, delivery: Delivery) -> bool:
    """Whether this mail may go out now; what people wrote and account mails are not counted.

    Args:
        recipient: the reader and why they are told.
        entry: what somebody wrote, if the mail is about that.
        delivery: says why when there is no place and never will be.

    Raises:
        RetryLater: it may go out when the hour has room again.
    """
    about_account = recipient.side is Side.SELF and recipient.topic is not Topic.RECEIVED
    if about_account or _is_answer_of_staff(recipient, entry):
        return True
    if bouncing.is_muted(recipient.reader.email):
        delivery.error = MUTED
        return False
    rules = settings(MailRules)
    limit = STAFF_PER_HOUR if recipient.side is Side.STAFF else rules.automatic_per_hour
    if recipient.reader.verified_at is None:
        limit = min(limit, UNVERIFIED_PER_HOUR)
    free_at = take_place(recipient.reader.id, delivery.id, limit) or _house_limit(rules)
    if free_at is None:
        return True
    if recipient.topic is Topic.RECEIVED or recipient.side is Side.STAFF:
        delivery.error = LIMITED
        if recipient.topic is Topic.RECEIVED and delivery.ticket_id is not None:
            _warn(recipient, delivery)
        return False
    raise RetryLater(free_at, LIMITED)


def _warn(recipient: Recipient, delivery: Delivery) -> None:
    """Two machines may be talking to each other: whoever works the ticket is to know why there was no receipt."""
    left_out = ReceiptLeftOut(person_id=recipient.reader.id)
    record(left_out, actor=CLOCK, subject=("delivery", delivery.id), ticket=delivery.ticket_id)


def _is_answer_of_staff(recipient: Recipient, entry: EntryFacts | None) -> bool:
    return recipient.topic is Topic.REPLY and entry is not None and entry.by_staff


def _house_limit(rules: MailRules) -> datetime | None:
    """When the house as a whole may send automatic mail again; None for now."""
    try:
        rates.hit(f"{rules.automatic_per_hour_in_all}/hour", "mail", "automatic")
    except TooMany as full:
        return clock.now() + timedelta(seconds=full.details["seconds"])
    return None


def take_place(person_id: int, delivery_id: int, limit: int) -> datetime | None:
    """Claim one of the hour's places for a mail; the same mail asked for again has its place already.

    Args:
        limit: places an hour.

    Returns:
        None when there was a place, else the moment the next one is free.
    """
    window = _window(person_id)
    begin = clock.now() - WINDOW
    taken = [
        (i, at) for i, at in ((row[0], datetime.fromisoformat(row[1])) for row in window.sent) if at > begin
    ]
    if any(i == delivery_id for i, _at in taken):
        return None
    if len(taken) >= limit:
        return sorted(at for _i, at in taken)[-limit] + WINDOW
    taken.append((delivery_id, clock.now()))
    window.sent = [[i, at.isoformat()] for i, at in taken]
    db.session.flush()
    return None


def _window(person_id: int) -> MailWindow:
    """The person's window, locked; of two workers that make the first one at once both go on with one row."""
    found = db.session.get(MailWindow, person_id, with_for_update=True, populate_existing=True)
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            db.session.add(MailWindow(person_id=person_id, sent=[]))
    except IntegrityError:
        log.get(__name__).info("mail_window_made_twice", person_id=person_id)
    return db.session.get_one(MailWindow, person_id, with_for_update=True, populate_existing=True)
