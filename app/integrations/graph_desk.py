"""One mailbox at Microsoft Graph: how it is addressed, four at a time, and its refusals as words of the house (F23)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from app.integrations.graph import JSON, Gone, Graph, GraphRefused, Reply, TokenSource
from app.integrations.guard import HttpGuard
from app.integrations.outcome import RetryLater

# Ids that stay when a mail is moved inside its mailbox.
IMMUTABLE = 'IdType="ImmutableId"'
READ, SEND, CHANGE = "mail_read_missing", "mail_send_missing", "mail_change_missing"
# Microsoft lets an application do so many things at once in one mailbox.
AT_ONCE = 4
TURN_SECONDS = 60.0
NO_MAILBOX = frozenset({"ErrorInvalidUser", "ErrorNonExistentMailbox", "MailboxNotEnabledForRESTAPI"})
NO_MAILBOX |= {"ResourceNotFound", "Request_ResourceNotFound"}

_turns: dict[str, threading.BoundedSemaphore] = {}
_turns_lock = threading.Lock()


class Desk:
    """Asks for one mailbox.

    Args:
        url, guard: of the registration.
        token: see ``Graph``.
        address: whose mailbox.
        forbidden: told when a permission is missing; a token knows only those of the moment it was made.

    Raises (every call):
        RetryLater: ``throttled`` with the moment Microsoft named, ``mailbox_missing``, ``mail_read_missing``,
            ``mail_send_missing``, ``mail_change_missing``, and what ``Graph`` raises besides.
        Gone, GraphRefused: see ``Graph``.
    """

    def __init__(
        self,
        url: str,
        guard: HttpGuard,
        token: TokenSource,
        address: str,
        forbidden: Callable[[], None] = lambda: None,
    ) -> None:
        self.address = address
        self._forbidden = forbidden
        self._graph = Graph(url, guard, token, {"Prefer": IMMUTABLE})
        self._place = f"/users/{quote(address, safe='@')}"

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        prefer: str = "",
        need: str = READ,
    ) -> Mapping[str, Any]:
        """An object of the mailbox, or what a link of Graph leads to.

        Args:
            prefer: a further wish beside that for lasting ids.
            need: the word for the permission that is missing when Graph forbids it.
        """
        headers = {"Prefer": f"{IMMUTABLE}, {prefer}"} if prefer else None
        with self._turn(need):
            return self._graph.get(self._at(path), query, headers)

    def get_bytes(self, path: str, max_bytes: int, *, beginning: bool = False) -> bytes:
        """A mail as it is; see ``Graph.get_bytes``."""
        with self._turn(READ):
            return self._graph.get_bytes(self._at(path), max_bytes, beginning=beginning)

    def post(
        self, path: str, body: Mapping[str, Any] | bytes, *, need: str, kind: str = JSON, whole: bool = False
    ) -> Reply:
        """Do something in the mailbox.

        Args:
            whole: the path stands beside the mailboxes, not in this one.
        """
        with self._turn(need):
            return self._graph.post(path if whole else self._at(path), body, kind=kind)

    def patch(self, path: str, body: Mapping[str, Any], *, need: str, whole: bool = False) -> Reply:
        """Change something; see ``post``."""
        with self._turn(need):
            return self._graph.patch(path if whole else self._at(path), body)

    def delete(self, path: str) -> None:
        """Remove something that stands beside the mailboxes; what has gone already is no failure."""
        with self._turn(READ):
            self._graph.delete(path)

    def _at(self, path: str) -> str:
        return path if "://" in path else self._place + path

    @contextmanager
    def _turn(self, need: str) -> Iterator[None]:
        """Wait for one of the four places, and say in our words what Graph refused."""
        place = _place_of(self.address)
        if not place.acquire(timeout=TURN_SECONDS):
            raise RetryLater(None, "throttled", self.address)
        try:
            yield
        except RetryLater as later:
            if later.reason == "permission_missing":
                self._forbidden()
            words = {"busy": "throttled", "permission_missing": need}
            raise RetryLater(later.at, words.get(later.reason, later.reason), later.detail) from None
        except Gone:
            raise
        except GraphRefused as refusal:
            if refusal.status == 404 and refusal.code in NO_MAILBOX:
                raise RetryLater(None, "mailbox_missing", refusal.detail) from None
            raise
        finally:
            place.release()


def part(text: str) -> str:
    """A piece of a path: ids hold signs that mean something there."""
    return quote(text, safe="")


def _place_of(address: str) -> threading.BoundedSemaphore:
    with _turns_lock:
        return _turns.setdefault(address.lower(), threading.BoundedSemaphore(AT_ONCE))
