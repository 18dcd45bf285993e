"""Streams of events (SSE): how many may be open, who reads them, and the lines they are made of.

A stream keeps one thread of the web server busy for as long as it is open. So a quarter of the threads may be streams,
and each of them ends after some minutes; its reader comes back by itself and goes on where it was.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

from flask import Response, current_app, request

from app.core import bus, log
from app.core.actor import Actor
from app.core.errors import Forbidden, Invalid, NotSignedIn, TooMany, Unavailable
from app.core.language import _
from app.core.schema import MAX_ID
from app.core.uow import is_outage
from app.web.kit import scopes
from app.web.kit.door import admitted

KIND = "text/event-stream"
SHARE = 4  # one of so many threads
EACH = 2  # streams of one person, in one process
LIFE_SECONDS = 300.0
LOOK_SECONDS = 2.0
# The relay needs a moment after a commit to hand out a position.
SOON_SECONDS, SOON = 0.4, 4
# Whoever went away is noticed at the second line after that; until then the thread is busy for nobody.
BEAT_SECONDS = 5.0
RETRY_MS = 3000
COME_BACK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Piece:
    """What one look found: positions with JSON, up to where everything was looked at, whether there is more."""

    found: list[tuple[int, str]]
    until: int
    more: bool


Look = Callable[[Actor, int | None], Piece]


class Seats:
    """The streams that are open in this process."""

    def __init__(self) -> None:
        self._taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self, person_id: int, most: int) -> None:
        """Raises: TooMany, Unavailable: no seat for this person, or for anybody."""
        with self._lock:
            if self._taken.total() >= most:
                raise Unavailable(_("Too many streams are open. Please ask again a little later."))
            if self._taken[person_id] >= EACH:
                raise TooMany(
                    _("You have too many streams open. Please close one first."), seconds=COME_BACK_SECONDS
                )
            self._taken[person_id] += 1

    def give_back(self, person_id: int) -> None:
        """Somebody went away."""
        with self._lock:
            self._taken[person_id] -= 1
            if self._taken[person_id] <= 0:
                del self._taken[person_id]

    @property
    def taken(self) -> int:
        """How many are open."""
        with self._lock:
            return self._taken.total()


seats = Seats()


def is_wanted() -> bool:
    """Whether the caller asks for a stream rather than for an answer."""
    kinds = request.accept_mimetypes
    return bool(kinds) and kinds.best_match(["application/json", KIND]) == KIND


def resumed(after: int | None) -> int | None:
    """Where the reader was: the position it heard last, else the one in the address.

    Raises:
        Invalid: ``Last-Event-ID`` is none of our positions.
    """
    heard = request.headers.get("Last-Event-ID", "").strip()
    if not heard:
        return after
    if not (heard.isascii() and heard.isdigit()) or len(heard) > 19 or int(heard) > MAX_ID:
        raise Invalid({"Last-Event-ID": _("Please enter a whole number.")})
    return int(heard)


def answer(actor: Actor, allow: str, scope: str, after: int | None, look: Look) -> Response:
    """Open a stream.

    Args:
        actor: who opens it.
        allow: what the reader must be allowed to at each look.
        scope: what a key must have been made for, at each look as well.
        after: the position to go on after, None for the present end.
        look: finds what is new; asked again and again, each time with the reader's present rights.

    Raises:
        TooMany, Unavailable: there is no thread for it.
    """
    person_id = actor.person_id or 0
    seats.take(person_id, current_app.extensions["settings"].web_threads // SHARE)
    app: Any = current_app._get_current_object()  # type: ignore[attr-defined]
    stream = Stream(app, dict(request.environ), allow, scope, after, look)
    told = Response(stream.lines(), mimetype=KIND)
    told.headers["X-Accel-Buffering"] = "no"
    # Also when nobody ever reads a line of it.
    told.call_on_close(lambda: seats.give_back(person_id))
    return told


class Stream:
    """One stream; between two looks it has neither a database connection nor a request."""

    def __init__(
        self, app: Any, environ: dict[str, Any], allow: str, scope: str, after: int | None, look: Look
    ) -> None:
        self._app, self._environ, self._look = app, environ, look
        self._allow, self._scope = allow, scope
        self._at = after
        self._told = after

    def lines(self) -> Iterator[str]:
        """The stream, until its time is over or its reader may read no more."""
        yield f"retry: {RETRY_MS}\n\n"
        end = monotonic() + LIFE_SECONDS
        beat, soon = 0.0, 0
        while monotonic() < end:
            piece = self._piece()
            if piece is None:
                return
            yield from (f"id: {position}\ndata: {data}\n\n" for position, data in piece.found)
            if piece.found or monotonic() >= beat:
                # An id without data moves the reader's place on and wakes nobody.
                yield f": here\nid: {piece.until}\n\n"
                beat = monotonic() + BEAT_SECONDS
            if not piece.more:
                soon = SOON if bus.wait(SOON_SECONDS if soon else LOOK_SECONDS) else max(soon - 1, 0)

    def _piece(self) -> Piece | None:
        """Look once, as whoever the token or key stands for now; None when that is nobody any more."""
        try:
            with self._app.app_context(), self._app.request_context(self._environ):
                reader = admitted(self._allow)
                scopes.heed(reader, self._scope)
                piece = self._look(reader, self._at)
        except (NotSignedIn, Forbidden, Unavailable):
            return None
        except Exception as error:
            if not is_outage(error):
                raise
            log.get(__name__).warning("stream_ended", error=str(getattr(error, "orig", error))[:200])
            return None
        self._at = piece.until
        return piece
