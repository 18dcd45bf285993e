"""Which pages of other sites may call the JSON door with a script of theirs (CORS, fetch standard §3.2)."""

from __future__ import annotations

from flask import Flask, Response, request

from app.web.kit import json_answers

METHODS = "GET, POST, PUT, PATCH, DELETE"
ASKED = (
    "Accept-Language, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
    "X-API-Key, X-Request-ID"
)
TOLD = (
    "ETag, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, WWW-Authenticate, "
    "X-Request-ID"
)
KEPT_SECONDS = "600"


def init_origins(app: Flask, allowed: tuple[str, ...]) -> None:
    """Answer scripts of exactly these origins, below /api only and never with cookies.

    Args:
        allowed: origins as browsers say them, such as ``https://intranet.example.com``.
    """

    def tell(answer: Response) -> Response:
        if not json_answers.wanted():
            return answer
        if request.method == "OPTIONS" and answer.status_code == 200:
            answer.status_code = 204
            answer.headers.pop("Content-Type", None)
        origin = request.headers.get("Origin")
        answer.vary.add("Origin")
        if origin is None or origin not in allowed:
            return answer
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = TOLD
        if request.method == "OPTIONS":
            answer.headers["Access-Control-Allow-Methods"] = METHODS
            answer.headers["Access-Control-Allow-Headers"] = ASKED
            answer.headers["Access-Control-Max-Age"] = KEPT_SECONDS
        return answer

    app.after_request(tell)
