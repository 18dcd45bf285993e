"""A small client of the helpdesk for Python 3.11 and newer; it needs `requests` and nothing else.

    desk = Helpdesk.signed_in("https://help.example.com", "mia@firma.example", password)
    desk = Helpdesk.with_key("https://help.example.com", key)

It renews its tokens, sends again over a cut line without doing anything twice, and turns the pages of lists.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

Json = dict[str, Any]
SECONDS = 30
# How long it waits before it sends again over a cut line: a restart of the helpdesk takes some seconds.
PAUSES = (1, 5, 15)
IN_PARTS = 5_000_000


class Refused(Exception):
    """What the helpdesk did not do, and why.

    Attributes:
        status: of the answer.
        code: the word to go by.
        details: field → sentences.
        request_id: what the people who run the helpdesk find it by.
    """

    def __init__(self, status: int, told: Json) -> None:
        super().__init__(f"{status} {told['code']}: {told['error']}")
        self.status, self.code = status, str(told["code"])
        self.details: dict[str, list[str]] = told["details"]
        self.request_id = str(told["request_id"])


class Helpdesk:
    """The helpdesk as one person, or one API key, sees it."""

    def __init__(self, site: str) -> None:
        self.base = f"{site}/api/v1"
        self.pair: Json = {}
        self._session = requests.Session()

    @classmethod
    def signed_in(cls, site: str, email: str, password: str, otp: str = "") -> Helpdesk:
        """Sign in with a password and, where there is a second factor, a code of it.

        Raises:
            Refused: the helpdesk does not let this person in.
        """
        desk = cls(site)
        asked = {"email": email, "password": password} | ({"otp": otp} if otp else {})
        desk.pair = desk.call("POST", "/auth/login", asked)
        return desk

    @classmethod
    def with_key(cls, site: str, key: str) -> Helpdesk:
        """Come with an API key."""
        desk = cls(site)
        desk._session.headers["X-API-Key"] = key
        return desk

    def call(
        self, method: str, path: str, body: Json | None = None, *, key: str = "", if_match: str = ""
    ) -> Any:
        """One call; what it answers, None for an answer without a body.

        Args:
            key: makes a repeated POST the same as the first; each call has one of its own otherwise.
            if_match: the tag of the version this change was made on.

        Raises:
            Refused: the helpdesk answered, and did not do it.
            requests.RequestException: no answer came, however often it was sent.
        """
        headers = {"If-Match": if_match} if if_match else {}
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        return self._asked(method, path, headers, json=body)

    def rows(self, path: str, **asked: Any) -> Iterator[Json]:
        """Every row of a list, page by page: ``desk.rows("/tickets", status=["open", "pending"])``."""
        page = self._page(path, asked)
        yield from page["results"]
        while page["next"]:
            onward = urlsplit(page["next"])
            page = self._page(f"{path}?{onward.query}", {})
            yield from page["results"]

    def events(self, after: int) -> Iterator[Json]:
        """Everything that happened after a position; ask on with the ``position`` of the last one."""
        piece: Json = {"more": True, "next_after": after}
        while piece["more"]:
            piece = self._page("/events", {"after": piece["next_after"]})
            yield from piece["results"]

    def upload(self, name: str, data: bytes, kind: str) -> Json:
        """Send a file that goes along with a ticket or a comment (``attachment_ids``); a large one goes in parts."""
        if len(data) > IN_PARTS:
            return self._upload_in_parts(name, data)
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return dict(self._asked("POST", "/attachments", headers, files={"file": (name, data, kind)}))

    def _upload_in_parts(self, name: str, data: bytes) -> Json:
        """Parts that came in spite of a cut line are sent once more, which does no harm."""
        asked = {"filename": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        upload = self.call("POST", "/attachments/uploads", asked)
        place, size = f"/attachments/uploads/{upload['id']}", int(upload["part_size"])
        bare = {"Content-Type": "application/octet-stream"}
        for number in range(1, upload["parts"] + 1):
            part = data[(number - 1) * size : number * size]
            self._asked("PUT", f"{place}/parts/{number}", bare, data=part)
        return dict(self.call("POST", f"{place}/finish"))

    def leave(self) -> None:
        """Sign out."""
        self.call("POST", "/auth/logout")
        self.pair = {}

    def _page(self, path: str, asked: Mapping[str, Any]) -> Json:
        return dict(self._asked("GET", path, {}, params=asked))

    def _asked(self, method: str, path: str, headers: Mapping[str, str], **options: Any) -> Any:
        answer = self._sent(method, path, headers, **options)
        if self.pair and answer.status_code == 401 and answer.json()["code"] == "not_signed_in":
            self._renew()
            answer = self._sent(method, path, headers, **options)
        return _told(answer)

    def _renew(self) -> None:
        """Spend the refresh token; it is good for one use, so the new pair is kept before anything else."""
        headers = {"Authorization": f"Bearer {self.pair['refresh_token']}"}
        answer = self._session.post(f"{self.base}/auth/refresh", headers=headers, timeout=SECONDS)
        self.pair = dict(_told(answer))

    def _sent(self, method: str, path: str, headers: Mapping[str, str], **options: Any) -> requests.Response:
        """Send, and send again when no answer came: reading and parts of files harm nothing, changes carry a key."""
        given = dict(headers)
        if self.pair:
            given["Authorization"] = f"Bearer {self.pair['access_token']}"
        is_safe = method == "GET" or "Idempotency-Key" in given or "data" in options
        pauses = list(PAUSES) if is_safe else []
        while True:
            try:
                return self._session.request(
                    method, self.base + path, headers=given, timeout=SECONDS, **options
                )
            except requests.ConnectionError:
                if not pauses:
                    raise
                time.sleep(pauses.pop(0))


def _told(answer: requests.Response) -> Any:
    if not answer.ok:
        raise Refused(answer.status_code, answer.json())
    return answer.json() if answer.content else None
