"""Administrators make and change policies and calendars; what does not fit is refused and named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.uow import run_unit
from app.events.models import Event
from app.sla import policy_queries, queries
from app.sla.actions import calendars, policies
from app.sla.models import Policy, WorkCalendar
from app.sla.schemas import CalendarCommand, PolicyCommand, Removal, slot_field
from app.tickets.actions import categories
from app.tickets.actions.categories import CategoryCommand
from tests.support.world import World

Lines = dict[int, list[tuple[str, str]]]
OFFICE: Lines = {day: [("8:00", "12:00"), ("12:30", "17:00")] for day in range(5)}


def calendar(name: str = "Büro", lines: Lines | None = None, **more: Any) -> CalendarCommand:
    """A calendar's form, filled in."""
    fields: dict[str, Any] = {"name": name, "time_zone": "Europe/Berlin", "counts": "hours"} | more
    for day, spans in (OFFICE if lines is None else lines).items():
        for number, (start, end) in enumerate(spans, 1):
            fields |= {slot_field(day, number, "from"): start, slot_field(day, number, "to"): end}
    return CalendarCommand.model_validate(fields)


def policy(calendar_id: int, /, name: str = "Gold", **more: Any) -> PolicyCommand:
    """A policy's form, filled in."""
    hours = {"critical": ("0:30", "4"), "high": ("2:00", "8"), "medium": ("4", "24"), "low": ("8", "72:00")}
    fields: dict[str, Any] = {"name": name, "calendar_id": calendar_id}
    for word, (response, resolution) in hours.items():
        fields |= {f"{word}_response": response, f"{word}_resolution": resolution}
    return PolicyCommand.model_validate(fields | more)


@pytest.fixture
def admin(world: World) -> Actor:
    return world.actor(world.admin())


def around_the_clock() -> int:
    return db.session.scalars(sa.select(WorkCalendar.id).where(WorkCalendar.name == "24×7")).one()


def default_policy() -> Policy:
    return db.session.scalars(sa.select(Policy).where(Policy.is_default.is_(True))).one()


