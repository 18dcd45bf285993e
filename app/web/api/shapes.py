"""Shapes of things as programs get to see them; described in API.md."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from app.accounts import queries
from app.accounts.access import myself
from app.accounts.words import STAFF, Role
from app.core import links
from app.core.actor import Actor
from app.web.kit.json_answers import Answer

if TYPE_CHECKING:
    from app.accounts.models import Person


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
    role: Role
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
    version: int


SAME = (
    "id", "email", "first_name", "last_name", "full_name", "support_level", "phone", "company", "street_address",
    "postal_code", "city", "country", "department", "position", "language", "time_zone", "is_active", "version",
)  # fmt: skip


def picture_of(person_id: int, sha256: str) -> str | None:
    """Where programs find somebody's picture, None for somebody without one."""
    return links.absolute(f"/api/v1/users/{person_id}/avatar") if sha256 else None


def own_user(actor: Actor) -> User:
    """Whoever acts."""
    return _user(myself(actor), queries.own_teams(actor))


def users(actor: Actor, people: Sequence[Person]) -> list[User]:
    """People as staff see them, with the teams the actor may know of."""
    staff = [one.id for one in people if one.role in STAFF]
    teams = queries.named_teams_of(staff, actor) if staff else {}
    return [_user(one, teams.get(one.id, ())) for one in people]


def _user(person: Person, teams: Sequence[tuple[int, str]]) -> User:
    return User(
        **{name: getattr(person, name) for name in SAME},
        role=person.role,
        employee_id=person.employee_number,
        avatar=picture_of(person.id, person.avatar_sha256),
        last_activity=person.last_activity_at,
        teams=[Named(id=team_id, name=name) for team_id, name in teams],
    )
