"""`/health/live`, `/health/ready`: alive at all, and ready for requests."""

from __future__ import annotations

from flask import Response, jsonify

from app.core import ready
from app.core.actor import Actor
from app.web.health.door import door
from app.web.kit.door import PUBLIC


@door.page("/health/live", allow=PUBLIC)
def live(_actor: Actor) -> Response:
    """The process answers."""
    return jsonify(status="ok")


@door.page("/health/ready", allow=PUBLIC)
def is_ready(_actor: Actor) -> Response:
    """The database answers and has this version's tables."""
    fine = ready.database()
    answer = jsonify(status="ok" if fine else "unready")
    answer.status_code = 200 if fine else 503
    return answer
