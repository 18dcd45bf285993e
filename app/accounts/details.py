"""What forms write into a person's record, in one place for the own profile and for staff."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.models import Person
from app.accounts.schemas import Details
from app.core.db import db
from app.core.errors import Invalid, Stale
from app.core.language import _
from app.core.schema import Command


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
