"""The IMAP library on a line of our own: every wait and every byte of an answer has its limit."""

from __future__ import annotations

import base64
import imaplib
import logging
import re
import socket
from threading import Event
from time import monotonic
from typing import Any

from imapclient import IMAPClient

from app.integrations.dialing import Deadline
from app.integrations.outcome import RetryLater

# It would write passwords and mails into debug lines, and garbage from the server into warnings.
logging.getLogger("imapclient").setLevel(logging.ERROR)

PIECE = 64 * 1024
# The answer to a search in a window of 50,000 mails has 550,000 bytes.
LONGEST_LINE = 1_000_000
# What an answer may hold besides the mail that was asked for, and a literal where none was asked for.
BESIDES = 2_000_000
SMALL_LITERAL = 64 * 1024
# How long IDLE sleeps before it looks whether it shall stop.
GLANCE_SECONDS = 0.5
# RFC 5530: refused for now, whatever was asked.
PASSING = {"UNAVAILABLE", "INUSE", "LIMIT"}
CODE = re.compile(r"\[([A-Z-]+)")


class Refused(Exception):
    """The server understood the command and said no; the conversation goes on."""

    def __init__(self, kind: str, words: bytes) -> None:
        said = words.decode("utf-8", "replace")
        super().__init__(kind)
        found = CODE.match(said)
        self.words = f"{kind} {said}"
        self.passing = found is not None and found[1] in PASSING


class Farewell(Exception):
    """The server ends the conversation (BYE)."""

    def __init__(self, words: bytes) -> None:
        super().__init__()
        self.words = f"BYE {words.decode('utf-8', 'replace')}"


class Oversize(Exception):
    """The server announced a mail larger than asked for; nothing of it was read."""

    def __init__(self, size: int, most: int) -> None:
        super().__init__(f"{size} > {most}")


