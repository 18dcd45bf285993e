"""`/admin/sla/calendars`: hours of the week, public holidays, and a live example."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.language import _
from app.sla import policy_queries
from app.sla.access import calendar_for
from app.sla.actions import calendars as actions
from app.sla.policy_queries import Example
from app.sla.schemas import SLOTS_A_DAY, CalendarCommand, Removal, slot_field
from app.sla.slots import DAYS_OF_WEEK, MINUTES_OF_DAY
from app.sla.texts import HOLIDAY_STATES, weekday_name
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form

EXAMPLE_TARGET = timedelta(hours=3)
NEW = "new"


def _form_page(actor: Actor, form: Form[Any], calendar_id: int = 0, example: Example | None = None) -> str:
    calendar = calendar_for(actor, calendar_id) if calendar_id else None
    return page.render(
        "admin/calendar.html",
        form=form,
        calendar=calendar,
        example=example,
        example_key=calendar.id if calendar else NEW,
        days=[(day, weekday_name(day)) for day in range(DAYS_OF_WEEK)],
        lines=range(1, SLOTS_A_DAY + 1),
        slot_field=slot_field,
        states=[(code, name) for code, name in HOLIDAY_STATES.items()],
    )


def _stored(calendar_id: int, actor: Actor) -> dict[str, Any]:
    """A calendar as its form shows it."""
    found = calendar_for(actor, calendar_id)
    values: dict[str, Any] = {
        "name": found.name,
        "time_zone": found.time_zone,
        "counts": "hours" if found.slots else "always",
        "holiday_state": found.holiday_state,
        "version": found.version,
    }
    used: dict[int, int] = {}
    for day, start, end in found.slots:
        used[day] = number = used.get(day, 0) + 1
        values[slot_field(day, number, "from")] = _time(start)
        values[slot_field(day, number, "to")] = _time(end % MINUTES_OF_DAY)
    return values


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@door.page("/admin/sla/calendars/new", allow="admin.sla")
def new_calendar(actor: Actor) -> str:
    """The form with usual office hours."""
    values: dict[str, Any] = {"counts": "hours", "time_zone": actor.time_zone}
    for day in range(5):
        for number, (start, end) in enumerate((("08:00", "12:00"), ("12:30", "17:00")), 1):
            values |= {slot_field(day, number, "from"): start, slot_field(day, number, "to"): end}
    return _form_page(actor, Form(values))


@door.deed("/admin/sla/calendars/new", allow="admin.sla", takes=CalendarCommand, again=_form_page)
def create_calendar(actor: Actor, command: CalendarCommand) -> Any:
    """Make a calendar."""
    made = actions.create(command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=made.name))
    return page.go("admin.sla")


@door.page("/admin/sla/calendars/<int:calendar_id>", allow="admin.sla")
def calendar(actor: Actor, calendar_id: int) -> str:
    """One calendar."""
    return _form_page(actor, Form(_stored(calendar_id, actor)), calendar_id)


@door.deed(
    "/admin/sla/calendars/<int:calendar_id>", allow="admin.sla", takes=CalendarCommand, again=_form_page
)
def change_calendar(actor: Actor, command: CalendarCommand, calendar_id: int) -> Any:
    """Save a calendar."""
    changed = actions.change(calendar_id, command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=changed.name))
    return page.go("admin.sla")


def _example_again(actor: Actor, form: Form[Any], key: str) -> str:
    """What is wrong with the hours so far, in the place of the example."""
    if page.wants_fragment():
        return page.render("admin/calendar_example.html", example=None, problems=form.problems)
    return _form_page(actor, form, _calendar_id(key))


@door.deed(
    "/admin/sla/calendars/<key>/example", allow="admin.sla", takes=CalendarCommand, again=_example_again
)
def example(actor: Actor, command: CalendarCommand, key: str) -> str:
    """When a ticket of Friday afternoon would be due with these hours; saves nothing."""
    actions.check_week(command)
    made = policy_queries.friday_example(policy_queries.calendar_in_the_making(command), EXAMPLE_TARGET)
    if page.wants_fragment():
        return page.render("admin/calendar_example.html", example=made, problems=[])
    return _form_page(actor, _as_sent(command), _calendar_id(key), made)


def _as_sent(command: CalendarCommand) -> Form[Any]:
    values = command.model_dump()
    for day in range(DAYS_OF_WEEK):
        for number in range(1, SLOTS_A_DAY + 1):
            for bound in ("from", "to"):
                minute = values[slot_field(day, number, bound)]
                values[slot_field(day, number, bound)] = "" if minute is None else _time(minute)
    return Form(values)


def _calendar_id(key: str) -> int:
    if key == NEW:
        return 0
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        raise NotFound
    return int(key)


def _removal_page(actor: Actor, form: Form[Any], calendar_id: int) -> str:
    return page.render("admin/calendar_delete.html", form=form, calendar=calendar_for(actor, calendar_id))


@door.page("/admin/sla/calendars/<int:calendar_id>/delete", allow="admin.sla")
def calendar_removal(actor: Actor, calendar_id: int) -> str:
    """What deleting a calendar means, and the field for its name."""
    return _removal_page(actor, Form({"version": calendar_for(actor, calendar_id).version}), calendar_id)


@door.deed(
    "/admin/sla/calendars/<int:calendar_id>/delete", allow="admin.sla", takes=Removal, again=_removal_page
)
def delete_calendar(actor: Actor, command: Removal, calendar_id: int) -> Any:
    """Delete a calendar no policy counts in."""
    actions.delete(calendar_id, command, actor=actor)
    page.say(_("“%(name)s” was deleted.", name=command.name))
    return page.go("admin.sla")
