"""Making and changing categories."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from app.accounts.models import Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.language import _
from app.core.schema import MAX_ID, Command, Line, Maybe, OptionalId
from app.events.log import action, record
from app.sla.models import Policy
from app.tickets.events import CategoryChanged, CategoryCreated
from app.tickets.models import Category
from app.tickets.words import Priority

PERMISSION = "admin.categories"
Name = Annotated[Line, Field(min_length=1, max_length=80)]


class CategoryCommand(Command):
    """A category as its form sends it; empty choices mean that the category says nothing about it."""

    name_de: Name
    name_en: Name
    team_id: OptionalId = None
    priority: Maybe[Priority] = None
    sla_policy_id: OptionalId = None
    is_active: bool = False
    version: int = Field(0, ge=0)


def category_for(
    actor: Actor, category_id: int, *, version: int | None = None, lock: bool = False
) -> Category:
    """A category to look at or change.

    Args:
        version: the version the change was made on, None for any.

    Raises:
        Forbidden: a person without the permission.
        NotFound: no such category.
        Conflict: somebody changed it meanwhile.
    """
    _check_may_change(actor)
    if not 1 <= category_id <= MAX_ID:
        raise NotFound
    found = db.session.get(Category, category_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound
    if version is not None and version != found.version:
        raise Conflict(
            _(
                "Somebody changed “%(name)s” meanwhile. Please look at it again before you change it.",
                name=found.name_de,
            )
        )
    return found


@action
def create(command: CategoryCommand, *, actor: Actor) -> Category:
    """A new category.

    Raises:
        Forbidden: not an administrator.
        Invalid: a name is taken, or the team or policy is not there.
    """
    _check_may_change(actor)
    _check(command, 0)
    made = Category(**_values(command), version=1, created_at=clock.now())
    db.session.add(made)
    db.session.flush()
    record(CategoryCreated(name=made.name_de), actor=actor, subject=("category", made.id))
    return made


@action
def change(category_id: int, command: CategoryCommand, *, actor: Actor) -> Category:
    """Change a category; tickets keep the team, priority and policy they have.

    Raises:
        Forbidden, NotFound, Invalid: as for :func:`create`.
        Conflict: somebody changed it meanwhile.
    """
    category = category_for(actor, category_id, version=command.version, lock=True)
    _check(command, category.id)
    values = _values(command)
    fields = [name for name, value in values.items() if getattr(category, name) != value]
    if not fields:
        return category
    for name in fields:
        setattr(category, name, values[name])
    category.version += 1
    record(CategoryChanged(fields=fields), actor=actor, subject=("category", category.id))
    return category


def _check_may_change(actor: Actor) -> None:
    if actor.is_signed_in and not actor.can(PERMISSION):
        raise Forbidden(permission=PERMISSION)


def _values(command: CategoryCommand) -> dict[str, Any]:
    return command.model_dump(exclude={"version"})


def _check(command: CategoryCommand, own_id: int) -> None:
    problems: dict[str, str] = {}
    for field in ("name_de", "name_en"):
        taken = db.session.scalar(
            sa.select(Category.id).where(
                getattr(Category, field) == getattr(command, field), Category.id != own_id
            )
        )
        if taken is not None:
            problems[field] = _("There is already a category with this name.")
    team = db.session.get(Team, command.team_id) if command.team_id else None
    if command.team_id and (team is None or not team.is_active):
        problems["team_id"] = _("Please choose one of the given options.")
    if command.sla_policy_id and db.session.get(Policy, command.sla_policy_id) is None:
        problems["sla_policy_id"] = _("Please choose one of the given options.")
    if problems:
        raise Invalid(problems)
