"""The people around a ticket, as staff see them: name, address, place; many with one statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Organisation, Person
from app.accounts.words import STAFF, Role
from app.core.db import db


@dataclass(frozen=True, slots=True)
class Face:
    """One person beside a ticket."""

    id: int
    first_name: str
    last_name: str
    email: str
    role: Role
    support_level: int
    phone: str
    department: str
    position: str
    organisation: str
    is_vip: bool
    is_active: bool
    is_verified: bool

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def initials(self) -> str:
        return initials_of(self.full_name)

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF


def initials_of(name: str) -> str:
    """One or two letters for a small round picture."""
    words = name.split() or ["?"]
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


_FACES = (
    sa.select(
        Person.id,
        Person.first_name,
        Person.last_name,
        Person.email,
        Person.role,
        Person.support_level,
        Person.phone,
        Person.department,
        Person.position,
        sa.func.coalesce(Organisation.name, Person.company),
        Person.is_vip,
        Person.is_active,
        Person.verified_at.is_not(None),
    )
    .outerjoin(Organisation, Organisation.id == Person.organisation_id)
    .where(Person.id.in_(sa.bindparam("ids", expanding=True)))
)


def faces(ids: Iterable[int | None]) -> dict[int, Face]:
    """The people behind ids; ids nobody has are left out.

    Args:
        ids: any iterable, None and repeats are passed over.
    """
    wanted = {person_id for person_id in ids if person_id}
    if not wanted:
        return {}
    return {row[0]: Face(*row) for row in db.session.execute(_FACES, {"ids": sorted(wanted)})}
