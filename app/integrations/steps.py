"""What an admin's test button shows: the steps to a server, up to the first that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.integrations.outcome import RetryLater


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check (name, connection, encryption, login, folder); ``word`` is ``ok`` or why not."""

    name: str
    ok: bool
    word: str
    detail: str = ""


def walk(steps: Iterable[tuple[str, Callable[[], object]]]) -> list[Step]:
    """Take the steps in turn; ends with the first that fails."""
    taken: list[Step] = []
    for name, step in steps:
        try:
            step()
        except RetryLater as error:
            return [*taken, Step(name, False, error.reason, error.detail)]
        taken.append(Step(name, True, "ok"))
    return taken
