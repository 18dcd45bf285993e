"""Who may change promises and calendars: administrators, and the shell."""

from __future__ import annotations

from typing import TypeVar

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.language import _
from app.core.schema import MAX_ID
from app.sla.models import Policy, WorkCalendar

PERMISSION = "admin.sla"
Row = TypeVar("Row", Policy, WorkCalendar)


def check_may_change(actor: Actor) -> None:
    """Only administrators change promises; the shell and the clock may as well.

    Raises:
        Forbidden: a person without the permission.
    """
    if actor.is_signed_in and not actor.can(PERMISSION):
        raise Forbidden(permission=PERMISSION)


def policy_for(actor: Actor, policy_id: int, *, version: int | None = None, lock: bool = False) -> Policy:
    """A policy to look at or change.

    Args:
        version: the version the change was made on, None for any.

    Raises:
        Forbidden: a person without the permission.
        NotFound: no such policy.
        Conflict: somebody changed it meanwhile.
    """
    check_may_change(actor)
    _check_id(policy_id)
    found = db.session.get(Policy, policy_id, with_for_update=lock or None, populate_existing=lock)
    return _checked(found, version)


def calendar_for(
    actor: Actor, calendar_id: int, *, version: int | None = None, lock: bool = False
) -> WorkCalendar:
    """A calendar to look at or change; arguments and errors as :func:`policy_for`."""
    check_may_change(actor)
    _check_id(calendar_id)
    found = db.session.get(WorkCalendar, calendar_id, with_for_update=lock or None, populate_existing=lock)
    return _checked(found, version)


def _check_id(number: int) -> None:
    if not 1 <= number <= MAX_ID:
        raise NotFound


def _checked(found: Row | None, version: int | None) -> Row:
    if found is None:
        raise NotFound
    if version is not None and version != found.version:
        raise Conflict(
            _(
                "Somebody changed “%(name)s” meanwhile. Please look at it again before you change it.",
                name=found.name,
            )
        )
    return found
