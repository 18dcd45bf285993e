"""Requests that come twice: the first answer is kept for a day and given again (see ``core.once``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, current_app, request

from app.core import once
from app.core.actor import Actor


@dataclass(frozen=True)
class Sent:
    """By what a request that comes twice is known: the key its sender gave it ("" for none), and its content."""

    key: str
    body_hash: str


def told_before(actor: Actor, sent: Sent) -> Response | None:
    """What was answered when this request came the first time, None when it does so now.

    Raises:
        Conflict: its key came with something else.
    """
    before = once.recall(_owner(actor), sent.key, sent.body_hash) if sent.key else None
    return None if before is None else _replayed(before)


def keep_answer(actor: Actor, sent: Sent, answer: Response) -> None:
    """Keep what a request with a key was answered, in the open unit."""
    once.keep(_owner(actor), sent.key, sent.body_hash, _kept(answer))


def _owner(actor: Actor) -> str:
    who = str(actor.person_id or 0) if actor.key_id is None else f"key {actor.key_id}"
    return f"{who}|{request.endpoint}|{request.path}"


def _kept(answer: Response) -> dict[str, Any]:
    return {
        "status": answer.status_code,
        "location": answer.headers.get("Location", ""),
        "fragment": answer.headers.get("HX-Redirect", ""),
        "etag": answer.headers.get("ETag", ""),
        "body": answer.get_data(as_text=True) if 200 <= answer.status_code < 300 else "",
        "type": answer.mimetype,
    }


def _replayed(before: dict[str, Any]) -> Response:
    kind = before.get("type", "text/html")
    answer = current_app.response_class(before["body"], status=before["status"], mimetype=kind)
    if before["location"]:
        answer.headers["Location"] = before["location"]
    if before["fragment"]:
        answer.headers["HX-Redirect"] = before["fragment"]
    if before.get("etag"):
        answer.headers["ETag"] = before["etag"]
    return answer
