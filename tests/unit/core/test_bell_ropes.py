"""The bell: many pulls are one ring, nobody waits for it, and it goes on after trouble."""

from __future__ import annotations

import threading

import pytest

from app.core import bus
from app.core.bus import Bell
from tests.support.running import until


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between rings, and short ones after trouble."""
    monkeypatch.setattr(bus, "QUIET_SECONDS", 0.01)
    monkeypatch.setattr(bus, "PAUSE_AFTER_FAILURE", 0.02)


def test_many_pulls_at_once_are_few_rings() -> None:
    rings, rung, go_on = [], threading.Event(), threading.Event()

    def ring() -> None:
        rings.append(1)
        rung.set()
        go_on.wait(5)

    bell = Bell(ring)
    for _ in range(200):
        bell.pull()
    assert rung.wait(5)
    for _ in range(200):
        bell.pull()
    go_on.set()
    until(lambda: len(rings) == 2, 5)
    threading.Event().wait(0.1)
    assert len(rings) == 2


def test_whoever_pulls_never_waits_for_a_broker_that_hangs() -> None:
    hangs, free = threading.Event(), threading.Event()

    def ring() -> None:
        hangs.set()
        free.wait(10)

    bell = Bell(ring)
    bell.pull()
    assert hangs.wait(5)
    pulls = threading.Thread(target=lambda: [bell.pull() for _ in range(1000)])
    pulls.start()
    pulls.join(1)
    assert not pulls.is_alive()
    free.set()


def test_a_bell_rings_again_after_trouble() -> None:
    tries: list[int] = []

    def ring() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ConnectionRefusedError("no broker")

    bell = Bell(ring)
    for wanted in (1, 2, 3):
        bell.pull()
        until(lambda: len(tries) >= wanted, 5)  # noqa: B023
    assert len(tries) == 3


def test_a_child_process_gets_a_thread_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[int] = []
    bell = Bell(lambda: rings.append(1))
    dead = threading.Thread(target=lambda: None)
    dead.start()
    dead.join()
    bell._thread = dead  # what a fork leaves behind of the parent's thread
    bell.pull()
    until(lambda: rings == [1], 5)


def test_silence_is_a_bell_nobody_hung() -> None:
    bus.hang(None)
    bus.ring_after_commit()  # needs no unit and does nothing
