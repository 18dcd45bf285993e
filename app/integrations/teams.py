"""Posts cards to a Workflows webhook of Microsoft Teams; its address is a secret and appears nowhere else."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

from app.integrations.cards import LIMIT_BYTES, Card, envelope
from app.integrations.guard import HttpGuard
from app.integrations.http import Answer, Limits, send
from app.integrations.outcome import RetryLater, Undeliverable

# Where Power Automate takes requests; the connectors on webhook.office.com are retired.
HOST_PATTERNS = ("*.logic.azure.com", "*.api.powerplatform.com", "*.powerautomate.com")
WORTH_ANOTHER_TRY = {408, 425, 429}
SECRET_LENGTH = 8
INNER_STATUS = re.compile(r"HTTP error (\d{3})", re.IGNORECASE)
SOUNDS_LIKE_ERROR = re.compile(r"delivery failed|^\W*(error|bad payload)\b", re.IGNORECASE)
SOUNDS_BUSY = re.compile(r"throttl|too many requests|toomanyrequests", re.IGNORECASE)


def post_card(webhook_url: str, card: Card, guard: HttpGuard, *, limits: Limits | None = None) -> None:
    """Post one card; when this returns, the workflow has accepted it.

    Args:
        webhook_url: from the trigger "When a Teams webhook request is received".
        card: from ``cards.card``.
        guard: with host patterns or named hosts; see ``HOST_PATTERNS``.

    Raises:
        ValueError: the guard names no hosts, so anything on the internet would pass.
        Undeliverable: ``too_large``, ``refused``, ``redirected``, or the guard's words.
        RetryLater: ``busy`` (with the moment Teams named, if it did), ``failing``, ``unexpected_answer``, or
            the words of ``http.send``.
        UnitError: a unit of work is open.
    """
    if not (guard.host_patterns or guard.allow_hosts or guard.allow_private):
        raise ValueError("Teams needs a guard that names its hosts")
    body = envelope(card)
    if len(body) > LIMIT_BYTES:
        raise Undeliverable("too_large", f"{len(body)} bytes")
    kind = {"Content-Type": "application/json; charset=utf-8"}
    answer = send(guard, "POST", webhook_url, body=body, headers=kind, limits=limits)
    _judge(answer, _without_secrets(answer.text(), webhook_url))


def mask(url: str) -> str:
    """The address as it may be shown: scheme and host; path and query hold the secret."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "…"
    return f"{parts.scheme}://{host}/…" if parts.scheme in ("https", "http") and host else "…"


def _without_secrets(text: str, webhook_url: str) -> str:
    """The answer; parts of the address that could be the secret are blanked, should it repeat them."""
    parts = urlsplit(webhook_url)
    pieces = {webhook_url, parts.path, parts.query, *parts.query.split("&"), *parts.path.split("/")}
    pieces |= {value for values in parse_qs(parts.query).values() for value in values}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= SECRET_LENGTH:
            text = text.replace(piece, "…")
    return text


def _judge(answer: Answer, text: str) -> None:
    if answer.ok:
        _judge_words(text, answer)
        return
    detail = f"{answer.status} {text}"
    if answer.status in WORTH_ANOTHER_TRY:
        raise RetryLater(answer.retry_at, "busy", detail)
    if answer.status >= 500:
        raise RetryLater(answer.retry_at, "failing", detail)
    raise Undeliverable("redirected" if answer.status < 400 else "refused", detail)


def _judge_words(text: str, answer: Answer) -> None:
    """A good status with an error inside: Teams does so when the step behind the webhook failed."""
    if text.lstrip().startswith("<"):
        raise RetryLater(answer.retry_at, "unexpected_answer", text)
    inner = INNER_STATUS.search(text)
    status = int(inner.group(1)) if inner else 0
    if status in WORTH_ANOTHER_TRY or (_is_error(text) and SOUNDS_BUSY.search(text)):
        raise RetryLater(answer.retry_at, "busy", text)
    if status >= 500:
        raise RetryLater(answer.retry_at, "failing", text)
    if status or _is_error(text):
        raise Undeliverable("refused", text)


def _is_error(text: str) -> bool:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return SOUNDS_LIKE_ERROR.search(text) is not None
    return isinstance(told, dict) and bool(told.get("error"))
