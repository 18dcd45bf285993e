"""A small HTTP client that keeps its connection, so that what is measured is the server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection to one address.

    Args:
        port: of the server on loopback.
        cookie: the cookie header of whoever asks.
        token: or the access token of a program.
    """

    def __init__(self, port: int, cookie: str = "", token: str = "") -> None:
        self.port, self.cookie, self.token = port, cookie, token
        self._socket: socket.socket | None = None

    def get(self, path: str) -> Answer:
        return self._ask(self._head("GET", path))

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        body = urlencode(fields).encode()
        head = self._head("POST", path, f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n")
        return self._ask(head + body)

    def post_json(self, path: str, given: Mapping[str, object]) -> Answer:
        body = json.dumps(given).encode()
        head = self._head("POST", path, f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n")
        return self._ask(head + body)

    def _head(self, verb: str, path: str, more: str = "") -> bytes:
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        cookie += f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        host = f"Host: 127.0.0.1:{self.port}\r\nOrigin: http://127.0.0.1:{self.port}\r\n"
        return f"{verb} {path} HTTP/1.1\r\n{host}{cookie}{more}\r\n".encode()

    def _ask(self, request: bytes) -> Answer:
        for attempt in (1, 2):
            try:
                connection = self._connection()
                connection.sendall(request)
                return self._read(connection)
            except (ConnectionError, EOFError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _connection(self) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=120)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _read(self, connection: socket.socket) -> Answer:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._some(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            raise ValueError("chunked answers are not expected here")
        length = int(headers.get("content-length", "0"))
        parts, have = [body], len(body)
        while have < length:
            parts.append(self._some(connection))
            have += len(parts[-1])
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(first.split()[1]), headers, b"".join(parts))

    @staticmethod
    def _some(connection: socket.socket) -> bytes:
        data = connection.recv(65536)
        if not data:
            raise EOFError
        return data

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def timed(work: Callable[[], object], times: int) -> list[float]:
    """How long each of so many runs took, in milliseconds."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return found


def together(works: Iterable[Callable[[], object]], seconds: float) -> tuple[list[float], float]:
    """Run works at once, each over and over; returns all times in milliseconds, and runs per second."""
    times: list[float] = []
    until = time.perf_counter() + seconds

    def run(work: Callable[[], object]) -> None:
        while time.perf_counter() < until:
            times.extend(timed(work, 1))

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, len(times) / seconds


def share(times: list[float], part: float) -> float:
    """The value below which this part of the times lies."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
