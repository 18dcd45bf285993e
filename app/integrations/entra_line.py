"""The line to Microsoft Entra: MSAL's requests under our guard, and what hardly changes kept for an hour."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.integrations.guard import HttpGuard
from app.integrations.http import Answer, send
from app.integrations.outcome import RetryLater

KEPT_SECONDS = 60 * 60
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as MSAL wants to see it."""

    status_code: int
    text: str
    headers: Mapping[str, str]


class Line:
    """An HTTP client for MSAL (``get``, ``post``, ``close``), and ``json`` for ourselves."""

    def __init__(self, guard: HttpGuard) -> None:
        self._guard = guard
        self._kept: dict[str, tuple[float, Answer]] = {}
        self._lock = threading.Lock()

    def get(self, url: str, params: Mapping[str, str] | None = None, **options: Any) -> Reply:
        """What a directory says of itself is kept, everything else asked for."""
        address = f"{url}?{urlencode(params)}" if params else url
        kept = address.endswith("/.well-known/openid-configuration")
        return _reply(self._remembered(address) if kept else self._sent("GET", address, b"", options))

    def post(
        self, url: str, params: Mapping[str, str] | None = None, data: Any = None, **options: Any
    ) -> Reply:
        """A form; tokens are asked for so."""
        address = f"{url}?{urlencode(params)}" if params else url
        body = urlencode({name: value for name, value in (data or {}).items() if value is not None}).encode()
        options["headers"] = {"Content-Type": FORM, **(options.get("headers") or {})}
        return _reply(self._sent("POST", address, body, options))

    def close(self) -> None:
        """Nothing is kept open."""

    def json(self, url: str) -> Mapping[str, Any]:
        """A document of the directory: its configuration is kept for an hour, its keys are asked for.

        Raises:
            RetryLater: it cannot be had, ``failing`` or ``garbled``.
        """
        answer = self._remembered(url) if "/.well-known/" in url else self._sent("GET", url, b"", {})
        if not answer.ok:
            raise RetryLater(answer.retry_at, "failing", f"{answer.status}")
        found = _object(answer)
        if found is None:
            raise RetryLater(None, "garbled")
        return found

    def _remembered(self, url: str) -> Answer:
        with self._lock:
            known = self._kept.get(url)
        if known is not None and time.monotonic() - known[0] < KEPT_SECONDS:
            return known[1]
        answer = self._sent("GET", url, b"", {})
        if answer.ok and _object(answer) is not None:
            with self._lock:
                self._kept[url] = (time.monotonic(), answer)
        return answer

    def _sent(self, method: str, url: str, body: bytes, options: Mapping[str, Any]) -> Answer:
        headers = {name: str(value) for name, value in (options.get("headers") or {}).items()}
        answer = send(self._guard, method, url, body=body, headers=headers)
        if answer.status == 429 or answer.status >= 500:
            raise RetryLater(
                answer.retry_at, "busy" if answer.status == 429 else "failing", f"{answer.status}"
            )
        return answer


def _object(answer: Answer) -> Mapping[str, Any] | None:
    """The JSON object of an answer; a page of a proxy, or half an answer, is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not answer.cut else None


def _reply(answer: Answer) -> Reply:
    return Reply(answer.status, answer.body.decode("utf-8", "replace"), dict(answer.headers))
