"""Reads a mailbox by Microsoft Graph: what changed since the last look, one mail after the other, and where it goes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.core import clock
from app.integrations.graph import GraphRefused
from app.integrations.graph_desk import CHANGE, Desk, part
from app.integrations.outcome import RetryLater

WELL_KNOWN = {
    "inbox": "inbox",
    "posteingang": "inbox",
    "archive": "archive",
    "archiv": "archive",
    "deleteditems": "deleteditems",
    "junkemail": "junkemail",
    "sentitems": "sentitems",
}
MAX_ID = 250
PAGE = 200
# The first line of a mail; a page of a proxy that came with a good status has none.
HEAD_LINE = re.compile(rb"[!-9;=-~][!-9;-~]*[ \t]*:|From ")
LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Found:
    """A mail as Graph lists it; ``remote_id`` stays when it is moved, ``received_at`` is UTC."""

    remote_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """What came into the folder, and where to go on: at once if there is ``more``, else next time."""

    found: list[Found]
    link: str
    more: bool


class GraphMailbox:
    """One folder of a mailbox. Each call may raise what ``Desk`` raises, refusals as ``graph_refused``."""

    def __init__(self, desk: Desk, folder_id: str) -> None:
        self._desk = desk
        self.folder_id = folder_id

    @property
    def folder_number(self) -> int:
        """A number of the folder: another one when it was made anew."""
        return number_of(self.folder_id)

    def changes(self, link: str = "") -> Page:
        """The next mails that came into the folder, read or not.

        Args:
            link: where the last page said to go on; "" for everything that lies there.

        Raises:
            Gone: the link is no longer good, everything has to be listed anew.
            RetryLater: ``garbled`` too, when the page leads back to itself.
        """
        told = self._desk.get(link or self._beginning(), None if link else _QUERY, prefer=_PAGES)
        following = told.get("@odata.nextLink") or told.get("@odata.deltaLink")
        entries = told.get("value")
        if not isinstance(following, str) or not isinstance(entries, list):
            raise RetryLater(None, "garbled", "a list without its end")
        more = "@odata.nextLink" in told
        if more and following == link:
            raise RetryLater(None, "garbled", "the pages of a list lead in a circle")
        return Page(list(_found(entries)), following, more)

    def fetch(self, remote_id: str, max_bytes: int) -> bytes | None:
        """A mail as it is, left unread; None when it has gone.

        Raises:
            Undeliverable: ``message_too_large``; nothing of it is kept.
            RetryLater: ``fetch_refused``: this mail only.
        """
        return self._bytes(remote_id, max_bytes, beginning=False)

    def fetch_head(self, remote_id: str, max_bytes: int) -> bytes | None:
        """The beginning of a mail up to the end of its head, as ``fetch``."""
        raw = self._bytes(remote_id, max_bytes, beginning=True)
        if raw is None:
            return None
        end = re.search(rb"\r?\n\r?\n", raw)
        return raw[: end.end()] if end else raw

    def mark_seen(self, remote_ids: Sequence[str]) -> None:
        """Mark as read; what has gone already is no failure.

        Raises:
            RetryLater: ``flag_refused``, ``mail_change_missing`` …
        """
        for remote_id in remote_ids:
            try:
                self._desk.patch(f"/messages/{part(remote_id)}", {"isRead": True}, need=CHANGE)
            except GraphRefused as refusal:
                if refusal.status != 404:
                    raise RetryLater(None, "flag_refused", refusal.detail) from None

    def move(self, remote_ids: Sequence[str], folder: str) -> None:
        """Move to another folder, which is made if it is missing; what has gone already is no failure.

        Raises:
            RetryLater: ``folder_refused``, ``move_refused``, ``mail_change_missing`` …
        """
        target = folder_id(self._desk, folder) or _made(self._desk, folder)
        for remote_id in remote_ids:
            try:
                body = {"destinationId": target}
                self._desk.post(f"/messages/{part(remote_id)}/move", body, need=CHANGE)
            except GraphRefused as refusal:
                if refusal.status != 404 and self._place_of(remote_id) not in ("", target):
                    raise RetryLater(None, "move_refused", refusal.detail) from None

    def _beginning(self) -> str:
        return f"/mailFolders/{part(self.folder_id)}/messages/delta"

    def _bytes(self, remote_id: str, max_bytes: int, *, beginning: bool) -> bytes | None:
        path = f"/messages/{part(remote_id)}/$value"
        try:
            raw = self._desk.get_bytes(path, max_bytes, beginning=beginning)
        except GraphRefused as refusal:
            if refusal.status == 404:
                return None
            raise RetryLater(None, "fetch_refused", refusal.detail) from None
        if not HEAD_LINE.match(raw):
            raise RetryLater(None, "garbled", raw[:100].decode("utf-8", "replace"))
        return raw

    def _place_of(self, remote_id: str) -> str:
        """The folder a mail lies in; "" when it has gone."""
        try:
            told = self._desk.get(f"/messages/{part(remote_id)}", {"$select": "parentFolderId"})
        except GraphRefused:
            return ""
        return str(told.get("parentFolderId", ""))


_QUERY = {"changeType": "created", "$select": "receivedDateTime"}
_PAGES = f"odata.maxpagesize={PAGE}"


def open_mailbox(desk: Desk, folder: str) -> GraphMailbox:
    """A folder of the mailbox, looked for by the name people see or one everybody knows.

    Raises:
        RetryLater: ``folder_missing``, or what ``Desk`` raises.
    """
    found = folder_id(desk, folder)
    if not found:
        raise RetryLater(None, "folder_missing", folder)
    return GraphMailbox(desk, found)


def folder_id(desk: Desk, name: str) -> str:
    """What Graph calls a folder: ``INBOX``, ``Support`` or, one inside the other, ``Support/Erledigt``; "" for none."""
    known = WELL_KNOWN.get(name.lower())
    if known is not None:
        return _well_known(desk, known)
    found = _among(desk, "/mailFolders", name)
    parent = ""
    for piece in () if found else name.split("/"):
        inside = f"/mailFolders/{part(parent)}/childFolders" if parent else "/mailFolders"
        known = WELL_KNOWN.get(piece.lower()) if not parent else None
        found = parent = _well_known(desk, known) if known else _among(desk, inside, piece)
        if not found:
            return ""
    return found


def number_of(remote_id: str) -> int:
    """A number of 63 bits made of an id, for where numbers are kept."""
    return int.from_bytes(hashlib.sha256(remote_id.encode()).digest()[:8], "big") % LARGEST


def _well_known(desk: Desk, name: str) -> str:
    try:
        return str(desk.get(f"/mailFolders/{name}", {"$select": "id"}).get("id", ""))
    except GraphRefused as refusal:
        if refusal.status == 404:
            return ""
        raise RetryLater(None, "graph_refused", refusal.detail) from None


def _among(desk: Desk, path: str, name: str) -> str:
    """The folder of this name in a list of folders."""
    link, seen = "", set[str]()
    while link not in seen:
        seen.add(link)
        try:
            told = desk.get(link or path, None if link else {"$select": "id,displayName", "$top": "100"})
        except GraphRefused as refusal:
            raise RetryLater(None, "graph_refused", refusal.detail) from None
        for one in told.get("value", ()):
            if str(one.get("displayName", "")).casefold() == name.casefold():
                return str(one.get("id", ""))
        link = str(told.get("@odata.nextLink", ""))
        if not link:
            return ""
    raise RetryLater(None, "garbled", "the pages of a list lead in a circle")


def _made(desk: Desk, name: str) -> str:
    """A new folder, in the one it names before its last slash."""
    above, _slash, last = name.rpartition("/")
    parent = (folder_id(desk, above) or _made(desk, above)) if above else ""
    path = f"/mailFolders/{part(parent)}/childFolders" if parent else "/mailFolders"
    try:
        return str(desk.post(path, {"displayName": last}, need=CHANGE).body.get("id", ""))
    except GraphRefused as refusal:
        # Somebody else was faster, or an answer got lost.
        found = folder_id(desk, name) if refusal.status == 409 else ""
        if not found:
            raise RetryLater(None, "folder_refused", refusal.detail) from None
        return found


def _found(entries: Sequence[Mapping[str, Any]]) -> Iterator[Found]:
    for entry in entries:
        remote_id = entry.get("id")
        if "@removed" in entry or not isinstance(remote_id, str):
            continue
        if not 0 < len(remote_id) <= MAX_ID:
            raise RetryLater(None, "garbled", "an id that is too long")
        yield Found(remote_id, _moment(entry.get("receivedDateTime")))


def _moment(told: object) -> datetime:
    """When a mail came; the present when Graph does not say."""
    try:
        return datetime.fromisoformat(str(told)).astimezone(UTC)
    except ValueError:
        return clock.now()
