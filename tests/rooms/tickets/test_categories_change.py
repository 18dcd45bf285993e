"""Administrators make and change categories."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.core import language
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.uow import run_unit
from app.events.models import Event
from app.sla.models import Policy
from app.tickets import category_queries
from app.tickets.actions import categories
from app.tickets.actions.categories import CategoryCommand
from app.tickets.models import Category
from app.tickets.words import Priority
from tests.support.world import World


@pytest.fixture
def admin(world: World) -> Actor:
    return world.actor(world.admin())


def command(**more: Any) -> CategoryCommand:
    """A category's form, filled in."""
    fields: dict[str, Any] = {"name_de": "Personal", "name_en": "Staff", "is_active": True}
    return CategoryCommand.model_validate(fields | more)


def test_a_category_leads_to_a_team_a_priority_and_a_policy(world: World, admin: Actor) -> None:
    policy_id = db.session.scalars(sa.select(Policy.id)).one()
    fields = command(team_id=str(world.team.id), priority="high", sla_policy_id=policy_id)
    made = run_unit(lambda: categories.create(fields, actor=admin))
    row = next(row for row in category_queries.categories() if row.category.id == made.id)
    assert (row.team_name, row.policy_name, row.category.priority) == (
        world.team.name,
        "Standard",
        Priority.HIGH,
    )
    event = db.session.scalars(sa.select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert (event.kind, event.subject_id, event.payload) == (
        "category.created",
        made.id,
        {"name": "Personal"},
    )


def test_empty_choices_say_nothing(world: World, admin: Actor) -> None:
    made = run_unit(
        lambda: categories.create(command(team_id="", priority="", sla_policy_id=""), actor=admin)
    )
    assert (made.team_id, made.priority, made.sla_policy_id) == (None, None, None)


def test_a_change_raises_the_version_and_names_its_fields(world: World, admin: Actor) -> None:
    made = run_unit(lambda: categories.create(command(), actor=admin))
    run_unit(
        lambda: categories.change(made.id, command(priority="low", is_active=False, version=1), actor=admin)
    )
    row = db.session.get_one(Category, made.id, populate_existing=True)
    assert (row.version, row.priority, row.is_active) == (2, Priority.LOW, False)
    event = db.session.scalars(sa.select(Event).order_by(Event.id.desc()).limit(1)).one()
    assert sorted(event.payload["fields"]) == ["is_active", "priority"]
    with pytest.raises(Conflict):
        run_unit(lambda: categories.change(made.id, command(version=1), actor=admin))


@pytest.mark.parametrize(
    ("field", "value"),
    [("name_de", "Sonstiges"), ("name_en", "Other"), ("team_id", 999_999), ("sla_policy_id", 999_999)],
)
def test_what_does_not_fit_is_named(world: World, admin: Actor, field: str, value: Any) -> None:
    fields = command(**{field: value})
    with pytest.raises(Invalid) as refused:
        run_unit(lambda: categories.create(fields, actor=admin))
    assert list(refused.value.problems) == [field]


def test_a_team_that_is_switched_off_gets_no_category(world: World, admin: Actor) -> None:
    closed = world.make_team("Archiv", is_active=False)
    with pytest.raises(Invalid):
        run_unit(lambda: categories.create(command(team_id=closed.id), actor=admin))


def test_a_category_may_keep_its_own_names(world: World, admin: Actor) -> None:
    made = run_unit(lambda: categories.create(command(), actor=admin))
    run_unit(lambda: categories.change(made.id, command(version=1), actor=admin))
    assert db.session.get_one(Category, made.id, populate_existing=True).version == 1


def test_forms_offer_what_is_in_use_in_the_readers_language(world: World, admin: Actor) -> None:
    off = run_unit(lambda: categories.create(command(is_active=False), actor=admin))
    with language.speaking("en"):
        names = dict(category_queries.choices())
    assert off.id not in names and "Network and VPN" in names.values()
    assert "Netzwerk und VPN" in dict(category_queries.choices()).values()


def test_only_administrators_change_categories(world: World) -> None:
    leader = world.actor(world.leader())
    with pytest.raises(Forbidden):
        run_unit(lambda: categories.create(command(), actor=leader))


@pytest.mark.parametrize("number", [0, 999_999, 2**70])
def test_a_missing_category_is_not_found(world: World, admin: Actor, number: int) -> None:
    with pytest.raises(NotFound):
        run_unit(lambda: categories.change(number, command(version=1), actor=admin))
