"""The slots of a working week, and what is wrong with a set of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from app.sla.words import SlotFault

DAYS_OF_WEEK = 7
MINUTES_OF_DAY = 24 * 60


class Slot(NamedTuple):
    """Working time on one weekday, half open: the minute `end` no longer counts.

    `weekday` is 0 for Monday to 6 for Sunday, `start` and `end` are minutes after local midnight,
    `end` up to 1440 for midnight at the day's end.
    """

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SlotProblem:
    """One fault of a slot; `other` is the earlier slot it overlaps."""

    fault: SlotFault
    slot: Slot
    other: Slot | None = None

    @property
    def weekday(self) -> int:
        """The weekday as it was given, 0 for Monday."""
        return self.slot.weekday


def check_slots(slots: Iterable[tuple[int, int, int]]) -> list[SlotProblem]:
    """Say what is wrong with these slots; an empty list means that a Calendar takes them.

    Slots may come in any order and may touch (8–12, 12–17). No slots at all is no fault: such a
    calendar never opens.
    """
    given = sorted(Slot(*slot) for slot in slots)
    problems = [SlotProblem(fault, slot) for slot in given if (fault := _fault_of(slot)) is not None]
    problems += _overlaps([slot for slot in given if _fault_of(slot) is None])
    return sorted(problems, key=lambda problem: problem.slot)


def _fault_of(slot: Slot) -> SlotFault | None:
    inside = 0 <= slot.start <= MINUTES_OF_DAY and 0 <= slot.end <= MINUTES_OF_DAY
    if not inside or not 0 <= slot.weekday < DAYS_OF_WEEK:
        return SlotFault.OUT_OF_RANGE
    return SlotFault.ENDS_BEFORE_START if slot.end <= slot.start else None


def _overlaps(given: list[Slot]) -> list[SlotProblem]:
    problems: list[SlotProblem] = []
    widest: Slot | None = None
    for slot in given:
        if widest is None or widest.weekday != slot.weekday:
            widest = slot
            continue
        if slot.start < widest.end:
            problems.append(SlotProblem(SlotFault.OVERLAP, slot, widest))
        if slot.end > widest.end:
            widest = slot
    return problems
