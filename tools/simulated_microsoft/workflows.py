"""The address of a Teams workflow: takes cards as Teams does."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request

from tools.simulated_microsoft.cards import MOST_BYTES, BadCard, ReceivedCard, read
from tools.simulated_microsoft.gate import ms

door = Blueprint("workflows", __name__)


@door.post("/workflows/<name>")
def receive(name: str) -> tuple[Response | str, int]:
    if not hmac.compare_digest(request.args.get("sig", "").encode(), ms().signature(name).encode()):
        return _no(
            401, "DirectApiAuthorizationRequired", "The request must be authenticated by its signature."
        )
    if request.mimetype != "application/json":
        return _no(415, "UnsupportedMediaType", f"The content type '{request.mimetype}' is not supported.")
    raw = request.get_data()
    if len(raw) > MOST_BYTES:
        return _no(
            413, "RequestEntityTooLarge", f"The message has {len(raw)} bytes; {MOST_BYTES} are allowed."
        )
    try:
        body = read(raw)
    except BadCard as error:
        return _no(400, "TriggerInputSchemaMismatch", str(error))
    ms().cards.append(ReceivedCard(datetime.now(UTC), name, request.path, body))
    return "", 202


def _no(status: int, code: str, words: str) -> tuple[Response, int]:
    return jsonify({"error": {"code": code, "message": words}}), status
