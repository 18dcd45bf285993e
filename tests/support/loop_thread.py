"""An asyncio loop in a thread of its own, for servers that tests talk to with ordinary sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Event, Thread

PATIENCE = 10.0
TURNS = 5  # of the loop, until a TLS connection and the one below it have both been told that they are over


class LoopThread:
    """Runs ``serve`` until it is stopped, then cancels what is left.

    Args:
        serve: called in the loop; opens the listener.
    """

    def __init__(self, serve: Callable[[], Awaitable[asyncio.Server]]) -> None:
        self.transports: set[asyncio.BaseTransport] = (
            set()
        )  # open ones, kept by the server; ended with the loop
        self._serve = serve
        self._ready = Event()
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(PATIENCE):
            raise TimeoutError("the server thread did not start")
        if self._failure:
            raise self._failure

    def call(self, work: Callable[[], None]) -> None:
        """Run something in the loop, soon."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work)

    def stop(self) -> None:
        if self._stop:
            self.call(self._stop.set)
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await self._serve()
        self._ready.set()
        await self._stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for transport in self.transports:
            transport.abort() if isinstance(transport, asyncio.WriteTransport) else transport.close()
        for _turn in range(TURNS):
            await asyncio.sleep(0)
