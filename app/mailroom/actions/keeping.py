"""Keeping mail: noted once and for good before anything is read, taken up again after a crash, set aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.events.log import action, record
from app.mailroom.actions import fetching
from app.mailroom.events import MailQuarantined
from app.mailroom.heading import address_of, subject_of
from app.mailroom.mail import Mail
from app.mailroom.models import RawMail
from app.mailroom.outcomes import Outcome, Reason, Result, State
from app.mailroom.queries import look_up
from app.mailroom.schemas import Arrival

ATTEMPTS = 3
# Three of them are less than the ten minutes a mail may be undecided (invariant I2).
LEASE = timedelta(minutes=3)
AGAIN = timedelta(minutes=1)
REASON_LENGTH, DETAIL_LENGTH = 40, 300


class Claim(StrEnum):
    """Whether a mail was taken up: it was, there is nothing to do, or it has had all its attempts."""

    MINE = "mine"
    NOTHING = "nothing"
    SPENT = "spent"


@action(silent="what came in is told when it has been decided what it is")
def keep(arrivals: Sequence[Arrival], *, actor: Actor) -> list[int]:
    """Note mails whose bytes are stored, and in the same breath that their places on the server are dealt with.
    Whoever keeps them is the first to try to make entries of them.

    Args:
        arrivals: different mails of one account that it has not had yet; when somebody else is faster with one of
            them, the unit fails (``uow.again_after``) and ``queries.look_up`` knows it.
        actor: the door's.

    Returns:
        their ids, in the order given.
    """
    db.session.execute(sa.insert(RawMail), [_row(arrival) for arrival in arrivals])
    known = look_up(arrivals[0].account, [arrival.identity for arrival in arrivals])
    ids = [known[arrival.identity].id for arrival in arrivals]
    fetching.kept({a.place_id: raw_id for a, raw_id in zip(arrivals, ids, strict=True) if a.place_id})
    return ids


@action(silent="an attempt is no change of the mail, what comes of it is told")
def claim(raw_id: int, *, actor: Actor, only_due: bool) -> Claim:
    """Take up a mail that is still undecided; the attempt is counted before the work.

    Args:
        raw_id: the mail.
        actor: the door's.
        only_due: leave it to whoever works on it as long as they may take.
    """
    raw = _locked(raw_id)
    if raw is None or (only_due and (raw.due_at is None or raw.due_at > clock.now())):
        return Claim.NOTHING
    if raw.attempts >= ATTEMPTS:
        return Claim.SPENT
    raw.attempts += 1
    raw.due_at = clock.now() + LEASE
    return Claim.MINE


@action(silent="an attempt that could not be made is no change of the mail")
def postpone(raw_id: int, *, actor: Actor) -> None:
    """Give back an attempt that failed for want of a place, not because of the mail."""
    raw = _locked(raw_id)
    if raw is not None:
        raw.attempts -= 1
        raw.due_at = clock.now() + AGAIN


@action
def set_aside(
    raw_id: int, reason: str, detail: str = "", head: Mail | None = None, *, actor: Actor
) -> Outcome:
    """Put a mail into quarantine; its bytes stay, the ones behind it go on.

    Args:
        reason: a Reason or an Obstacle.
        detail: what was measured, or the name of an exception.
        head: what could be read of it all the same.
    """
    raw = _locked(raw_id)
    if raw is not None and head is not None:
        raw.sender, raw.subject = address_of(head), subject_of(head)
    if raw is not None:
        _quarantine(raw, reason, detail, actor)
    return outcome_of(raw_id)


def outcome_of(raw_id: int) -> Outcome:
    """What somebody else made of a mail, or what it was given up for."""
    raw = db.session.get_one(RawMail, raw_id, populate_existing=True)
    if raw.state is State.QUARANTINED:
        return Outcome(Result.QUARANTINED, raw.reason, raw.detail)
    if raw.state is State.KEPT:
        return Outcome(Result.ERROR, Reason.NOT_NOW)
    return Outcome(Result.IGNORED, Reason.KNOWN, ticket_id=raw.ticket_id)


def _row(arrival: Arrival) -> dict[str, Any]:
    now = clock.now()
    return {
        "account": arrival.account,
        "mail_account_id": arrival.mail_account_id,
        "message_id_hash": arrival.identity.message_id_hash,
        "content_hash": arrival.identity.content_hash,
        "repeats_id": arrival.repeats_id,
        "sha256": arrival.sha256,
        "size": arrival.size,
        "source": arrival.source,
        "kept_at": now,
        "state": State.KEPT,
        "reason": "",
        "detail": "",
        "is_forced": False,
        "attempts": 1,
        "due_at": now + LEASE,
    }


def _locked(raw_id: int) -> RawMail | None:
    """The mail under lock, if it is still undecided."""
    raw = db.session.get(RawMail, raw_id, with_for_update=True, populate_existing=True)
    return raw if raw is not None and raw.state is State.KEPT else None


def _quarantine(raw: RawMail, reason: str, detail: str, actor: Actor) -> None:
    raw.state, raw.reason, raw.detail = State.QUARANTINED, reason[:REASON_LENGTH], detail[:DETAIL_LENGTH]
    raw.due_at, raw.decided_at = None, clock.now()
    record(MailQuarantined(reason=raw.reason), actor=actor, subject=("mail", raw.id))
