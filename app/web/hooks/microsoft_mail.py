"""`/webhooks/microsoft/mail`: Microsoft tells that a mailbox has news; only a hint, whatever it says (A67)."""

from __future__ import annotations

from typing import Any

from flask import Response
from werkzeug.exceptions import BadRequest

from app.core.actor import Actor
from app.jobs import hints
from app.jobs.hints import Notice
from app.web.hooks.door import door
from app.web.kit import posted
from app.web.kit.door import PUBLIC
from app.web.kit.guard import csrf

MOST_BYTES = 64 * 1024
MOST_NOTICES = 100
MOST_LETTERS = 1000


# A machine has no page of ours to take a token from; what it may cause is a look into a mailbox we read anyway.
@csrf.exempt
@door.deed("/webhooks/microsoft/mail", allow=PUBLIC, own_unit=True)
def told_of_mail(_actor: Actor) -> Response:
    """Give a new subscription its word back, or take a hint; who knows nothing learns nothing."""
    word = posted.in_address("validationToken")
    if word is not None:
        return _said_back(word)
    hints.listen(_notices(posted.as_json(MOST_BYTES)))
    return Response(status=202)


def _said_back(word: str) -> Response:
    if not word.isprintable() or len(word) > MOST_LETTERS:
        raise BadRequest
    return Response(word, mimetype="text/plain")


def _notices(told: Any) -> list[Notice]:
    entries = told.get("value") if isinstance(told, dict) else None
    if not isinstance(entries, list):
        return []
    return [
        Notice(*(_word(entry.get(name)) for name in ("subscriptionId", "clientState", "lifecycleEvent")))
        for entry in entries[:MOST_NOTICES]
        if isinstance(entry, dict)
    ]


def _word(value: Any) -> str:
    """A word of a notice; what no word of ours could be is none, and never reaches the database."""
    fits = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= MOST_LETTERS
    return value if fits else ""