def kinds() -> list[str]:
    """What the log says since the defaults were put in place."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


def test_a_calendar_with_lunch_breaks_counts_its_hours(world: World, admin: Actor) -> None:
    command = calendar(holiday_state="SN")
    made = run_unit(lambda: calendars.create(command, actor=admin))
    assert made.slots[:2] == [[0, 480, 720], [0, 750, 1020]] and len(made.slots) == 10
    assert made.holiday_state == "SN" and made.version == 1
    assert kinds() == ["sla.calendar_created"]


def test_midnight_at_the_end_of_a_day_is_written_as_zero(world: World, admin: Actor) -> None:
    command = calendar(lines={5: [("22:00", "0:00")]})
    assert run_unit(lambda: calendars.create(command, actor=admin)).slots == [[5, 1320, 1440]]


def test_always_forgets_hours_and_holidays(world: World, admin: Actor) -> None:
    command = calendar(counts="always", holiday_state="BY")
    made = run_unit(lambda: calendars.create(command, actor=admin))
    assert made.slots == [] and made.holiday_state == ""


@pytest.mark.parametrize(
    ("lines", "field", "words"),
    [
        ({0: [("8:00", "12:00"), ("11:00", "13:00")]}, "day0_2_from", "Montag"),
        ({2: [("12:00", "8:00")]}, "day2_1_from", "Mittwoch"),
        ({3: [("8:00", "8:00")]}, "day3_1_from", "Donnerstag"),
        ({4: [("8:00", "")]}, "day4_1_to", "Freitag"),
        ({4: [("", "8:00")]}, "day4_1_from", "Freitag"),
        ({}, "counts", ""),
    ],
)
def test_hours_that_make_no_calendar_are_named(
    world: World, admin: Actor, lines: Lines, field: str, words: str
) -> None:
    command = calendar(lines=lines)
    with pytest.raises(Invalid) as refused:
        run_unit(lambda: calendars.create(command, actor=admin))
    assert list(refused.value.problems) == [field]
    assert words in refused.value.problems[field][0]


def test_the_overlap_says_which_lines(world: World, admin: Actor) -> None:
    command = calendar(lines={0: [("8:00", "12:00"), ("11:00", "13:00")]})
    with pytest.raises(Invalid) as refused:
        run_unit(lambda: calendars.create(command, actor=admin))
    (text,) = refused.value.problems["day0_2_from"]
    assert "11:00–13:00" in text and "8:00–12:00" in text


def test_a_changed_calendar_counts_at_once_and_only_once_per_version(world: World, admin: Actor) -> None:
    made = run_unit(lambda: calendars.create(calendar(), actor=admin))
    run_unit(lambda: calendars.change(made.id, calendar(name="Büro neu", version=1), actor=admin))
    row = db.session.get_one(WorkCalendar, made.id, populate_existing=True)
    assert (row.name, row.version) == ("Büro neu", 2)
    with pytest.raises(Conflict):
        run_unit(lambda: calendars.change(made.id, calendar(name="Anders", version=1), actor=admin))
    run_unit(lambda: calendars.change(made.id, calendar(name="Büro neu", version=2), actor=admin))
    assert db.session.get_one(WorkCalendar, made.id, populate_existing=True).version == 2
    assert kinds() == ["sla.calendar_created", "sla.calendar_changed"]


def test_a_calendar_in_use_cannot_be_deleted(world: World, admin: Actor) -> None:
    with pytest.raises(Conflict, match="Standard"):
        run_unit(lambda: calendars.delete(around_the_clock(), Removal(name="24×7", version=1), actor=admin))


def test_deleting_wants_the_name_typed(world: World, admin: Actor) -> None:
    made = run_unit(lambda: calendars.create(calendar(), actor=admin))
    with pytest.raises(Invalid):
        run_unit(lambda: calendars.delete(made.id, Removal(name="büro", version=1), actor=admin))
    run_unit(lambda: calendars.delete(made.id, Removal(name="Büro", version=1), actor=admin))
    with pytest.raises(NotFound):
        run_unit(lambda: calendars.delete(made.id, Removal(name="Büro", version=1), actor=admin))


def test_a_policy_holds_for_its_teams_and_organisations(world: World, admin: Actor) -> None:
    firm = world.organisation("Muster AG")
    command = policy(
        around_the_clock(), team_ids=[world.team.id], organisation_ids=[firm.id], warn_percent=60
    )
    made = run_unit(lambda: policies.create(command, actor=admin))
    promise = queries.promise_for(organisation_id=firm.id, category_policy_id=None, team_id=0)
    assert promise is not None and promise.id == made.id and promise.warn_share == 0.6
    assert promise.targets["critical"].response == timedelta(minutes=30)
    assert promise.targets["low"].resolution == timedelta(hours=72)
    rows = {row.policy.name: (row.teams, row.organisations) for row in policy_queries.policies()}
    assert rows == {"Standard": ([], []), "Gold": ([world.team.name], ["Muster AG"])}
    assert policy_queries.scopes_of(made.id) == ([world.team.id], [firm.id])


def test_two_policies_cannot_hold_for_one_team(world: World, admin: Actor) -> None:
    run_unit(lambda: policies.create(policy(around_the_clock(), team_ids=[world.team.id]), actor=admin))
    second = policy(around_the_clock(), name="Silber", team_ids=[world.team.id])
    with pytest.raises(Invalid) as refused:
        run_unit(lambda: policies.create(second, actor=admin))
    assert "Gold" in refused.value.problems["team_ids"][0]


def test_one_policy_is_the_default_and_stays_it_until_another_is(world: World, admin: Actor) -> None:
    standard = default_policy()
    with pytest.raises(Invalid) as refused:
        unset = policy(standard.calendar_id, name="Standard", version=1)
        run_unit(lambda: policies.change(standard.id, unset, actor=admin))
    assert list(refused.value.problems) == ["is_default"]
    made = run_unit(lambda: policies.create(policy(around_the_clock(), is_default=True), actor=admin))
    assert default_policy().id == made.id
    with pytest.raises(Conflict):
        run_unit(lambda: policies.delete(made.id, Removal(name="Gold", version=1), actor=admin))


def test_a_policy_changed_meanwhile_is_not_overwritten(world: World, admin: Actor) -> None:
    made = run_unit(lambda: policies.create(policy(around_the_clock()), actor=admin))
    run_unit(
        lambda: policies.change(made.id, policy(around_the_clock(), warn_percent=50, version=1), actor=admin)
    )
    with pytest.raises(Conflict):
        run_unit(
            lambda: policies.change(
                made.id, policy(around_the_clock(), warn_percent=80, version=1), actor=admin
            )
        )
    row = db.session.get_one(Policy, made.id, populate_existing=True)
    assert (row.warn_percent, row.version) == (50, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [("critical_response", "5"), ("name", "Standard"), ("calendar_id", 999_999), ("team_ids", [999_999])],
)
def test_a_policy_that_promises_the_impossible_is_refused(
    world: World, admin: Actor, field: str, value: Any
) -> None:
    command = policy(around_the_clock(), **{field: value})
    with pytest.raises(Invalid) as refused:
        run_unit(lambda: policies.create(command, actor=admin))
    assert list(refused.value.problems) == [field]


@pytest.mark.parametrize("text", ["", "0", "0:00", "4:60", "-1", "bald", "9000", "1.5", "4:5"])
def test_a_target_is_hours_and_minutes(text: str) -> None:
    with pytest.raises(ValueError):
        policy(1, critical_response=text)


def test_a_policy_that_something_uses_stays(world: World, admin: Actor) -> None:
    made = run_unit(
        lambda: policies.create(policy(around_the_clock(), team_ids=[world.team.id]), actor=admin)
    )
    fields = CategoryCommand(name_de="Bau", name_en="Building", sla_policy_id=made.id, is_active=True)
    category = run_unit(lambda: categories.create(fields, actor=admin))
    with pytest.raises(Conflict):
        run_unit(lambda: policies.delete(made.id, Removal(name="Gold", version=1), actor=admin))
    assert policy_queries.scopes_of(made.id) == ([world.team.id], [])
    free = CategoryCommand(name_de="Bau", name_en="Building", version=1)
    run_unit(lambda: categories.change(category.id, free, actor=admin))
    run_unit(lambda: policies.delete(made.id, Removal(name="Gold", version=1), actor=admin))
    assert db.session.get(Policy, made.id) is None
    assert policy_queries.scopes_of(made.id) == ([], [])


def test_only_administrators_change_promises(world: World) -> None:
    leader = world.actor(world.leader())
    with pytest.raises(Forbidden):
        run_unit(lambda: policies.create(policy(around_the_clock()), actor=leader))
    with pytest.raises(Forbidden):
        run_unit(lambda: calendars.create(calendar(), actor=leader))
    with pytest.raises(Forbidden):
        run_unit(lambda: policies.change(default_policy().id, policy(1, version=1), actor=leader))


def test_the_example_of_the_page_is_next_friday_afternoon() -> None:
    command = calendar(lines={day: [("8:00", "17:00")] for day in range(5)})
    with time_machine.travel(datetime(2026, 11, 18, 9, tzinfo=UTC), tick=False):
        made = policy_queries.friday_example(
            policy_queries.calendar_in_the_making(command), timedelta(hours=3)
        )
    assert made.opened_at.isoformat() == "2026-11-20T16:30:00+01:00"
    assert made.due_at == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # Monday 10:30 in Berlin
