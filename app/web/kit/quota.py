"""How many calls one may make, and the headers that say how many are left (RateLimit-*, IETF draft)."""

from __future__ import annotations

from flask import Response, g

from app.core import rates
from app.core.actor import Actor
from app.core.errors import TooMany
from app.core.rates import Left

CALLS = "300/minute"
KEPT = "quota"


def count(actor: Actor, network: str) -> None:
    """Count one call: of a person, or of a network for whoever is nobody yet.

    Raises:
        TooMany: the limit is reached.
    """
    who = ("person", str(actor.person_id)) if actor.is_signed_in else ("network", network)
    rates.hit(CALLS, "api", *who)
    setattr(g, KEPT, rates.left(CALLS, "api", *who))


def used_up(refusal: TooMany) -> None:
    """Speak of the limit that was reached, whichever it was."""
    limit, seconds = refusal.details.get("limit"), refusal.details.get("seconds")
    if limit is not None and seconds is not None:
        setattr(g, KEPT, Left(int(limit), 0, int(seconds)))


def tell(response: Response) -> Response:
    """Put what is left into the headers of an answer."""
    left: Left | None = g.get(KEPT)
    if left is not None:
        response.headers["RateLimit-Limit"] = str(left.limit)
        response.headers["RateLimit-Remaining"] = str(left.remaining)
        response.headers["RateLimit-Reset"] = str(left.seconds)
    return response
