"""The bell: tells the relay that there is work. Loseable by design, the relay also comes by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.core import log
from app.core.uow import current_unit

QUIET_SECONDS = 0.3
PAUSE_AFTER_FAILURE = 10.0


class Bell:
    """Rings at most a few times a second from a thread of its own, so that no request waits for a broker.

    Args:
        ring: hands the word on, usually by putting a task into the queue.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def pull(self) -> None:
        """Ask for a ring soon; returns at once."""
        self._wanted.set()
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._wanted.wait()
            self._wanted.clear()
            wake()
            try:
                self._ring()
                pause.wait(QUIET_SECONDS)
            except Exception as error:
                log.get(__name__).warning("bell_lost", error=str(error)[:200])
                pause.wait(PAUSE_AFTER_FAILURE)


_bell: Bell | None = None
_heard = threading.Condition()


def wake() -> None:
    """Something was committed in this process: let those go on who wait for that."""
    with _heard:
        _heard.notify_all()


def wait(seconds: float) -> bool:
    """Wait until something is committed in this process, or for so long; whether it was a commit.

    What other processes commit is not heard here: whoever waits looks by themselves as well.
    """
    with _heard:
        return _heard.wait(seconds)


def hang(ring: Callable[[], None] | None) -> None:
    """Choose what a ring does in this process; None for silence (tests, tools)."""
    global _bell
    _bell = Bell(ring) if ring else None


def ring_after_commit() -> None:
    """Ring once the open unit is committed."""
    if _bell is None:
        return
    pull = _bell.pull
    if pull not in current_unit().after_commit:
        current_unit().after_commit.append(pull)
