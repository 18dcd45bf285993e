"""Everything that can go wrong at Microsoft, on command or by the dice (F23)."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event, Lock

# What is said instead of doing it; what is said after it was done; what is done to the answer.
BEFORE = ("429", "503", "500", "504", "401", "410", "html", "hang", "hang_up", "id_changed", "slow")
AFTER = ("504_done", "hang_up_done", "cut", "cut_json", "next_link_loop")
KINDS = BEFORE + AFTER
DEED_DONE = ("504_done", "hang_up_done", "cut", "cut_json", "next_link_loop", "slow", "id_changed")


@dataclass
class Fault:
    """One thing that goes wrong.

    Args:
        kind: one of ``KINDS``.
        times: how often; 0 means until ``clear``.
        path: regular expression that is searched for in the path.
        retry_after: seconds said in Retry-After, for 429 and 503; None says nothing.
        seconds: how long ``slow`` waits.
    """

    kind: str
    times: int = 1
    method: str | None = None
    path: str | None = None
    retry_after: int | None = None
    seconds: float = 0.2
    used: int = 0

    def meets(self, method: str, path: str) -> bool:
        if self.times and self.used >= self.times:
            return False
        if self.method and self.method.upper() != method:
            return False
        return self.path is None or re.search(self.path, path) is not None


class Faults:
    """Faults that wait for a request; the first that fits is used up by it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.waiting: list[Fault] = []
        self.used: list[tuple[str, str, str]] = []
        self.released = Event()
        self._dice: random.Random | None = None
        self._kinds: tuple[str, ...] = ()
        self._probability = 0.0
        self._random_path: str | None = None

    def add(
        self,
        kind: str,
        times: int = 1,
        method: str | None = None,
        path: str | None = None,
        retry_after: int | None = None,
        seconds: float = 0.2,
    ) -> Fault:
        """Let something go wrong; arguments as for ``Fault``.

        Raises:
            ValueError: there is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}; there are {', '.join(KINDS)}")
        fault = Fault(kind, times, method, path, 30 if retry_after is None and kind == "429" else retry_after)
        fault.seconds = seconds
        with self._lock:
            self.waiting.append(fault)
        return fault

    def random(self, seed: int, kinds: Sequence[str], probability: float, path: str | None = None) -> None:
        """Let a share of all requests go wrong, the same ones for the same seed and order of requests."""
        unknown = set(kinds) - set(KINDS)
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        with self._lock:
            self._dice, self._kinds, self._probability = random.Random(seed), tuple(kinds), probability  # noqa: S311 - no secret
            self._random_path = path

    def clear(self) -> None:
        """Nothing goes wrong any more; requests that hang are let go."""
        with self._lock:
            self.waiting.clear()
            self._dice = None
        self.release()

    def release(self) -> None:
        """Let go what hangs now; later ones hang again."""
        held, self.released = self.released, Event()
        held.set()

    def take(self, method: str, path: str) -> Fault | None:
        """What goes wrong with this request."""
        with self._lock:
            found = next((fault for fault in self.waiting if fault.meets(method, path)), None)
            if found is None:
                found = self._thrown(path)
            if found is not None:
                found.used += 1
                self.used.append((found.kind, method, path))
            return found

    def _thrown(self, path: str) -> Fault | None:
        if self._dice is None or (self._random_path and not re.search(self._random_path, path)):
            return None
        if self._dice.random() >= self._probability:
            return None
        kind = self._dice.choice(self._kinds)
        return Fault(kind, retry_after=self._dice.choice((1, 5, 30)) if kind == "429" else None)
