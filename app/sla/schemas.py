"""What administrators send to make and change policies and calendars."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from app.core.schema import N_, Command, Id, Line, refuse
from app.sla.closing_days import STATES
from app.sla.policies import Targets
from app.sla.slots import DAYS_OF_WEEK, MINUTES_OF_DAY, Slot

PRIORITIES = ("critical", "high", "medium", "low")
CLOCKS = ("response", "resolution")
SLOTS_A_DAY = 3
LONGEST_HOURS = 8760
SPAN = re.compile(r"^([0-9]{1,4})(?::([0-5][0-9]))?$")
TIME = re.compile(r"^([01]?[0-9]|2[0-3]):([0-5][0-9])$")


def _minutes_of_span(value: Any) -> Any:
    """``4`` and ``4:00`` are four hours, ``0:30`` is half an hour."""
    if not isinstance(value, str):
        return value
    match = SPAN.match(value.strip())
    if match is None:
        raise refuse(N_("Please enter hours and minutes such as 4:00 or 0:30."))
    return int(match[1]) * 60 + int(match[2] or 0)


def _possible_span(minutes: int) -> int:
    if not 1 <= minutes <= LONGEST_HOURS * 60:
        raise refuse(N_("At least one minute and at most a year."))
    return minutes


def _minute_of_day(value: Any) -> Any:
    if value is None or value == "":
        return None
    match = TIME.match(value) if isinstance(value, str) else None
    if match is None:
        raise refuse(N_("Please enter a time such as 8:00."))
    return int(match[1]) * 60 + int(match[2])


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        raise refuse(N_("Please enter a time zone such as Europe/Berlin."))
    return value


Name = Annotated[Line, Field(min_length=1, max_length=80)]
Span = Annotated[int, BeforeValidator(_minutes_of_span), AfterValidator(_possible_span)]
TimeOfDay = Annotated[int | None, BeforeValidator(_minute_of_day)]


class _Policy(Command):
    name: Name
    calendar_id: Id
    pauses_for_third_party: bool = False
    warn_percent: int = Field(75, ge=10, le=99)
    is_default: bool = False
    team_ids: list[Id] = []
    organisation_ids: list[Id] = []
    version: int = Field(0, ge=0)

    @property
    def targets(self) -> dict[str, Targets]:
        """Targets by the stored word of the priority."""
        return {
            word: Targets(*(timedelta(minutes=getattr(self, target_field(word, kind))) for kind in CLOCKS))
            for word in PRIORITIES
        }


class _Calendar(Command):
    name: Name
    time_zone: Annotated[Line, AfterValidator(_known_zone)]
    counts: Literal["always", "hours"]
    holiday_state: Literal["", *STATES] = ""  # type: ignore[valid-type]
    version: int = Field(0, ge=0)

    def slot_bounds(self, weekday: int, number: int) -> tuple[int | None, int | None]:
        """Beginning and end of a line of the week, in minutes; an end at 0:00 is midnight at the day's end."""
        start, end = (getattr(self, slot_field(weekday, number, bound)) for bound in ("from", "to"))
        return start, MINUTES_OF_DAY if end == 0 else end

    @property
    def slots(self) -> list[Slot]:
        """The lines that are filled in, in the order of the week."""
        lines = (
            (weekday, *self.slot_bounds(weekday, number))
            for weekday in range(DAYS_OF_WEEK)
            for number in range(1, SLOTS_A_DAY + 1)
        )
        return [Slot(day, start, end) for day, start, end in lines if start is not None and end is not None]


def target_field(priority: str, kind: str) -> str:
    """Name of the form field of one target."""
    return f"{priority}_{kind}"


def slot_field(weekday: int, number: int, bound: str) -> str:
    """Name of the form field of one bound (``from`` or ``to``) of one line of a weekday."""
    return f"day{weekday}_{number}_{bound}"


_TARGETS: dict[str, Any] = {target_field(word, kind): (Span, ...) for word in PRIORITIES for kind in CLOCKS}
_BOUNDS: dict[str, Any] = {
    slot_field(weekday, number, bound): (TimeOfDay, None)
    for weekday in range(DAYS_OF_WEEK)
    for number in range(1, SLOTS_A_DAY + 1)
    for bound in ("from", "to")
}


class PolicyCommand(create_model("PolicyFields", __base__=_Policy, **_TARGETS)):  # type: ignore[misc]
    """A policy as its form sends it: ``critical_response`` and the like are hours and minutes."""


class CalendarCommand(create_model("CalendarFields", __base__=_Calendar, **_BOUNDS)):  # type: ignore[misc]
    """A calendar as its form sends it: ``day0_1_from`` is the beginning of Monday's first line."""


class Removal(Command):
    """Deleting wants the name of the thing typed."""

    name: Line = ""
    version: int = Field(0, ge=0)


class ExampleQuery(Command):
    """When a ticket opened now would be due in a policy."""

    policy_id: Id
