"""One call of a receiver: signed, without following it anywhere, and with little of its answer kept (A66, A67, A68)."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from app.core import clock
from app.core.text import many_lines
from app.integrations.guard import HttpGuard
from app.integrations.http import Answer, Limits, send
from app.integrations.outcome import RetryLater, Undeliverable
from app.webhooks.signing import signature

LIMITS = Limits(connect=5.0, read=10.0, total=10.0, answer_bytes=2048)
BUSY = frozenset({408, 425, 429})
# The receiver has had this event before: as good as taken.
KNOWN = 409
GONE = 410


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be said to whom.

    ``event``: what the receiver knows a repeat by; ``hidden``: what of the body no log may keep, should it be repeated.
    """

    webhook_id: int
    delivery_id: int
    event: str
    url: str = field(repr=False)
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """How a call went: status and beginning of the answer if there was one, and what was wrong, if anything."""

    status: int | None
    ms: int
    excerpt: str
    trouble: RetryLater | Undeliverable | None


def post(call: Call, guard: HttpGuard) -> Said:
    """Call a receiver once.

    Raises:
        UnitError: a unit of work is open.
    """
    signed = signature(call.body, call.secrets, clock.now())
    headers = {
        "Content-Type": "application/json",
        "Helpdesk-Event-Id": call.event,
        "Helpdesk-Delivery": str(call.delivery_id),
        "Helpdesk-Signature": signed,
    }
    began = monotonic()
    try:
        answer = send(guard, "POST", call.url, body=call.body, headers=headers, limits=LIMITS)
    except (RetryLater, Undeliverable) as trouble:
        return Said(None, _since(began), "", trouble)
    hidden = [*call.secrets, *call.hidden, *(part.partition("=")[2] for part in signed.split(",")[1:])]
    return Said(answer.status, _since(began), _excerpt(answer, hidden), _trouble(answer))


def _since(began: float) -> int:
    return round((monotonic() - began) * 1000)


def _excerpt(answer: Answer, hidden: list[str]) -> str:
    """The beginning of the answer as plain text; what it repeats of our secrets is left out."""
    text = answer.text(LIMITS.answer_bytes)
    for secret in hidden:
        text = text.replace(secret, "…")
    return many_lines(text)


def _trouble(answer: Answer) -> RetryLater | Undeliverable | None:
    """Whoever sets up a receiver makes mistakes and mends them, so that all but "gone" is tried again."""
    status = answer.status
    if answer.ok or status == KNOWN:
        return None
    if status == GONE:
        return Undeliverable("gone", str(status))
    if status in BUSY or status >= 500:
        return RetryLater(answer.retry_at, "busy" if status in BUSY else "failing", str(status))
    return RetryLater(None, "redirected" if status < 400 else "refused", str(status))
