"""Reads for runs over the directory: who is known already, who is gone, who reports to whom, how runs went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.accounts.import_models import FetchedPerson, PeopleFetch
from app.accounts.import_words import FetchState
from app.accounts.microsoft import Arrival
from app.accounts.models import MicrosoftIdentity, Person
from app.core import clock
from app.core.db import db

RECENT = 20
PHOTO_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody as a page of the directory says it."""

    arrival: Arrival
    is_enabled: bool
    manager_object_id: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Who would be deactivated, how many people of the directory are active here, and how many were seen there."""

    person_ids: Sequence[int]
    active: int
    seen: int

    @property
    def are_too_many(self) -> bool:
        """A directory that suddenly lacks so many was rather read wrongly than left by them."""
        gone = len(self.person_ids)
        return (gone > 10 and gone * 5 > self.active) or (gone > 0 and not self.seen)


def unchanged(entries: Sequence[Entry]) -> dict[str, int]:
    """Object id → person of those of a page who are as they were, with one statement."""
    by_id = {entry.arrival.object_id.lower(): entry for entry in entries}
    query = (
        sa.select(MicrosoftIdentity, FetchedPerson, Person)
        .join(FetchedPerson, FetchedPerson.person_id == MicrosoftIdentity.person_id)
        .join(Person, Person.id == MicrosoftIdentity.person_id)
        .where(
            MicrosoftIdentity.object_id.in_(by_id),
            MicrosoftIdentity.tenant_id == (entries[0].arrival.tenant_id.lower() if entries else ""),
        )
    )
    return {
        identity.object_id: person.id
        for identity, fetched, person in db.session.execute(query)
        if _is_as_it_was(by_id[identity.object_id], identity, fetched, person)
    }


def _is_as_it_was(entry: Entry, identity: MicrosoftIdentity, fetched: FetchedPerson, person: Person) -> bool:
    known = (fetched.is_enabled, fetched.manager_object_id, identity.upn)
    comes_back = entry.is_enabled and fetched.is_closed and not person.is_active
    return (
        known == (entry.is_enabled, entry.manager_object_id, entry.arrival.upn)
        and not comes_back
        and not differing(person, entry.arrival)
    )


def differing(person: Person, arrival: Arrival) -> dict[str, str | None]:
    """Columns that the directory says otherwise; an employee number that is somebody else's is left out."""
    wanted: dict[str, str | None] = dict(arrival.details)
    wanted["employee_number"] = wanted.get("employee_number") or None
    if arrival.first_name or arrival.last_name:
        wanted |= {"first_name": arrival.first_name, "last_name": arrival.last_name}
    found = {name: value for name, value in wanted.items() if getattr(person, name) != value}
    number = found.get("employee_number")
    if number:
        owner = sa.select(sa.exists().where(Person.employee_number == number, Person.id != person.id))
        if db.session.scalar(owner):
            del found["employee_number"]
    return found


def to_close(run: PeopleFetch, tenant_id: str) -> Goodbye:
    """Active people of the directory that may not sign in there any more, or are gone from it."""
    theirs = (
        sa.select(Person.id)
        .join(MicrosoftIdentity, MicrosoftIdentity.person_id == Person.id)
        .outerjoin(FetchedPerson, FetchedPerson.person_id == Person.id)
        .where(Person.is_active.is_(True), MicrosoftIdentity.tenant_id == tenant_id.lower())
    )
    gone = sa.or_(
        FetchedPerson.is_enabled.is_(False),
        FetchedPerson.fetch_id != run.id,
        # Who came by themselves while the list was read may be too new for it.
        sa.and_(FetchedPerson.person_id.is_(None), MicrosoftIdentity.linked_at < run.started_at),
    )
    active = db.session.scalar(sa.select(sa.func.count()).select_from(theirs.subquery())) or 0
    ids = list(db.session.scalars(theirs.where(gone).order_by(Person.id)))
    return Goodbye(ids, active, run.created + run.updated + run.unchanged)


def misplaced(run: PeopleFetch) -> list[tuple[int, int | None]]:
    """Who reports to somebody else than the directory says: the person, and the manager to be."""
    boss = aliased(MicrosoftIdentity)
    query = (
        sa.select(Person.id, boss.person_id)
        .join(FetchedPerson, FetchedPerson.person_id == Person.id)
        .join(MicrosoftIdentity, MicrosoftIdentity.person_id == Person.id)
        .outerjoin(
            boss,
            sa.and_(
                boss.tenant_id == MicrosoftIdentity.tenant_id,
                boss.object_id == FetchedPerson.manager_object_id,
                boss.person_id != Person.id,
            ),
        )
        .where(
            FetchedPerson.fetch_id == run.id,
            sa.func.coalesce(Person.manager_id, 0) != sa.func.coalesce(boss.person_id, 0),
        )
    )
    return [
        (person_id, manager_id) for person_id, manager_id in db.session.execute(query.order_by(Person.id))
    ]


def photos_due(run: PeopleFetch, limit: int) -> list[tuple[int, str]]:
    """Person and object id of those whose picture is to be asked for, at most once a day each."""
    at = FetchedPerson.photo_at
    query = (
        sa.select(FetchedPerson.person_id, MicrosoftIdentity.object_id)
        .join(MicrosoftIdentity, MicrosoftIdentity.person_id == FetchedPerson.person_id)
        .where(
            FetchedPerson.photo_due.is_(True),
            FetchedPerson.fetch_id == run.id,
            sa.or_(at.is_(None), at < clock.now() - PHOTO_AFTER),
        )
    )
    rows = db.session.execute(query.order_by(FetchedPerson.person_id).limit(limit))
    return [(person_id, object_id) for person_id, object_id in rows]


def one(fetch_id: int) -> PeopleFetch:
    """A run as it is by now."""
    return db.session.get_one(PeopleFetch, fetch_id, populate_existing=True)


def open_since(moment: datetime) -> PeopleFetch | None:
    """The last run, if it was broken off since then and can be gone on with."""
    last = db.session.scalar(sa.select(PeopleFetch).order_by(PeopleFetch.id.desc()).limit(1))
    if last is None or last.state is not FetchState.RUNNING or last.started_at < moment:
        return None
    return last


def recent() -> Sequence[PeopleFetch]:
    """The last runs, the newest first."""
    return list(db.session.scalars(sa.select(PeopleFetch).order_by(PeopleFetch.id.desc()).limit(RECENT)))


def trouble_before(fetch_id: int) -> str:
    """What kept the run before this one, "" for nothing."""
    before = sa.select(PeopleFetch.trouble).where(PeopleFetch.id < fetch_id).order_by(PeopleFetch.id.desc())
    return db.session.scalar(before.limit(1)) or ""


def upn_of(person_ids: Iterable[int]) -> dict[int, str]:
    """The names people sign in with at Microsoft."""
    query = sa.select(MicrosoftIdentity.person_id, MicrosoftIdentity.upn)
    rows = db.session.execute(query.where(MicrosoftIdentity.person_id.in_(list(person_ids))))
    return {person_id: upn for person_id, upn in rows}


def known_ids(entries: Sequence[Entry]) -> frozenset[str]:
    """Object ids of those of a page who are somebody here."""
    by_id = [entry.arrival.object_id for entry in entries]
    query = sa.select(MicrosoftIdentity.object_id).where(MicrosoftIdentity.object_id.in_(by_id))
    return frozenset(db.session.scalars(query))
