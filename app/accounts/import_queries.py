"""Reads of files of people: previews, progress, lines by what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from app.accounts import addresses, import_plans
from app.accounts.actors import SHELL, actor_for_id
from app.accounts.import_models import ImportedPerson, ImportLine, PeopleImport
from app.accounts.import_plans import Plan
from app.accounts.import_words import ImportState, Verdict
from app.accounts.models import Person
from app.accounts.people_files import FileLine, PeopleFile
from app.accounts.queries import PersonName, names
from app.accounts.words import Role
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.language import _
from app.core.paging import Page, read_cursor, write_cursor
from app.core.schema import MAX_ID

PAGE = 50
CHUNK = 500
RECENT = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """A line of a file with what becomes of it."""

    line: FileLine
    plan: Plan


def judged(file: PeopleFile, actor: Actor, *, close_missing: bool) -> list[Judged]:
    """What each line of a file would do; nothing is written."""
    in_file = _addresses(file) if "manager" in file.fields else frozenset()
    seen, found = dict[str | int, int](), list[Judged]()
    for start in range(0, len(file.lines), CHUNK):
        some = file.lines[start : start + CHUNK]
        cells = [line.cells for line in some]
        known = import_plans.around(cells, close_missing=close_missing, in_file=in_file)
        judge = partial(import_plans.judge, known=known, actor=actor)
        for line in some:
            key = addresses.key(line.cells.get("email", ""))
            person = known.people.get(key)
            found.append(Judged(line, _once(line, person.id if person else key, seen) or judge(line.cells)))
    return found


def _addresses(file: PeopleFile) -> frozenset[str]:
    """Everybody in a file, so that a manager may stand below those who report to them."""
    return frozenset(addresses.key(line.cells.get("email", "")) for line in file.lines)


def _once(line: FileLine, who: str | int, seen: dict[str | int, int]) -> Plan | None:
    """Refuses lines with more cells than headings, and whoever stood in the file before."""
    about = who if isinstance(who, int) else None
    if line.is_too_wide:
        return Plan(Verdict.REFUSED, _("The line has more cells than there are headings."), person_id=about)
    before = seen.setdefault(who, line.number) if who else line.number
    if before != line.number:
        return Plan(
            Verdict.REFUSED, _("This person is in line %(num)s already.", num=before), person_id=about
        )
    return None


def import_for(actor: Actor, import_id: int, *, lock: bool = False) -> PeopleImport:
    """A file of people, for those who may import some.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    may = not actor.is_signed_in or actor.can("people.import")
    if not may or not 1 <= import_id <= MAX_ID:
        raise NotFound
    found = db.session.get(PeopleImport, import_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound
    return found


def recent() -> Sequence[PeopleImport]:
    """The last files, the newest first."""
    return list(db.session.scalars(sa.select(PeopleImport).order_by(PeopleImport.id.desc()).limit(RECENT)))


def running() -> Sequence[int]:
    """Ids of the files that are being worked on, the oldest first."""
    query = sa.select(PeopleImport.id).where(PeopleImport.state == ImportState.RUNNING)
    return list(db.session.scalars(query.order_by(PeopleImport.id)))


def importer(import_id: int) -> tuple[Actor, str] | None:
    """Who does an import and in which language; None when that person may not any more."""
    query = (
        sa.select(PeopleImport.person_id, Person.is_active, Person.language)
        .outerjoin(Person, Person.id == PeopleImport.person_id)
        .where(PeopleImport.id == import_id)
    )
    person_id, is_active, language = db.session.execute(query).one()
    if person_id is None:
        return SHELL, "en"
    actor = actor_for_id(person_id)
    return (actor, language) if is_active and actor.can("people.import") else None


def counts(import_id: int) -> dict[Verdict, int]:
    """How many lines there are of each kind."""
    query = sa.select(ImportLine.verdict, sa.func.count()).where(ImportLine.import_id == import_id)
    found = dict(db.session.execute(query.group_by(ImportLine.verdict)).tuples().all())
    return {verdict: found.get(verdict, 0) for verdict in Verdict}


def done(import_id: int) -> int:
    """How many lines are dealt with."""
    mine = (ImportLine.import_id == import_id, ImportLine.is_done.is_(True))
    return db.session.scalar(sa.select(sa.func.count()).where(*mine)) or 0


def waiting(import_id: int, limit: int) -> Sequence[int]:
    """Ids of the next lines to be done."""
    query = sa.select(ImportLine.id).where(ImportLine.import_id == import_id, ImportLine.is_done.is_(False))
    return list(db.session.scalars(query.order_by(ImportLine.id).limit(limit)))


def without_manager(import_id: int, limit: int) -> Sequence[int]:
    """Ids of the next lines whose manager is still to be named."""
    query = sa.select(ImportLine.id).where(ImportLine.import_id == import_id, ImportLine.manager != "")
    return list(db.session.scalars(query.order_by(ImportLine.manager, ImportLine.id).limit(limit)))


def lines(import_id: int, verdict: Verdict, cursor: str = "") -> Page[ImportLine]:
    """One page of the lines of a kind, in the order of the file.

    Raises:
        Invalid: a damaged cursor.
    """
    after = read_cursor(cursor, int)[1][0] if cursor else 0
    query = sa.select(ImportLine).where(
        ImportLine.import_id == import_id, ImportLine.verdict == verdict, ImportLine.id > after
    )
    rows = list(db.session.scalars(query.order_by(ImportLine.id).limit(PAGE + 1)))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return Page(rows, write_cursor("n", rows[-1].id) if more else None)


def refused(import_id: int) -> list[tuple[int, str, dict[str, Any]]]:
    """Every line something was wrong with: its number, what, its cells."""
    query = sa.select(ImportLine.number, ImportLine.reason, ImportLine.given)
    rows = db.session.execute(
        query.where(ImportLine.import_id == import_id, ImportLine.reason != "").order_by(ImportLine.id)
    )
    return [(number, reason, given) for number, reason, given in rows]


def to_close(found: PeopleImport, limit: int) -> tuple[int, list[PersonName]]:
    """Who came from a file and is not in this one: how many, and the first of them.

    Nobody, unless that was asked for, or when an address of the file cannot be read: it may be theirs.
    """
    if not found.close_missing or _has_unreadable(found.id):
        return 0, []
    kept = sa.select(ImportLine.person_id).where(
        ImportLine.import_id == found.id, ImportLine.person_id.is_not(None)
    )
    missing = (
        sa.select(Person.id)
        .join(ImportedPerson, ImportedPerson.person_id == Person.id)
        .where(Person.is_active.is_(True), Person.role == Role.CUSTOMER, Person.id.not_in(kept))
    )
    if found.person_id is not None:
        missing = missing.where(Person.id != found.person_id)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(missing.subquery())) or 0
    ids = list(db.session.scalars(missing.order_by(Person.search_key, Person.id).limit(limit)))
    known = names(ids)
    return count, [known[person_id] for person_id in ids]


def has_unreadable_addresses(found: PeopleImport) -> bool:
    """Whether nobody is deactivated because a line does not say whom it means."""
    return found.close_missing and _has_unreadable(found.id)


def _has_unreadable(import_id: int) -> bool:
    rows = db.session.scalars(
        sa.select(ImportLine.given).where(
            ImportLine.import_id == import_id,
            ImportLine.verdict == Verdict.REFUSED,
            ImportLine.person_id.is_(None),
        )
    )
    return any(not addresses.key(given.get("email", "")) for given in rows)
