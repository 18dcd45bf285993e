"""What is wrong with a week of slots; default targets; which policy applies."""

from datetime import timedelta

import pytest

from app.sla.policies import DEFAULT_TARGETS, choose
from app.sla.slots import Slot, SlotProblem, check_slots
from app.sla.words import ClockKind, PolicyScope, SlotFault

pytestmark = pytest.mark.sqlite_only


def test_a_week_with_lunch_breaks_is_fine_and_so_are_slots_that_touch() -> None:
    assert (
        check_slots([(day, start, end) for day in range(5) for start, end in ((480, 720), (750, 1020))]) == []
    )
    assert check_slots([(0, 720, 1020), (0, 480, 720), (6, 0, 1440)]) == []
    assert check_slots([]) == []


def test_an_overlap_names_the_weekday_and_both_slots() -> None:
    (problem,) = check_slots([(2, 700, 1020), (2, 480, 720), (3, 480, 720)])
    assert problem == SlotProblem(SlotFault.OVERLAP, Slot(2, 700, 1020), Slot(2, 480, 720))
    assert problem.weekday == 2


def test_every_slot_inside_a_long_one_is_named_and_a_doubled_one_too() -> None:
    long = Slot(0, 480, 1020)
    found = check_slots([long, (0, 500, 510), (0, 600, 610), (1, 0, 60), (1, 0, 60)])
    assert [(problem.slot, problem.other) for problem in found] == [
        (Slot(0, 500, 510), long),
        (Slot(0, 600, 610), long),
        (Slot(1, 0, 60), Slot(1, 0, 60)),
    ]


@pytest.mark.parametrize(
    ("slot", "fault"),
    [
        ((0, 480, 480), SlotFault.ENDS_BEFORE_START),
        ((0, 1020, 480), SlotFault.ENDS_BEFORE_START),
        ((1, 0, 0), SlotFault.ENDS_BEFORE_START),
        ((1, 1440, 1440), SlotFault.ENDS_BEFORE_START),
        ((0, 1200, 1441), SlotFault.OUT_OF_RANGE),
        ((0, -1, 480), SlotFault.OUT_OF_RANGE),
        ((7, 480, 1020), SlotFault.OUT_OF_RANGE),
        ((-1, 480, 1020), SlotFault.OUT_OF_RANGE),
    ],
)
def test_a_slot_that_cannot_be_is_named_once(slot: tuple[int, int, int], fault: SlotFault) -> None:
    assert check_slots([slot, (0, 0, 60)]) == [SlotProblem(fault, Slot(*slot))]


@pytest.mark.parametrize(
    ("priority", "response", "resolution"),
    [("critical", 1, 4), ("high", 4, 24), ("medium", 8, 72), ("low", 24, 168)],
)
def test_the_default_targets_are_those_of_the_product(priority: str, response: int, resolution: int) -> None:
    targets = DEFAULT_TARGETS[priority]
    assert targets.of(ClockKind.RESPONSE) == timedelta(hours=response)
    assert targets.of(ClockKind.RESOLUTION) == timedelta(hours=resolution)
    assert len(DEFAULT_TARGETS) == 4


def test_the_most_specific_policy_wins() -> None:
    candidates: dict[PolicyScope, str | None] = {
        PolicyScope.DEFAULT: "house",
        PolicyScope.TEAM: "network team",
        PolicyScope.CATEGORY: "outages",
        PolicyScope.ORGANISATION: "Example GmbH",
    }
    for winner in ("Example GmbH", "outages", "network team", "house"):
        assert choose(candidates) == winner
        candidates[next(scope for scope in PolicyScope if candidates[scope] == winner)] = None
    assert choose(candidates) is None
    assert choose({}) is None
