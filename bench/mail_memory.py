"""The most memory this process and its readers take for something (Linux: VmHWM, which can be set back)."""

from __future__ import annotations

import os
from pathlib import Path

from bench.serving import children


class Peak:
    """Counts from the moment it is made."""

    def __init__(self) -> None:
        self._before: dict[int, float] = {}
        for pid in _family():
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
            self._before[pid] = _megabytes(pid, "VmRSS")

    def grown(self) -> tuple[float, float]:
        """Megabytes more than at the beginning: this process, and the reader that took most."""
        me = os.getpid()
        grown = {pid: _megabytes(pid, "VmHWM") - self._before.get(pid, 0.0) for pid in _family()}
        return grown[me], max((grown[pid] for pid in grown if pid != me), default=0.0)


def _family() -> list[int]:
    return [os.getpid(), *children(os.getpid())]


def _megabytes(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(name)
