"""A virus scanner daemon for tests: speaks clamd's INSTREAM on loopback."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

BAD = b"bytes this scanner knows as bad"


class Clamd:
    """Speaks INSTREAM for one connection after the other; finds BAD, unless told what to say."""

    def __init__(self, listener: socket.socket) -> None:
        self.listener = listener
        self.says: bytes | None = None
        self.limit = 10_000_000
        self.silent = False
        self.scanned: list[bytes] = []
        self.over = Event()

    def run(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            with connection:
                self.answer(connection)

    def answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack("!L", stream.read(4))[0]:
                data += stream.read(size)
                if len(data) > self.limit:
                    connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                    while stream.read(65536):
                        pass
                    return
            self.scanned.append(data)
            if self.silent:
                self.over.wait(10)
            elif self.says is not None:
                connection.sendall(self.says)
            else:
                connection.sendall(b"stream: Test-Signature FOUND\0" if BAD in data else b"stream: OK\0")


@contextmanager
def running(listener: socket.socket) -> Iterator[Clamd]:
    daemon = Clamd(listener)
    thread = Thread(target=daemon.run, daemon=True)
    thread.start()
    try:
        yield daemon
    finally:
        daemon.over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
