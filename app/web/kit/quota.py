"""How many calls one may make, and the headers that say how many are left (RateLimit-*, IETF draft)."""

from __future__ import annotations

from flask import Response, g

from app.core import rates
from app.core.actor import Actor
from app.core.errors import TooMany
from app.core.rates import Left

CALLS = "300/minute"
CALLS_OF_KEY = "1000/minute"
WRONG_KEYS = "20/minute"
KEPT = "quota"


def count(actor: Actor, network: str) -> None:
    """Count one call: of a key, of a person, or of a network for whoever is nobody yet.

    Raises:
        TooMany: the limit is reached.
    """
    calls = CALLS if actor.key_id is None else CALLS_OF_KEY
    who = _who(actor, network)
    rates.hit(calls, "api", *who)
    setattr(g, KEPT, rates.left(calls, "api", *who))


def _who(actor: Actor, network: str) -> tuple[str, str]:
    if actor.key_id is not None:
        return "key", str(actor.key_id)
    return ("person", str(actor.person_id)) if actor.is_signed_in else ("network", network)


def count_wrong_key(network: str) -> None:
    """Count one key that opens nothing, by the network it came from: keys are guessed one after the other (A40).

    Raises:
        TooMany: the limit is reached. Keys that are good are not held up by it.
    """
    rates.hit(WRONG_KEYS, "api-key", "network", network)


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
