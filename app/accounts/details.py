"""What forms write into a person's record, in one place for the own profile and for staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from app.accounts.models import Person
from app.accounts.schemas import Details
from app.core.db import db
from app.core.errors import Invalid, Stale
from app.core.language import _
from app.core.schema import Command

Whole = TypeVar("Whole", bound=Details)


def merged(kind: type[Whole], person: Person, given: Mapping[str, Any]) -> Whole:
    """A person's whole record as a command, with some fields in place of what is stored.

    What is stored is not judged again: it may be older than today's rules, and nobody wants to change it here.

    Args:
        given: valid fields of this command; without a version it is the present one.
    """
    held = {name: getattr(person, name) for name in kind.model_fields}
    return cast(Whole, kind.model_construct(**held | dict(given)))


def put(person: Person, command: Details, version: int) -> list[str]:
    """Write the fields of a command that differ; returns their names and raises the version when there are some.

    Args:
        version: the version the form was opened with.

    Raises:
        Stale: the record was changed since then.
        Invalid: the employee number belongs to somebody else.
    """
    check_version(person, version)
    _check_number(person, command.employee_number)
    changed = write(person, command)
    if changed:
        person.version += 1
        db.session.flush()
    return changed


def write(person: Person, command: Command) -> list[str]:
    """Write the fields of a command that differ, whatever the version; returns their names."""
    changed = []
    for name, value in command:
        if name != "version" and getattr(person, name) != value:
            setattr(person, name, value)
            changed.append(name)
    return changed


def check_version(person: Person, version: int) -> None:
    """Raises Stale when the record was changed since a form with this version was opened."""
    if person.version != version:
        raise Stale(_("This was changed in the meantime."), version=person.version)


def _check_number(person: Person, number: str | None) -> None:
    if number is None or number == person.employee_number:
        return
    owner = db.session.scalar(sa.select(Person.id).where(Person.employee_number == number))
    if owner is not None and owner != person.id:
        raise Invalid({"employee_number": _("Somebody else has this employee number.")})
