"""Microsoft Graph: one request after the other, with its ways to say "later" told apart (fault F23)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from app.core.text import shorten
from app.integrations.guard import HttpGuard
from app.integrations.http import Answer, Limits, send
from app.integrations.outcome import RetryLater, Undeliverable

TokenSource = Callable[[bool], str]
JSON = "application/json"
BUSY = {429, 509}
# A list of so many pages is no list of ours but a loop that changes its address.
MOST_PAGES = 10_000
PATIENCE = Limits(connect=5.0, read=30.0, total=60.0, answer_bytes=16 * 1024 * 1024)


class GraphRefused(Undeliverable):
    """Graph will not do it, however often it is asked.

    Args:
        status: of HTTP.
        code: Graph's word, ``ErrorItemNotFound`` for instance.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__("missing" if status == 404 else "refused", f"{status} {code} {detail}".strip())
        self.status = status
        self.code = code


class Gone(GraphRefused):
    """What was remembered of a list is no longer good (410): begin it anew."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: its status, its JSON ({} for none), its head."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Graph:
    """Speaks for somebody, or for the application itself.

    Args:
        url: with the version, as the registration names it.
        guard: of the registration.
        token: an access token; asked with True when the last one was refused.
        headers: sent each time (``Prefer`` …).
        limits: of each request.

    Raises (every call):
        RetryLater: ``busy`` and ``failing`` with the moment Graph named, ``login_refused``, ``permission_missing``
            (an administrator can mend both), ``garbled``, or the words of ``http.send``.
        Gone, GraphRefused: see there.
        UnitError: a unit of work is open.
    """

    def __init__(
        self,
        url: str,
        guard: HttpGuard,
        token: TokenSource,
        headers: Mapping[str, str] | None = None,
        limits: Limits = PATIENCE,
    ) -> None:
        self._url = url.rstrip("/")
        self._guard = guard
        self._token = token
        self._headers = dict(headers or {})
        self._limits = limits

    def get(
        self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """An object.

        Args:
            path: below the version, or a link that Graph gave us.
        """
        return _object(self._ask("GET", self._address(path, query), headers=headers)).body

    def get_bytes(
        self, path: str, max_bytes: int, headers: Mapping[str, str] | None = None, *, beginning: bool = False
    ) -> bytes:
        """A file.

        Args:
            beginning: only the first ``max_bytes`` are wanted; otherwise a larger one is too large.

        Raises:
            Undeliverable: ``message_too_large``.
        """
        answer = self._ask("GET", self._address(path), headers=headers, max_bytes=max_bytes)
        if answer.cut and not beginning:
            raise Undeliverable("message_too_large", f"> {max_bytes}")
        return answer.body

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | bytes,
        *,
        kind: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Do or make something.

        Args:
            body: an object, or bytes of the given kind.
        """
        return self._changed("POST", path, body, kind, headers)

    def patch(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
        """Change something."""
        return self._changed("PATCH", path, body, JSON, headers)

    def delete(self, path: str) -> None:
        """Remove something; what has gone already is no failure."""
        try:
            self._ask("DELETE", self._address(path))
        except GraphRefused as refusal:
            if refusal.status != 404:
                raise

    def pages(
        self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """The pages of a list, each with its ``value``.

        Raises:
            RetryLater: ``garbled`` too, when the pages lead in a circle.
        """
        seen: set[str] = set()
        address = self._address(path, query)
        while len(seen) < MOST_PAGES:
            seen.add(address)
            page = self.get(address, headers=headers)
            yield page
            following = page.get("@odata.nextLink")
            if not following:
                return
            address = self._address(str(following))
            if address in seen:
                break
        raise RetryLater(None, "garbled", "the pages of a list lead in a circle")

    def _changed(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes,
        kind: str,
        headers: Mapping[str, str] | None,
    ) -> Reply:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self._ask(
            method, self._address(path), body=sent, headers={"Content-Type": kind, **(headers or {})}
        )
        return _object(answer) if answer.body.strip() else Reply(answer.status, {}, answer.headers)

    def _address(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """Links of Graph are followed to Graph only: our token goes along."""
        if "://" in path:
            if urlsplit(path)[:2] != urlsplit(self._url)[:2]:
                raise RetryLater(None, "garbled", "a link leads to another host")
            return path
        return f"{self._url}{path}" + (f"?{urlencode(query)}" if query else "")

    def _ask(
        self,
        method: str,
        address: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        max_bytes: int = 0,
    ) -> Answer:
        """One request; with a new token once more when the first one is refused."""
        limits = replace(self._limits, answer_bytes=max_bytes) if max_bytes else self._limits
        for fresh in (False, True):
            sent = {
                "Accept": JSON,
                "client-request-id": str(uuid4()),
                **self._headers,
                **(headers or {}),
                "Authorization": f"Bearer {self._token(fresh)}",
            }
            answer = send(self._guard, method, address, body=body, headers=sent, limits=limits)
            if answer.status != 401:
                break
        return _judged(answer)


def _judged(answer: Answer) -> Answer:
    if answer.ok:
        return answer
    code, said = _said(answer)
    if answer.status in BUSY:
        raise RetryLater(answer.retry_at, "busy", said)
    if answer.status >= 500:
        raise RetryLater(answer.retry_at, "failing", f"{answer.status} {said}")
    if answer.status == 401:
        raise RetryLater(None, "login_refused", said)
    if answer.status == 403:
        raise RetryLater(None, "permission_missing", f"{code} {said}".strip())
    if answer.status == 410:
        raise Gone(answer.status, code, said)
    if answer.status < 400:
        raise RetryLater(None, "garbled", str(answer.status))
    raise GraphRefused(answer.status, code, said)


def _said(answer: Answer) -> tuple[str, str]:
    """Graph's word for what is wrong, and its sentence."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return "", ""
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return shorten(str(error.get("code", "")), 100), shorten(str(error.get("message", "")), 300)


def _object(answer: Answer) -> Reply:
    """The JSON of an answer; a page of a proxy, or half an answer, with a good status is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise RetryLater(None, "garbled", answer.text(200)) from None
    if answer.cut or not isinstance(found, dict):
        raise RetryLater(None, "garbled")
    return Reply(answer.status, found, answer.headers)
