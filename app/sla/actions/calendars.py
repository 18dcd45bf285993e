"""Making, changing and deleting working calendars."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.core.uow import current_unit
from app.events.log import action, record
from app.sla import queries
from app.sla.access import calendar_for, check_may_change
from app.sla.events import CalendarChanged, CalendarCreated, CalendarDeleted
from app.sla.models import Policy, WorkCalendar
from app.sla.schemas import SLOTS_A_DAY, CalendarCommand, Removal, slot_field
from app.sla.slots import DAYS_OF_WEEK, Slot, check_slots
from app.sla.texts import slot_problem, weekday_name


@action
def create(command: CalendarCommand, *, actor: Actor) -> WorkCalendar:
    """A new calendar.

    Raises:
        Forbidden: not an administrator.
        Invalid: the name is taken, no hours are given, or lines overlap or end before they begin.
    """
    check_may_change(actor)
    made = WorkCalendar(**_values(command), version=1)
    _check_name(command.name, None)
    db.session.add(made)
    db.session.flush()
    record(CalendarCreated(name=made.name), actor=actor, subject=("work_calendar", made.id))
    current_unit().after_commit.append(queries.forget)
    return made


@action
def change(calendar_id: int, command: CalendarCommand, *, actor: Actor) -> WorkCalendar:
    """Change a calendar; tickets follow when something next happens to them.

    Raises:
        Forbidden, NotFound, Invalid: as for :func:`create`.
        Conflict: somebody changed it meanwhile.
    """
    calendar = calendar_for(actor, calendar_id, version=command.version, lock=True)
    values = _values(command)
    _check_name(command.name, calendar.id)
    fields = [name for name, value in values.items() if getattr(calendar, name) != value]
    if not fields:
        return calendar
    for name in fields:
        setattr(calendar, name, values[name])
    calendar.version += 1
    record(CalendarChanged(fields=fields), actor=actor, subject=("work_calendar", calendar.id))
    current_unit().after_commit.append(queries.forget)
    return calendar


@action
def delete(calendar_id: int, command: Removal, *, actor: Actor) -> None:
    """Delete a calendar that no policy counts in.

    Raises:
        Forbidden, NotFound: not an administrator, no such calendar.
        Invalid: its name was not typed.
        Conflict: a policy counts in it, or somebody changed it meanwhile.
    """
    calendar = calendar_for(actor, calendar_id, version=command.version, lock=True)
    if command.name != calendar.name:
        raise Invalid({"name": _("Please type the name exactly as it stands here.")})
    policy = db.session.scalar(sa.select(Policy.name).where(Policy.calendar_id == calendar.id).limit(1))
    if policy is not None:
        raise Conflict(
            _("The policy “%(name)s” counts in this calendar. Choose another one there first.", name=policy)
        )
    db.session.delete(calendar)
    record(CalendarDeleted(name=calendar.name), actor=actor, subject=("work_calendar", calendar.id))
    current_unit().after_commit.append(queries.forget)


def check_week(command: CalendarCommand) -> None:
    """Whether the lines of the week make a calendar.

    Raises:
        Invalid: none is filled in, one is half filled in, ends before it begins, or overlaps another.
    """
    if command.counts == "always":
        return
    problems = _half_filled(command)
    for fault in check_slots(command.slots):
        problems.setdefault(_field_of(command, fault.slot), []).append(slot_problem(fault))
    if not problems and not command.slots:
        problems["counts"] = [_("Please enter at least one working time, or let the clock count always.")]
    if problems:
        raise Invalid(problems)


def _values(command: CalendarCommand) -> dict[str, Any]:
    check_week(command)
    always = command.counts == "always"
    return {
        "name": command.name,
        "time_zone": command.time_zone,
        "slots": [] if always else [list(slot) for slot in command.slots],
        "holiday_state": "" if always else command.holiday_state,
    }


def _check_name(name: str, own_id: int | None) -> None:
    taken = db.session.scalar(sa.select(WorkCalendar.id).where(WorkCalendar.name == name))
    if taken is not None and taken != own_id:
        raise Invalid({"name": _("There is already a calendar with this name.")})


def _lines() -> list[tuple[int, int]]:
    return [(day, number) for day in range(DAYS_OF_WEEK) for number in range(1, SLOTS_A_DAY + 1)]


def _half_filled(command: CalendarCommand) -> dict[str, list[str]]:
    problems = {}
    for day, number in _lines():
        start, end = command.slot_bounds(day, number)
        if (start is None) != (end is None):
            missing = "from" if start is None else "to"
            problems[slot_field(day, number, missing)] = [
                _("%(day)s: beginning or end is missing.", day=weekday_name(day))
            ]
    return problems


def _field_of(command: CalendarCommand, slot: Slot) -> str:
    """The last line of the form that says this; of two equal lines the second is the one too many."""
    lines = [
        (day, number)
        for day, number in _lines()
        if day == slot.weekday and command.slot_bounds(day, number) == (slot.start, slot.end)
    ]
    day, number = lines[-1] if lines else (0, 1)
    return slot_field(day, number, "from")
