"""`/health`, `/health/live`, `/health/ready`, `/metrics`: how we are, for machines."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, jsonify, request

from app.core import clock, ready
from app.core.actor import Actor
from app.core.errors import NotFound
from app.jobs import condition
from app.web.health import metrics
from app.web.health.door import door
from app.web.kit.door import PUBLIC

RETRY_SECONDS = "5"


@door.page("/health", allow=PUBLIC)
def health(actor: Actor) -> Response:
    """Every service as ``ok``, ``disabled`` or ``error``; what is wrong with it is told to administrators only."""
    services = condition.services()
    overall = condition.overall(services)
    told: dict[str, Any] = {
        "status": overall,
        "timestamp": clock.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        "services": {service.name: service.state for service in services},
    }
    if actor.can("admin.health"):
        told["errors"] = {service.name: service.wrong for service in services if service.wrong}
    return _answer(told, down=overall == "unhealthy")


@door.page("/health/live", allow=PUBLIC)
def live(_actor: Actor) -> Response:
    """The process answers."""
    return jsonify(status="ok")


@door.page("/health/ready", allow=PUBLIC)
def is_ready(_actor: Actor) -> Response:
    """The database answers and has this version's tables."""
    fine = not ready.database() and not condition.schema_is_behind()
    return _answer({"status": "ok" if fine else "unready"}, down=not fine)


@door.page("/metrics", allow=PUBLIC)
def figures(actor: Actor) -> Response:
    """Figures for Prometheus; to whoever has neither the token nor the right this page does not exist."""
    if not (actor.can("admin.health") or _has_token()):
        raise NotFound
    return Response(metrics.scrape(), content_type=metrics.CONTENT_TYPE)


def _answer(told: Mapping[str, object], *, down: bool) -> Response:
    answer = jsonify(told)
    if down:
        answer.status_code = 503
        answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


def _has_token() -> bool:
    wanted = current_app.extensions["settings"].metrics_token.get_secret_value()
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    return bool(wanted) and kind.lower() == "bearer" and hmac.compare_digest(given.encode(), wanted.encode())
