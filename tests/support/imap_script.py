r"""An IMAP server on loopback that says what a test tells it to, for what no real one would say.

    with ImapScript() as server:
        server.script("UID FETCH", b"* 1 FETCH (UID 7 BODY[] {3}\r\n", HANG)
        …
        assert server.commands[-1] == "UID FETCH 7 (BODY.PEEK[])"

A script is used up answer by answer, each a list of pieces: lines, bytes sent as they are (in both ``{tag}``
stands for the tag of the command), HANG (says nothing until the server is stopped) or CLOSE (hangs up). Otherwise
the server is friendly: it lets everybody in, and its folder has one mail.
"""

from __future__ import annotations

import base64
import socket
import ssl
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import BinaryIO, Literal

PATIENCE = 10.0
HANG = "hang"
CLOSE = "close"
DONE = "{tag} OK done"
Piece = str | bytes
FRIENDLY: dict[str, Sequence[Piece]] = {
    "SELECT": ("* 1 EXISTS", "* OK [UIDVALIDITY 42] kept", "* OK [UIDNEXT 8] next", DONE),
    "STATUS": ("* STATUS x (UIDVALIDITY 42)", DONE),
    "UID SEARCH": ("* SEARCH 7", DONE),
    "IDLE": ("+ idling",),
    "LOGOUT": ("* BYE bye", DONE),
}


class ImapScript:
    """Serves one connection after the other.

    Args:
        tls: how the server encrypts; ``starttls`` and ``implicit`` need a ``context``.
        offers: capabilities besides IMAP4rev1.
        greeting: the pieces a connection begins with.
    """

    def __init__(
        self,
        *,
        tls: Literal["none", "starttls", "implicit"] = "none",
        context: ssl.SSLContext | None = None,
        offers: str = "AUTH=PLAIN AUTH=XOAUTH2 IDLE MOVE UIDPLUS",
        greeting: Sequence[Piece] = ("* OK hello",),
    ) -> None:
        self.tls, self.context, self.greeting = tls, context, greeting
        self.offers = f"IMAP4rev1 {'STARTTLS ' if tls == 'starttls' else ''}{offers}"
        self.commands: list[str] = []
        self.logins: list[bytes] = []
        self.connections = 0
        self._scripts: dict[str, deque[Sequence[Piece]]] = defaultdict(deque)
        self._stopped = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)
        self._connection: socket.socket | None = None
        self.host, self.port = "127.0.0.1", int(self._listener.getsockname()[1])
        self._thread = Thread(target=self._serve, daemon=True)

    def script(self, command: str, *pieces: Piece) -> None:
        """Answer a command (``UID FETCH``, ``SELECT`` …) once with these pieces."""
        self._scripts[command].append(pieces)

    def named(self, command: str) -> list[str]:
        """The commands of this name that came."""
        return [line for line in self.commands if line.startswith(command)]

    def __enter__(self) -> ImapScript:
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._listener.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(OSError, _HungUp):
                self._converse(connection)
            if self._connection is not None:
                self._connection.close()

    def _converse(self, connection: socket.socket) -> None:
        self._connection = connection
        if self.tls == "implicit":
            self._encrypt()
        self._say("", self.greeting)
        lines = self._lines()
        while line := lines.readline():
            tag, _, command = line.decode("utf-8", "replace").strip().partition(" ")
            self._take(tag, command)
            if command == "STARTTLS" and self.tls == "starttls":
                self._encrypt()
                lines = self._lines()
            if command.startswith("AUTHENTICATE"):
                self._authenticate(tag, command, lines)
            if command == "IDLE" and lines.readline().strip() == b"DONE":
                self.commands.append("DONE")
                self._say(tag, self._answer("DONE"))

    def _take(self, tag: str, command: str) -> None:
        self.commands.append(command)
        words = command.split(" ")
        name = " ".join(words[:2]) if words[0] == "UID" else words[0]
        if name == "CAPABILITY" and not self._scripts[name]:
            self._say(tag, (f"* CAPABILITY {self.offers}", DONE))
        elif name != "AUTHENTICATE":
            self._say(tag, self._answer(name))

    def _authenticate(self, tag: str, command: str, lines: BinaryIO) -> None:
        """Each further piece of a script is said after a line of the client."""
        self._say(tag, ("+ ",))
        answer = self._answer(command)
        for piece in answer:
            self.logins.append(base64.b64decode(lines.readline()))
            self._say(tag, (piece,))

    def _answer(self, name: str) -> Sequence[Piece]:
        waiting = self._scripts[name]
        return waiting.popleft() if waiting else FRIENDLY.get(name, (DONE,))

    def _say(self, tag: str, pieces: Sequence[Piece]) -> None:
        assert self._connection is not None
        for piece in pieces:
            if piece == HANG:
                self._stopped.wait(PATIENCE)
            if piece in (CLOSE, HANG):
                self._connection.shutdown(socket.SHUT_RDWR)
                raise _HungUp
            line = piece if isinstance(piece, bytes) else f"{piece}\r\n".encode()
            self._connection.sendall(line.replace(b"{tag}", tag.encode()))

    def _encrypt(self) -> None:
        assert self._connection is not None and self.context is not None
        self._connection = self.context.wrap_socket(self._connection, server_side=True)

    def _lines(self) -> BinaryIO:
        """Unbuffered: the first bytes of TLS must stay for TLS."""
        assert self._connection is not None
        return self._connection.makefile("rb", buffering=0)


class _HungUp(Exception):
    """The conversation ends here."""
