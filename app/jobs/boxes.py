"""What a mailbox offers to whoever reads it, the same for both ways: by IMAP, and by Microsoft Graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.accounts.actors import MAIL
from app.integrations import graph_mail, imap
from app.integrations.graph import GraphRefused
from app.integrations.graph_mail import Found, GraphMailbox
from app.integrations.outcome import RetryLater
from app.jobs import signing_in
from app.mailroom import connections, graph_route
from app.mailroom.access import account_for
from app.mailroom.errands import Errand, Place, Sighting

LISTED = 200
# Of one mail; the mailbox itself is still to be had.
FETCH_REFUSED = "fetch_refused"
# As long as the run lasts; the next one asks again.
PUT_OFF = "put_off"
NOT_NOW = "503"
STUMBLES = frozenset({"garbled", "failing", FETCH_REFUSED})


class StaleList(Exception):
    """The server forgot how far it had told us: everything has to be listed anew (fault F23)."""


@dataclass(frozen=True, slots=True)
class News:
    """The next mails in the folder; ``link`` is where Graph goes on, at once when there is ``more``."""

    seen: list[Sighting]
    link: str = ""
    more: bool = False


class Box(Protocol):
    """An open folder. Each call may raise ``RetryLater``; ``alive`` tells whether to go on after one about one mail."""

    @property
    def uidvalidity(self) -> int: ...

    @property
    def alive(self) -> bool: ...

    def look(self, since: date | None) -> News:
        """The next mails since the last look, those from before a day left out."""

    def looked(self, news: News) -> None:
        """They were noted."""

    def begin_anew(self) -> None:
        """Look from the beginning."""

    def fetch(self, place: Place, max_bytes: int) -> bytes | None: ...

    def fetch_head(self, place: Place, max_bytes: int) -> bytes | None: ...

    def mark_seen(self, places: Sequence[Place]) -> None: ...

    def move(self, places: Sequence[Place], folder: str) -> None: ...


@contextmanager
def open_box(errand: Errand) -> Iterator[Box | None]:
    """The folder an account reads; None when there is no way to it any more.

    Raises:
        RetryLater: see ``imap.open_mailbox``, ``graph_mail.open_mailbox`` and ``signing_in``.
    """
    graph = graph_route.route_of(errand.account_id)
    if graph is not None:
        desk = signing_in.desk_for(graph)
        yield GraphBox(graph_mail.open_mailbox(desk, graph.folder), errand.link)
        return
    account = account_for(MAIL, errand.account_id)
    route = connections.way_in(account, signing_in.token_for(errand.account_id))
    if route is None:
        yield None
        return
    with imap.open_mailbox(route) as mailbox:
        yield ImapBox(mailbox, errand.last_uid)


class ImapBox:
    """A folder that is read by its numbers."""

    def __init__(self, mailbox: imap.Mailbox, last_uid: int) -> None:
        self._mailbox = mailbox
        self._last_uid = last_uid

    @property
    def uidvalidity(self) -> int:
        return self._mailbox.uidvalidity

    @property
    def alive(self) -> bool:
        return self._mailbox.alive

    def look(self, since: date | None) -> News:
        listed = self._mailbox.list_after(self._last_uid, since, LISTED)
        return News([Sighting(one.uid, one.size) for one in listed])

    def looked(self, news: News) -> None:
        self._last_uid = news.seen[-1].uid

    def begin_anew(self) -> None:
        self._last_uid = 0

    def fetch(self, place: Place, max_bytes: int) -> bytes | None:
        return self._mailbox.fetch(place.uid, max_bytes)

    def fetch_head(self, place: Place, max_bytes: int) -> bytes | None:
        return self._mailbox.fetch_head(place.uid, max_bytes)

    def mark_seen(self, places: Sequence[Place]) -> None:
        self._mailbox.mark_seen([place.uid for place in places])

    def move(self, places: Sequence[Place], folder: str) -> None:
        self._mailbox.move([place.uid for place in places], folder)


class GraphBox:
    """A folder that is read by what changed in it."""

    alive = True

    def __init__(self, mailbox: GraphMailbox, link: str) -> None:
        self._mailbox = mailbox
        self._link = link

    @property
    def uidvalidity(self) -> int:
        return self._mailbox.folder_number

    def look(self, since: date | None) -> News:
        try:
            page = self._mailbox.changes(self._link)
        except GraphRefused as refusal:
            if self._link:
                raise StaleList from None
            raise RetryLater(None, "list_refused", refusal.detail) from None
        found = sorted(page.found, key=lambda one: one.received_at)
        return News([_sighting(one) for one in found if _counts(one, since)], page.link, page.more)

    def looked(self, news: News) -> None:
        self._link = news.link

    def begin_anew(self) -> None:
        self._link = ""

    def fetch(self, place: Place, max_bytes: int) -> bytes | None:
        """One that makes Graph stumble is put off, so that those behind it come in all the same."""
        try:
            return self._mailbox.fetch(place.remote_id, max_bytes)
        except RetryLater as later:
            is_away = later.reason == "failing" and later.detail.startswith(NOT_NOW)
            if is_away or later.reason not in STUMBLES:
                raise
            raise RetryLater(later.at, PUT_OFF, str(later)) from None

    def fetch_head(self, place: Place, max_bytes: int) -> bytes | None:
        return self._mailbox.fetch_head(place.remote_id, max_bytes)

    def mark_seen(self, places: Sequence[Place]) -> None:
        self._mailbox.mark_seen([place.remote_id for place in places])

    def move(self, places: Sequence[Place], folder: str) -> None:
        self._mailbox.move([place.remote_id for place in places], folder)


def _sighting(found: Found) -> Sighting:
    return Sighting(graph_mail.number_of(found.remote_id), 0, found.remote_id)


def _counts(found: Found, since: date | None) -> bool:
    return since is None or found.received_at.date() >= since
