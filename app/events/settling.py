"""How an attempt ends: written down in a unit of its own, if the lease is still held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from app.core import clock, fault, log
from app.core.db import db
from app.core.outcome import RetryLater
from app.core.uow import run_unit
from app.events.claiming import held_by
from app.events.consumers import Outside, Watchful
from app.events.models import Delivery, Event
from app.events.words import DeliveryState

MAX_LOST = 3
MAX_BUGS = 3
PAUSES = (30, 60, 300, 900, 1800, 3600)  # seconds; the last one repeats until patience ends
LONG_AGO = timedelta(hours=24)
ERROR_LENGTH = 500
NO_WAY_OUT = "no_route"
UNKNOWN = "outcome_unknown"  # the line went dead after everything was said
Change = Callable[[Delivery], None]


def mine(delivery_id: int, token: str) -> Delivery | None:
    """The delivery, locked, if this lease still holds it."""
    delivery = db.session.get(Delivery, delivery_id, populate_existing=True, with_for_update=True)
    if delivery is None or delivery.lease != token or delivery.state is not DeliveryState.SENDING:
        return None
    return delivery


def settle(ids: Sequence[int], token: str, change: Change, known: Outside | None = None) -> None:
    """Write down how an attempt ended, for those of its deliveries whose lease is still ours.

    Args:
        ids: one, or all that one message spoke for.
        known: the consumer that is told when a delivery is given up, and of each end if it wants to know.
    """

    def work(told: Outside | None) -> None:
        query = held_by(token, ids).with_for_update().execution_options(populate_existing=True)
        found = db.session.scalars(query).all()
        for delivery in found:
            change(delivery)
            if told is not None and delivery.state is DeliveryState.DEAD:
                told.failed(db.session.get_one(Event, delivery.event_id), delivery)
        if found and isinstance(told, Watchful):
            told.ended(found)
        fault.point("relay.settling")

    try:
        run_unit(lambda: work(known))
    except Exception:
        if known is None:
            raise
        log.get(__name__).exception("failed_failed", consumer=known.name, deliveries=len(ids))
        run_unit(lambda: work(None))


def sent(reference: str) -> Change:
    """It arrived; ``reference`` is what the other side calls it."""

    def change(delivery: Delivery) -> None:
        _end(delivery, DeliveryState.SENT, "")
        delivery.reference = reference[:200]

    return change


def dead(reason: str, *, unknown: bool = False) -> Change:
    """It is given up.

    Args:
        unknown: the last attempt may have arrived all the same.
    """

    def change(delivery: Delivery) -> None:
        _end(delivery, DeliveryState.DEAD, reason)
        delivery.speaking = unknown

    return change


def cancelled(delivery: Delivery, reason: str = "") -> None:
    """There is nothing to say any more."""
    _end(delivery, DeliveryState.CANCELLED, reason)


def _end(delivery: Delivery, state: DeliveryState, error: str) -> None:
    delivery.state, delivery.due_at, delivery.settled_at = state, None, clock.now()
    delivery.error, delivery.speaking = error[:ERROR_LENGTH], False


def hold(reason: str) -> Change:
    """There is no way out at the moment."""

    def change(delivery: Delivery) -> None:
        delivery.state, delivery.due_at, delivery.speaking = DeliveryState.HELD, None, False
        delivery.error = reason[:ERROR_LENGTH]

    return change


def later(pause: timedelta, reason: str, *, unknown: bool = False) -> Change:
    """Another try after a pause.

    Args:
        unknown: this attempt may have arrived all the same, so that the next may be a repeat.
    """

    def change(delivery: Delivery) -> None:
        delivery.state, delivery.due_at = DeliveryState.WAITING, clock.now() + pause
        delivery.error, delivery.speaking = reason[:ERROR_LENGTH], unknown

    return change


def wait(known: Outside, asked: RetryLater) -> Change:
    """The other side is not ready: later, or never when patience has ended."""
    reason, unknown = str(asked), asked.reason == UNKNOWN

    def change(delivery: Delivery) -> None:
        if clock.now() - delivery.since > known.patience:
            return dead(reason or "given up", unknown=unknown)(delivery)
        at = asked.at or clock.now() + pause_after(delivery.attempts)
        later(_bounded(at), reason, unknown=unknown)(delivery)

    return change


def bug(error: Exception) -> Change:
    """Our own mistake: a few more tries, because data may mend it, then an admin has to look."""

    def change(delivery: Delivery) -> None:
        unknown = delivery.speaking
        if delivery.attempts >= MAX_BUGS:
            return dead(said(error), unknown=unknown)(delivery)
        later(pause_after(delivery.attempts), said(error), unknown=unknown)(delivery)

    return change


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    return timedelta(seconds=PAUSES[min(max(attempts, 1), len(PAUSES)) - 1])


def _bounded(at: datetime) -> timedelta:
    """The other side may ask for a pause, but not for a year of it."""
    return min(max(at - clock.now(), timedelta(seconds=1)), LONG_AGO)


def said(error: Exception) -> str:
    """What went wrong in one line; the values of a statement stay out of it, they may be somebody's words."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return " ".join(f"{type(cause).__name__}: {cause}".split())[:ERROR_LENGTH]
