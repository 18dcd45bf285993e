"""Processes known by id and start time, so that an id the system has given away again is never hit."""

from __future__ import annotations

import os
import select
import signal
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat from the state on (proc(5), field 3), or None when it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text[text.rindex(")") + 2 :].split()


@dataclass(frozen=True)
class Process:
    """One process of this machine.

    pid: its number. started: its start in clock ticks since boot, which tells it from a later owner of the
    number.
    """

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Process:
        """Look up a running process; ProcessLookupError when there is none."""
        fields = _stat(pid)
        if fields is None:
            raise ProcessLookupError(pid)
        return cls(pid, int(fields[19]))

    @classmethod
    def read(cls, file: Path) -> Process | None:
        """Read what `write` left in a file, or None when there is no such file or it is half written."""
        try:
            pid, started = file.read_text(encoding="ascii").split()
        except (FileNotFoundError, ValueError):
            return None
        return cls(int(pid), int(started))

    def write(self, file: Path) -> None:
        """Record the process in a file, for whoever has to end it later."""
        file.write_text(f"{self.pid} {self.started}\n", encoding="ascii")

    @property
    def alive(self) -> bool:
        """Whether it still runs; a process that ended and was not yet collected does not."""
        fields = _stat(self.pid)
        return fields is not None and int(fields[19]) == self.started and fields[0] not in "ZX"

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        if self.alive:
            os.kill(self.pid, number)

    def ended_within(self, seconds: float) -> bool:
        """Wait at most so many seconds for the end, also of others' children and under a frozen clock."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if not self.alive:
                return True
            return bool(select.select([handle], [], [], seconds)[0])
        finally:
            os.close(handle)

    def family(self) -> list[Process]:
        """The process and all its descendants, parents first."""
        if not self.alive:
            return []
        children: dict[int, list[int]] = defaultdict(list)
        for entry in PROC.iterdir():
            fields = _stat(int(entry.name)) if entry.name.isdigit() else None
            if fields is not None:
                children[int(fields[1])].append(int(entry.name))
        family, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop(0)
            waiting += children[pid]
            fields = _stat(pid)
            if fields is not None:
                family.append(Process(pid, int(fields[19])))
        return family

    def freeze_family(self) -> list[Process]:
        """Stop the process, then its descendants (SIGSTOP), so that none starts another; returns them all."""
        self.send(signal.SIGSTOP)
        family = self.family()
        for member in family:
            member.send(signal.SIGSTOP)
        return family

    def kill_family(self) -> None:
        """End the process and its descendants at once (SIGKILL), as a crash of the machine would."""
        family = self.freeze_family()
        for member in family:
            member.send(signal.SIGKILL)
        for member in family:
            member.ended_within(10)
