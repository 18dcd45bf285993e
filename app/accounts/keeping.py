"""Whose record the directory keeps, and which fields of it: there they are changed, here they are only read."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from app.accounts.import_models import FetchedPerson
from app.accounts.models import MicrosoftIdentity, Person
from app.core.db import db
from app.settings import queries as settings
from app.settings.schemas import Microsoft

FIELDS = frozenset(
    {
        *("first_name", "last_name", "phone", "company", "department", "position", "employee_number"),
        *("street_address", "postal_code", "city", "country"),
    }
)


def is_on() -> bool:
    """Whether people are fetched from Microsoft."""
    return settings.get(Microsoft).fetch_people


def kept_of(person_ids: Iterable[int]) -> frozenset[int]:
    """Those of these people whose record comes from Microsoft."""
    wanted = set(person_ids)
    if not wanted or not is_on():
        return frozenset()
    return frozenset(db.session.scalars(_KEPT.where(FetchedPerson.person_id.in_(wanted))))


def is_kept(person_id: int) -> bool:
    """Whether somebody's record comes from Microsoft."""
    return person_id in kept_of([person_id])


def fields_of(person: Person) -> frozenset[str]:
    """The fields of somebody's record that come from Microsoft; one it says nothing about is theirs to fill in."""
    if not is_kept(person.id):
        return frozenset()
    return frozenset(name for name in FIELDS if getattr(person, name))


_KEPT = sa.select(FetchedPerson.person_id).join(
    MicrosoftIdentity, MicrosoftIdentity.person_id == FetchedPerson.person_id
)
