"""Words about people who come from a file or from the directory that doors may speak."""

from __future__ import annotations

from enum import StrEnum


class ImportState(StrEnum):
    """How far a file of people is."""

    READY = "ready"  # its lines are judged, nothing is written
    RUNNING = "running"
    DONE = "done"


class Verdict(StrEnum):
    """What becomes of a line."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class FetchState(StrEnum):
    """How a run over the directory went."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # so many would have been deactivated that somebody has to look first
    FAILED = "failed"
