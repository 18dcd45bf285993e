"""The people list: pages by name, and a search by the beginning of a name or an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from app.accounts.access import visible_to
from app.accounts.models import Membership, Person, PersonAddress
from app.accounts.schemas import PeopleFilter
from app.accounts.words import Role
from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page, by_id, count, read_cursor, write_cursor
from app.core.text import fold

PAGE = 50
# Comes after every other sign in the order of the keys; a range is walked by index on every engine, LIKE is not.
LAST_SIGN = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list."""

    id: int
    first_name: str
    last_name: str
    email: str
    role: Role
    support_level: int
    company: str
    department: str
    is_active: bool
    verified_at: datetime | None
    last_activity_at: datetime | None
    absent_from: date | None
    absent_until: date | None
    search_key: str

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper() or self.email[:1].upper()

    def is_away(self, today: date) -> bool:
        if self.absent_from is None or self.absent_from > today:
            return False
        return self.absent_until is None or self.absent_until >= today


_ROW = (
    Person.id,
    Person.first_name,
    Person.last_name,
    Person.email,
    Person.role,
    Person.support_level,
    Person.company,
    Person.department,
    Person.is_active,
    Person.verified_at,
    Person.last_activity_at,
    Person.absent_from,
    Person.absent_until,
    Person.search_key,
)


def people(actor: Actor, wanted: PeopleFilter) -> Page[PersonRow]:
    """People the actor may see.

    Without search words a page of the list by name, turned by cursor. With search words the first fifty whose last
    name, first name or confirmed address begins so; a next cursor that says ``more`` means: type more letters.

    Raises:
        Invalid: a damaged cursor.
    """
    if wanted.q:
        return _found(actor, wanted)
    direction, key = ("n", ()) if not wanted.cursor else read_cursor(wanted.cursor, str, int)
    backwards = direction == "p"
    query = _filtered(actor, wanted)
    if key:
        query = query.where(_beyond(key, backwards))
    order = (Person.search_key.desc(), Person.id.desc()) if backwards else (Person.search_key, Person.id)
    rows = [PersonRow(*row) for row in db.session.execute(query.order_by(*order).limit(PAGE + 1))]
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    return Page(
        rows,
        next_cursor=_cursor("n", rows[-1]) if rows and (more or backwards) else None,
        previous_cursor=_cursor("p", rows[0]) if rows and (bool(key) if not backwards else more) else None,
    )


def _found(actor: Actor, wanted: PeopleFilter) -> Page[PersonRow]:
    """Each way to find somebody reads its own index; the answers are put together here."""
    found: dict[int, PersonRow] = {}
    for column, beginning in _ways(wanted.q):
        query = _filtered(actor, wanted).where(column >= beginning, column < beginning + LAST_SIGN)
        if column is PersonAddress.email_key:
            query = query.join(PersonAddress, PersonAddress.person_id == Person.id)
        for row in db.session.execute(query.order_by(column).limit(PAGE + 1)):
            found[row[0]] = PersonRow(*row)
    rows = sorted(found.values(), key=lambda row: (row.search_key, row.id))
    return Page(rows[:PAGE], next_cursor="more" if len(rows) > PAGE else None)


def users(
    actor: Actor, words: str, role: Role | None, active: bool | None, cursor: str, limit: int
) -> tuple[Page[Person], int, bool]:
    """A page of the people the actor may see in the order they came, how many there are, and whether of more.

    Args:
        words: the beginning of a name or of a confirmed address, "" for everybody.

    Raises:
        Invalid: a damaged cursor.
    """
    wanted = sa.select(Person).where(visible_to(actor))
    if role is not None:
        wanted = wanted.where(Person.role == role)
    if active is not None:
        wanted = wanted.where(Person.is_active.is_(active))
    if words:
        fitting = _fitting(words)
        wanted = wanted.join(fitting, fitting.c.id == Person.id)
    found, more = count(wanted.with_only_columns(Person.id))
    return by_id(wanted, Person.id, cursor, limit), found, more


def _fitting(words: str) -> sa.Subquery:
    """The ids of those a word finds: put together once, and then looked up."""
    found = []
    for column, beginning in _ways(words):
        owner = PersonAddress.person_id if column is PersonAddress.email_key else Person.id
        between = sa.and_(column >= beginning, column < beginning + LAST_SIGN)
        found.append(sa.select(owner.label("id")).where(between))
    return sa.union(*found).subquery()


def _ways(words: str) -> list[tuple[Any, str]]:
    """The columns a word is looked for in, and what they have to begin with."""
    start, address = fold(words), words.lower()
    ways: list[tuple[Any, str]] = [(Person.email_key, address), (PersonAddress.email_key, address)]
    return ways if "@" in words else [*ways, (Person.search_key, start), (Person.given_key, start)]


def _filtered(actor: Actor, wanted: PeopleFilter) -> sa.Select[Any]:
    query = sa.select(*_ROW).where(visible_to(actor))
    if wanted.role is not None:
        query = query.where(Person.role == wanted.role)
    if wanted.active != "all":
        query = query.where(Person.is_active.is_(wanted.active == "yes"))
    if wanted.team is not None:
        query = query.join(Membership, Membership.person_id == Person.id).where(
            Membership.team_id == wanted.team, Membership.team_id.not_in(actor.hidden_team_ids)
        )
    return query


def _beyond(key: tuple[Any, ...], backwards: bool) -> sa.ColumnElement[bool]:
    """Rows after (or before) a key, written so that every engine walks the index."""
    name, person_id = key
    if backwards:
        return sa.and_(Person.search_key <= name, sa.or_(Person.search_key < name, Person.id < person_id))
    return sa.and_(Person.search_key >= name, sa.or_(Person.search_key > name, Person.id > person_id))


def _cursor(direction: str, row: PersonRow) -> str:
    return write_cursor(direction, row.search_key, row.id)
