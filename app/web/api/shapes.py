"""Shapes of things as programs get to see them; described in API.md."""

from __future__ import annotations

from datetime import datetime

from app.accounts import queries
from app.accounts.access import myself
from app.core import links
from app.core.actor import Actor
from app.web.kit.json_answers import Answer


class Named(Answer):
    """A thing with a name, as other things mention it."""

    id: int
    name: str


class User(Answer):
    """A person as they see themselves, and as staff see them."""

    id: int
    email: str
    first_name: str
    last_name: str
    full_name: str
    role: str
    support_level: int
    phone: str
    company: str
    street_address: str
    postal_code: str
    city: str
    country: str
    employee_id: str | None
    department: str
    position: str
    avatar: str | None
    language: str
    time_zone: str
    is_active: bool
    last_activity: datetime | None
    teams: list[Named]


SAME = (
    "id", "email", "first_name", "last_name", "full_name", "support_level", "phone", "company", "street_address",
    "postal_code", "city", "country", "department", "position", "language", "time_zone", "is_active",
)  # fmt: skip


def own_user(actor: Actor) -> User:
    """Whoever acts."""
    person = myself(actor)
    return User(
        **{name: getattr(person, name) for name in SAME},
        role=str(person.role),
        employee_id=person.employee_number,
        avatar=links.absolute(f"/auth/avatar/{person.id}") if person.avatar_sha256 else None,
        last_activity=person.last_activity_at,
        teams=[Named(id=team_id, name=name) for team_id, name in queries.own_teams(actor)],
    )
