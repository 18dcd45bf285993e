"""A TCP relay on loopback that makes the network bad on demand: slow, silent, garbled, or cut at a chosen byte.

with TcpProxy("127.0.0.1", sink.port) as proxy:
    proxy.cut_on(b"\\r\\n.\\r\\n", "to_server")
    …  # talk to 127.0.0.1:proxy.port
    assert proxy.cut.wait(5)
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from threading import Event
from typing import Literal

from tests.support.loop_thread import LoopThread

Direction = Literal["to_server", "to_client"]
CHUNK = 64 * 1024


@dataclass
class _Cut:
    """Where to cut: after so many bytes, or when these bytes have gone by."""

    direction: Direction
    after: int | None = None
    pattern: bytes = b""
    forward: bool = True
    seen: int = 0
    tail: bytes = b""

    def place_in(self, data: bytes) -> int | None:
        """How many bytes of this piece are still let through; None when the cut is not in it."""
        if self.after is not None:
            left = self.after - self.seen
            self.seen += len(data)
            return left if len(data) >= left else None
        joined = self.tail + data
        found = joined.find(self.pattern)
        if found < 0:
            self.tail = joined[-(len(self.pattern) - 1) :] if len(self.pattern) > 1 else b""
            return None
        end = found + (len(self.pattern) if self.forward else 0)
        return max(0, end - len(self.tail))


@dataclass
class _Garble:
    """Which bytes to put in place of others, wherever they come by."""

    direction: Direction
    pattern: bytes
    replacement: bytes
    held: bytes = b""

    def made_of(self, data: bytes) -> bytes:
        """This piece, changed; what may be the beginning of the pattern is held back for the next."""
        joined = (self.held + data).replace(self.pattern, self.replacement)
        longest = min(len(self.pattern) - 1, len(joined))
        kept = next((n for n in range(longest, 0, -1) if joined.endswith(self.pattern[:n])), 0)
        self.held = joined[len(joined) - kept :]
        return joined[: len(joined) - kept]


class TcpProxy:
    """Relays each connection to the target.

    Args:
        host, port: the target.
    """

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.host, self.port = "127.0.0.1", 0
        self.latency = 0.0  # seconds before each piece is passed on
        self.cut = Event()
        self.swallowed = Event()
        self.connections = 0
        self._silent: set[Direction] = set()
        self._cut: _Cut | None = None
        self._garbles: list[_Garble] = []
        self._thread = LoopThread(self._serve)

    def cut_after(self, count: int, direction: Direction) -> None:
        """Cut the next connection after so many bytes of this direction; used once."""
        self.cut.clear()
        self._cut = _Cut(direction, after=count)

    def cut_on(self, pattern: bytes, direction: Direction, *, forward: bool = True) -> None:
        """Cut when these bytes come by, used once.

        Args:
            forward: still pass them on, so that the other side acts on them but its answer is lost.
        """
        self.cut.clear()
        self._cut = _Cut(direction, pattern=pattern, forward=forward)

    def hush(self, *directions: Direction) -> None:
        """Swallow what comes from now on and keep the connections open: a half-dead line."""
        self.swallowed.clear()
        self._silent = set(directions)

    def garble(self, pattern: bytes, replacement: bytes, direction: Direction) -> None:
        """Put other bytes in place of these from now on; only what is not encrypted can be garbled."""
        self._garbles.append(_Garble(direction, pattern, replacement))

    def heal(self) -> None:
        """Be a good network again."""
        self.latency = 0.0
        self._silent, self._cut, self._garbles = set(), None, []

    def drop(self) -> None:
        """Cut everything that is open now."""
        self._thread.call(self._abort_all)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._thread.stop()

    def __enter__(self) -> TcpProxy:
        self.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop()

    async def _serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._relay, self.host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        self._thread.transports |= {writer.transport, far_writer.transport}
        tasks = [
            asyncio.create_task(self._pass_on(reader, far_writer, "to_server")),
            asyncio.create_task(self._pass_on(far_reader, writer, "to_client")),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._end(writer, far_writer)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Direction
    ) -> None:
        while data := await reader.read(CHUNK):
            if self.latency:
                await asyncio.sleep(self.latency)
            if way in self._silent:
                self.swallowed.set()
                continue
            for garble in self._garbles:
                data = garble.made_of(data) if garble.direction == way else data
            rule = self._cut if self._cut and self._cut.direction == way else None
            place = rule.place_in(data) if rule else None
            writer.write(data if place is None else data[:place])
            await writer.drain()
            if place is not None:
                self._cut = None
                self.cut.set()
                return

    def _end(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        """The client's side breaks off at once; the target still gets what was passed on."""
        self._thread.transports -= {near.transport, far.transport}
        if self.cut.is_set():
            near.transport.abort()
        else:
            near.close()
        far.close()

    def _abort_all(self) -> None:
        for transport in self._thread.transports:
            transport.abort()
