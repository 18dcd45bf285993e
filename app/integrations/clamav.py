"""Asks clamd whether bytes hold something known to be bad; no answer is never taken for "clean" (A30)."""

from __future__ import annotations

import contextlib
import socket
import struct
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from app.core.uow import must_be_outside
from app.integrations.outcome import RetryLater, Undeliverable

CHUNK = 64 * 1024
LONGEST_REPLY = 4096


@dataclass(frozen=True, slots=True)
class Verdict:
    """``signature`` is the scanner's name for what it found, empty when it found nothing."""

    signature: str = ""

    @property
    def clean(self) -> bool:
        return not self.signature


class ClamAv:
    """A scanner daemon.

    Args:
        address: ``tcp://host:port`` or ``unix:///path/to/clamd.ctl``.
        timeout: seconds to wait for the connection, for each piece to be taken and for the verdict.

    Raises:
        ValueError: the address is neither.
    """

    def __init__(self, address: str, timeout: float = 60.0) -> None:
        parts = urlsplit(address)
        self._timeout = timeout
        self._path = unquote(parts.path) if parts.scheme == "unix" else ""
        self._place = (parts.hostname or "", parts.port or 0) if parts.scheme == "tcp" else ("", 0)
        if not self._path and not all(self._place):
            raise ValueError("a scanner is tcp://host:port or unix:///path")

    def scan(self, stream: BinaryIO) -> Verdict:
        """Send all bytes of the stream and read the verdict.

        Raises:
            RetryLater: ``scanner_down``, ``timeout`` or ``scanner_failed``: nothing is known yet.
            Undeliverable: ``too_large_to_scan``: nothing will ever be known with this scanner's limits.
            UnitError: a unit of work is open.
        """
        must_be_outside()
        try:
            with self._connected() as connection:
                # A scanner that has enough answers and hangs up in the middle; its answer is what counts.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    _pour(stream, connection)
                return _verdict(_reply(connection))
        except TimeoutError:
            raise RetryLater(None, "timeout", "scanner") from None
        except OSError as error:
            raise RetryLater(None, "scanner_down", error.strerror or "") from None

    def _connected(self) -> socket.socket:
        if not self._path:
            return socket.create_connection(self._place, self._timeout)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self._timeout)
        try:
            connection.connect(self._path)
        except BaseException:
            connection.close()
            raise
        return connection


def _pour(stream: BinaryIO, connection: socket.socket) -> None:
    connection.sendall(b"zINSTREAM\0")
    while chunk := stream.read(CHUNK):
        connection.sendall(struct.pack("!L", len(chunk)) + chunk)
    connection.sendall(struct.pack("!L", 0))


def _reply(connection: socket.socket) -> str:
    """The answer up to its closing NUL; without one it was cut off and says nothing."""
    said = b""
    while b"\0" not in said and len(said) < LONGEST_REPLY and (piece := connection.recv(LONGEST_REPLY)):
        said += piece
    whole, end, _rest = said.partition(b"\0")
    return whole.decode("utf-8", "replace").strip() if end else ""


def _verdict(reply: str) -> Verdict:
    """Only the two exact forms are verdicts; an empty or unknown answer is none."""
    if reply == "stream: OK":
        return Verdict()
    name = reply.removeprefix("stream: ").removesuffix(" FOUND")
    if reply == f"stream: {name} FOUND" and name:
        return Verdict(name)
    if "size limit exceeded" in reply:
        raise Undeliverable("too_large_to_scan", reply)
    raise RetryLater(None, "scanner_failed", reply)
