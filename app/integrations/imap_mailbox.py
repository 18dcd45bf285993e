"""An open mailbox: what lies in it, one mail after the other, and where it goes afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from heapq import nsmallest
from threading import Event
from typing import Any

from imapclient import DELETED, SEEN

from app.core import clock
from app.integrations.imap_route import fit_folder
from app.integrations.imap_session import ImapSession
from app.integrations.outcome import RetryLater, Undeliverable

# Mails looked through by one search: its answer is one line, which has a limit.
WINDOW = 50_000
# Mails named in one command: lines of commands should stay below 8,000 bytes (RFC 2683, 3.2.1.5).
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail as the server lists it.

    Args:
        uid: its number, for this ``uidvalidity``.
        size: in bytes as the server says (some guess); 0 when it does not say.
        received_at: when the server took it (UTC); the present when it does not say.
    """

    uid: int
    size: int
    received_at: datetime


class Mailbox:
    """Fails with ``RetryLater``, words see ``imap.open_mailbox``. ``alive`` tells whether to go on after one."""

    def __init__(self, session: ImapSession) -> None:
        self._session = session

    @property
    def uidvalidity(self) -> int:
        """Numbers of mails hold for this value only (RFC 3501, 2.3.1.1); it stays while the mailbox is open."""
        return self._session.uidvalidity

    @property
    def alive(self) -> bool:
        """Whether further calls make sense: True after a plain refusal, False after everything else."""
        return self._session.alive

    @property
    def can_wait(self) -> bool:
        """Whether the server tells of new mail by itself (IDLE)."""
        return self._session.wire.offers("IDLE")

    def list_after(self, uid: int, since: date | None = None, limit: int = 200) -> list[Listed]:
        """The next mails, ascending; read or not does not matter, and no body is touched.

        Args:
            uid: the last number known, 0 for none; only higher ones are listed.
            since: leave out what the server took before this day (of the server's calendar).
            limit: so many at most.

        Raises:
            RetryLater: ``uidvalidity_changed``, ``folder_missing``, ``list_refused`` …
        """
        uids = sorted(self._uids_after(uid, since, limit))
        return [listed for some in _chunks(uids) for listed in self._described(some)]

    def fetch(self, uid: int, max_bytes: int) -> bytes | None:
        """A mail as it is, left unread; None when it has gone.

        Raises:
            Undeliverable: ``message_too_large``; nothing of it was read, and the line is given up.
            RetryLater: ``fetch_refused``: this mail only, the line is still good; or what befell the line.
        """
        return self._body(uid, "BODY.PEEK[]", max_bytes)

    def fetch_head(self, uid: int, max_bytes: int) -> bytes | None:
        """The beginning of the header block, as ``fetch``; a server that sends more than that is ``garbled``."""
        try:
            return self._body(uid, f"BODY.PEEK[HEADER]<0.{max_bytes}>", max_bytes)
        except Undeliverable as error:
            raise RetryLater(None, "garbled", error.detail) from None

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Mark as read.

        Raises:
            RetryLater: ``flag_refused`` …
        """
        for some in _chunks(uids):
            with self._session.talk("flag_refused") as client:
                client.noop()  # see _transfer
                client.add_flags(some, [SEEN], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move to another folder, which is made if it is missing; what has gone already is no failure.

        A server that can only remove all deleted mails at once keeps ours, marked as deleted: the others are not ours
        to remove.

        Raises:
            RetryLater: ``bad_folder``, ``folder_refused`` (cannot be made), ``move_refused`` (no room …) …
        """
        if not fit_folder(folder):
            raise RetryLater(None, "bad_folder", folder)
        for some in _chunks(uids):
            try:
                self._transfer(some, folder)
            except RetryLater as refusal:
                if refusal.reason != "move_refused":
                    raise
                self._transfer_again(some, folder, refusal)

    def wait(self, seconds: float, stop: Event | None = None) -> bool:
        """Sleep until there is new mail (True), the time is up or ``stop`` is set (looked at twice a second).

        New mail the server spoke of since ``list_after`` counts, until that is called again. Servers hang up after
        30 minutes (RFC 2177), and a line that died without a word is noticed at the end.

        Raises:
            RetryLater: ``connection_lost``, ``wait_refused`` …
        """
        with self._session.talk("wait_refused") as client:
            if client.wire.news:
                return True
            return client.wire.watch(seconds, self._session.route.patience, stop)

    def _uids_after(self, uid: int, since: date | None, limit: int) -> list[int]:
        """The lowest numbers above; in windows from the end, so that none is passed over when others are removed.

        ``n:*`` means the last mail where none is above (RFC 3501, 6.4.8), so the numbers are looked at again.
        """
        count = self._session.select()
        criteria: list[str | date] = ["UID", f"{uid + 1}:*"]
        if since is not None:
            criteria += ["SINCE", since]
        found: set[int] = set()
        for top in range(count, 0, -WINDOW):
            end = "*" if top == count else top
            window = [f"{max(1, top - WINDOW + 1)}:{end}"] if count > WINDOW else []
            with self._session.talk("list_refused") as client:
                found.update(number for number in client.search([*window, *criteria]) if number > uid)
            found = set(nsmallest(limit, found))
        return list(found)

    def _described(self, uids: list[int]) -> Iterator[Listed]:
        """Also those the server says nothing about: passed over they would be lost, asked for they tell."""
        present, told = clock.now(), self._told(uids)
        for uid in uids:
            said = told.get(uid, {})
            size = said.get(b"RFC822.SIZE")
            received_at = _utc(said.get(b"INTERNALDATE"))
            yield Listed(uid, size if isinstance(size, int) else 0, received_at or present)

    def _told(self, uids: list[int]) -> dict[int, dict[bytes, Any]]:
        """Sizes and times; one mail the server stumbles over does not take the others with it."""
        try:
            with self._session.talk("list_refused") as client:
                return dict(client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"]))
        except RetryLater as refusal:
            if refusal.reason != "list_refused":
                raise
        if len(uids) == 1:
            return {}
        half = len(uids) // 2
        return self._told(uids[:half]) | self._told(uids[half:])

    def _body(self, uid: int, item: str, max_bytes: int) -> bytes | None:
        refusal = RetryLater(None, "fetch_refused")
        try:
            with self._session.talk("fetch_refused", max_bytes) as client:
                said = client.fetch([uid], [item]).get(uid, {})
        except RetryLater as error:
            if error.reason != "fetch_refused":
                raise
            said, refusal = {}, error
        for name, value in said.items():
            if name.startswith(b"BODY[") and isinstance(value, bytes):
                return value
        if self._present([uid]):
            raise refusal
        return None

    def _present(self, uids: Sequence[int]) -> list[int]:
        """Those that are still there."""
        with self._session.talk("list_refused") as client:
            client.noop()
            return list(client.search(["UID", ",".join(map(str, uids))]))

    def _transfer(self, uids: Sequence[int], folder: str) -> None:
        """Mails that came since the last look are passed over in silence; NOOP is the way to hear of them (RFC 3501,
        6.1.2). Another process of ours may know of them when its lease outlived ours."""
        with self._session.talk("move_refused") as client:
            client.noop()
        offers = self._session.wire.offers
        if offers("MOVE"):
            with self._session.talk("move_refused") as client:
                client.move(uids, folder)
            return
        with self._session.talk("move_refused") as client:
            client.copy(uids, folder)
        with self._session.talk("move_refused") as client:
            client.add_flags(uids, [DELETED], silent=True)
        if offers("UIDPLUS"):
            with self._session.talk("move_refused") as client:
                client.uid_expunge(uids)

    def _transfer_again(self, uids: Sequence[int], folder: str, refusal: RetryLater) -> None:
        """After a refusal: because the mails have gone, or the folder is missing."""
        left = self._present(uids)
        if not left:
            return
        if self._session.has(folder):
            raise refusal
        with self._session.talk("folder_refused") as client:
            client.create_folder(folder)
        with suppress(RetryLater), self._session.talk("folder_refused") as client:
            client.subscribe_folder(folder)  # else many mail programs do not show it
        self._transfer(left, folder)


def _utc(told: object) -> datetime | None:
    """What the library read as a time; a server may name a zone or a year that do not exist."""
    if not isinstance(told, datetime):
        return None
    try:
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _chunks(uids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(uids), CHUNK):
        yield list(uids[start : start + CHUNK])