class Wire(imaplib.IMAP4):
    """The protocol over a connection that is there already; greets on construction.

    The library's own reading has no limit for a literal, takes memory for it before it comes, cannot go on after
    a timeout, and takes the end of the line for silence. So the connection is read here.

    Args:
        connection: judged and, for implicit TLS, encrypted.
        timeout: seconds to wait for each sign of life.
        patience: seconds for the greeting.
        deadline: of the opening; when it has passed, a line that ends was cut by us.

    Raises:
        RetryLater: ``connection_lost``, ``timeout``; from here and from every command.
        Refused, Farewell, Oversize: likewise.
    """

    def __init__(
        self, connection: socket.socket, host: str, timeout: float, patience: float, deadline: Deadline
    ) -> None:
        self._timeout, self._deadline = timeout, deadline
        self._buffer = bytearray()
        self._news = False
        self.sock = connection
        self.untagged_responses: dict[str, list[Any]] = {}
        self.begin(patience)
        super().__init__(host)

    def begin(self, patience: float, mail_bytes: int | None = None) -> None:
        """Set the limits for the next command.

        Args:
            patience: seconds for all of it.
            mail_bytes: how large a mail in its answer may be; None when none was asked for.
        """
        self._news = self.news
        self.untagged_responses.clear()
        self._until = monotonic() + patience
        self._mail_bytes = mail_bytes
        self._allowance = (mail_bytes or 0) + BESIDES

    @property
    def news(self) -> bool:
        """Whether the server spoke of new mail since ``seen_all``."""
        return self._news or not self.untagged_responses.keys().isdisjoint(("EXISTS", "RECENT"))

    def seen_all(self) -> None:
        """What the server said of new mail up to now is known."""
        self._news = False
        for kind in ("EXISTS", "RECENT"):
            self.untagged_responses.pop(kind, None)

    def offers(self, capability: str) -> bool:
        return capability in self.capabilities

    def encrypted_with(self, connection: socket.socket) -> None:
        """Go on over TLS; what was said before it is forgotten (RFC 3501, 6.2.1)."""
        self.sock = connection
        self._buffer.clear()
        self.ask_capabilities()

    def ask_capabilities(self) -> None:
        self._get_capabilities()

    def authenticate_with(self, way: str, answer: bytes) -> None:
        """Log in by a way that has one answer, whatever the server asks.

        A refused token comes as a challenge that wants an empty answer, where the library would show the token
        again; and it stumbles over challenges that are plain text.
        """
        self._answers = iter((base64.b64encode(answer), b""))
        self.literal = self._next_answer  # type: ignore[assignment]  # a method here is asked for each answer
        self._simple_command("AUTHENTICATE", way)
        self.state = "AUTH"

    def watch(self, seconds: float, patience: float, stop: Event | None) -> bool:
        """Wait for new mail (RFC 2177); True as soon as there is some."""
        tag = self._command("IDLE")
        while self._get_response() is not None:
            self._judge_end(tag)
        until = monotonic() + seconds
        while not self.news and not (stop and stop.is_set()) and (left := until - monotonic()) > 0:
            if self._line_within(min(left, GLANCE_SECONDS)):
                self.begin(patience)
                self._get_response()
                self._judge_end(tag)
        self.begin(patience)
        self.send(b"DONE\r\n")
        self._command_complete("IDLE", tag)
        return self.news

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Called by the library where it would connect."""
        self.host, self.port = host, port

    def read(self, size: int) -> bytes:
        """A literal."""
        if self._mail_bytes is None and size > SMALL_LITERAL:
            raise ValueError("a literal nobody asked for")
        if self._mail_bytes is not None and size > self._mail_bytes:
            raise Oversize(size, self._mail_bytes)
        while len(self._buffer) < size:
            self._buffer += self._receive()
        return self._taken(size)

    def readline(self) -> bytes:
        looked_at = 0
        while (end := self._buffer.find(b"\n", looked_at)) < 0:
            looked_at = len(self._buffer)
            if looked_at > LONGEST_LINE:
                raise ValueError("endless line")
            self._buffer += self._receive()
        return self._taken(end + 1)

    def send(self, data: Any) -> None:
        try:
            self.sock.settimeout(self._timeout)
            self.sock.sendall(data)
        except OSError as error:
            raise self._lost(error) from None

    def shutdown(self) -> None:
        self.sock.close()

    def _receive(self) -> bytes:
        wait = min(self._timeout, self._until - monotonic())
        if wait <= 0:
            raise RetryLater(None, "timeout", self.host)
        try:
            return self._received(wait)
        except OSError as error:
            raise self._lost(error) from None

    def _line_within(self, seconds: float) -> bool:
        """Whether a whole line is there in that time; what came of it is kept for the next look."""
        if b"\n" not in self._buffer:
            try:
                self._buffer += self._received(seconds)
            except TimeoutError:
                return False
            except OSError as error:
                raise self._lost(error) from None
        return b"\n" in self._buffer

    def _received(self, seconds: float) -> bytes:
        self.sock.settimeout(seconds)
        data = self.sock.recv(PIECE)
        if not data:
            raise ConnectionResetError
        self._allowance -= len(data)
        if self._allowance < 0:
            raise ValueError("endless answer")
        return data

    def _taken(self, count: int) -> bytes:
        with memoryview(self._buffer) as all_of_it, all_of_it[:count] as wanted:
            piece = bytes(wanted)
        del self._buffer[:count]
        return piece

    def _lost(self, error: OSError) -> RetryLater:
        late = isinstance(error, TimeoutError) or self._deadline.passed
        return RetryLater(None, "timeout" if late else "connection_lost", self.host)

    def _command_complete(self, name: str, tag: bytes) -> tuple[str, list[Any]]:
        """The end of every command; the library would fold refusal, farewell and garbage into one text."""
        kind, data = self._get_tagged_response(tag, name == "LOGOUT")
        if kind not in ("OK", "BYE"):
            raise Refused(kind, data[-1])
        return kind, data

    def _check_bye(self) -> None:
        """Called by the library before it waits for more."""
        if said := self.untagged_responses.get("BYE"):
            raise Farewell(said[-1])

    def _next_answer(self, _challenge: bytes) -> bytes:
        return next(self._answers, b"*")

    def _judge_end(self, tag: bytes) -> None:
        """IDLE has no end of its own: one that comes before ours is a refusal."""
        self._check_bye()
        ended: Any = self.tagged_commands[tag]
        if ended:
            raise Refused(ended[0], ended[1][-1])

    def _log(self, line: str) -> None:
        """The library keeps the last lines, the one with the password among them."""


class Client(IMAPClient):
    """The library's commands over our line."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        super().__init__(wire.host, wire.port, ssl=False)
        self.normalise_times = False
        wire.debug = 0  # at the library's own level whole mails are copied into debug text

    def capabilities(self) -> tuple[bytes, ...]:
        return tuple(name.encode() for name in self.wire.capabilities)

    def _create_IMAP4(self) -> Wire:
        return self.wire

    def _set_read_timeout(self) -> None:
        """Each wait sets its own."""
