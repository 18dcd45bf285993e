"""People from a file: kept as a preview, then taken in line by line, each in a unit of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import arrivals, import_plans, import_queries, staffing
from app.accounts.access import may_manage
from app.accounts.actions import people
from app.accounts.events import PersonChanged, PersonCreated
from app.accounts.import_events import PeopleImported, PeopleImportStarted
from app.accounts.import_models import ImportedPerson, ImportLine, PeopleImport
from app.accounts.import_plans import Plan
from app.accounts.import_queries import Judged, import_for
from app.accounts.import_words import ImportState, Verdict
from app.accounts.models import Person
from app.accounts.people_files import PeopleFile
from app.accounts.queries import find_by_email
from app.accounts.words import STAFF, Role
from app.core import clock, fault
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.language import _
from app.core.text import shorten
from app.events.log import action, record

HOW = "import"
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted besides: welcome mails, and that nobody stays who came from a file and is not in this one."""

    send_welcome: bool = False
    close_missing: bool = False


@action(silent="a preview changes nobody")
def keep(
    file: PeopleFile, lines: Sequence[Judged], filename: str, wishes: Wishes, *, actor: Actor
) -> PeopleImport:
    """Keep a file whose lines are judged, so that somebody can look at what it would do."""
    made = PeopleImport(
        person_id=actor.person_id,
        filename=shorten(filename, 200),
        send_welcome=wishes.send_welcome,
        close_missing=wishes.close_missing,
        headings=file.fields,
        passed_over=file.passed_over,
        lines=len(lines),
        created_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    for start in range(0, len(lines), CHUNK):
        rows = [_row(made.id, one) for one in lines[start : start + CHUNK]]
        db.session.execute(sa.insert(ImportLine), rows)
    return made


def _row(import_id: int, one: Judged) -> dict[str, object]:
    plan = one.plan
    return {
        "import_id": import_id,
        "number": one.line.number,
        "given": one.line.cells,
        "verdict": plan.verdict,
        "changes": list(plan.changes),
        "notes": list(plan.notes),
        "reason": plan.reason,
        "person_id": plan.person_id,
        "is_done": plan.verdict is Verdict.REFUSED,
    }


@action
def start(import_id: int, *, actor: Actor) -> None:
    """Let a file be taken in.

    Raises:
        Conflict: it was already, or is just now.
    """
    found = import_for(actor, import_id, lock=True)
    if found.state is not ImportState.READY:
        raise Conflict(_("This file was taken in already."))
    found.state = ImportState.RUNNING
    record(PeopleImportStarted(lines=found.lines), actor=actor, subject=("people_import", found.id))


@action(silent="what an import does to people is recorded with them")
def take_in(line_id: int, *, actor: Actor) -> None:
    """Do what a line says; done once, whoever asks how often."""
    line = db.session.get(ImportLine, line_id, with_for_update=True, populate_existing=True)
    if line is None or line.is_done:
        return
    source = db.session.get_one(PeopleImport, line.import_id)
    plan, person = _done(line, source, actor)
    line.verdict, line.reason, line.is_done = plan.verdict, plan.reason, True
    line.changes, line.notes = list(plan.changes), list(plan.notes)
    line.manager, line.person_id = plan.manager, person.id if person else plan.person_id
    db.session.flush()
    fault.point("people.taken_in")


def _done(line: ImportLine, source: PeopleImport, actor: Actor) -> tuple[Plan, Person | None]:
    """Judge a line as things are now, and write what it says; somebody may get the address just now."""
    for _attempt in range(2):
        found = find_by_email(line.given.get("email", ""))
        if found is not None:
            db.session.refresh(found, with_for_update=True)
        known = import_plans.around([line.given], close_missing=source.close_missing)
        plan = import_plans.judge(line.given, known, actor)
        if plan.verdict is not Verdict.NEW:
            break
        person = _created(plan, source, actor)
        if person is not None:
            return plan, person
    if plan.verdict is Verdict.CHANGED and found is not None:
        _change(found, plan, actor)
    return plan, None


def _created(plan: Plan, source: PeopleImport, actor: Actor) -> Person | None:
    person = arrivals.add(plan.email, **plan.values)
    if person is None:
        return None
    if person.role in STAFF and person.role is not Role.ADMIN:
        arrivals.join(person, [staffing.default_team().id], leads=person.role is Role.TEAM_LEADER)
    db.session.add(ImportedPerson(person_id=person.id))
    record(PersonCreated(role=person.role, how=HOW), actor=actor, subject=("person", person.id))
    if source.send_welcome:
        people.welcome(person, actor=actor)
    return person


def _change(person: Person, plan: Plan, actor: Actor) -> None:
    """The fields first; somebody who is in the file again is activated again."""
    values = dict(plan.values)
    if values.pop("is_active", False):
        people.activate(person, how=HOW, actor=actor)
        db.session.get_one(ImportedPerson, person.id).is_closed = False
    if values.get("organisation_id", person.organisation_id) != person.organisation_id:
        person.manages_organisation = False  # who manages one sees all its requests; that ends with a move
    for name, value in values.items():
        setattr(person, name, value)
    if values:
        person.version += 1
        record(PersonChanged(fields=sorted(values), how=HOW), actor=actor, subject=("person", person.id))


@action(silent="what an import does to people is recorded with them")
def name_manager(line_id: int, *, actor: Actor) -> None:
    """Name the manager a line names, now that everybody is there."""
    line = db.session.get(ImportLine, line_id, with_for_update=True, populate_existing=True)
    if line is None or not line.manager:
        return
    boss, address, line.manager = find_by_email(line.manager), line.manager, ""
    person = db.session.get(Person, line.person_id or 0, with_for_update=True, populate_existing=True)
    if boss is None or person is None or boss.id == person.id or not may_manage(actor, person):
        line.reason = _("The manager %(address)s could not be named.", address=address)
        return
    if person.manager_id != boss.id:
        person.manager_id = boss.id
        person.version += 1
        record(PersonChanged(fields=["manager"], how=HOW), actor=actor, subject=("person", person.id))


@action(silent="what an import does to people is recorded with them")
def refuse(line_id: int, reason: str, *, actor: Actor) -> None:
    """Note that a line could not be done."""
    line = db.session.get(ImportLine, line_id, with_for_update=True, populate_existing=True)
    if line is not None:
        line.reason, line.manager = reason, ""
        line.verdict, line.is_done = (line.verdict, True) if line.is_done else (Verdict.REFUSED, True)


@action(silent="what an import does to people is recorded with them")
def refuse_rest(import_id: int, reason: str, *, actor: Actor) -> None:
    """Do nothing more of a file: whoever began it may not any more."""
    mine = sa.update(ImportLine).where(ImportLine.import_id == import_id)
    rest = mine.where(ImportLine.is_done.is_(False))
    db.session.execute(
        rest.values(verdict=Verdict.REFUSED, reason=reason, is_done=True, changes=[], notes=[])
    )
    db.session.execute(mine.where(ImportLine.manager != "").values(manager="", reason=reason))
    import_for(actor, import_id, lock=True).close_missing = False


@action(silent="what an import does to people is recorded with them")
def close_missing(import_id: int, limit: int, *, actor: Actor) -> int:
    """Deactivate some of those who came from a file and are not in this one; returns how many there were."""
    found = import_for(actor, import_id, lock=True)
    _count, some = import_queries.to_close(found, limit)
    for one in some:
        person = db.session.get_one(Person, one.id, with_for_update=True, populate_existing=True)
        people.deactivate(person, how=HOW, actor=actor)
        db.session.get_one(ImportedPerson, person.id).is_closed = True
    found.closed += len(some)
    db.session.flush()
    return len(some)


@action
def finish(import_id: int, *, actor: Actor) -> PeopleImport:
    """Write down what a file brought; done once."""
    found = import_for(actor, import_id, lock=True)
    if found.state is ImportState.DONE:
        return found
    numbers = import_queries.counts(import_id)
    found.created, found.updated = numbers[Verdict.NEW], numbers[Verdict.CHANGED]
    found.unchanged, found.refused = numbers[Verdict.UNCHANGED], numbers[Verdict.REFUSED]
    found.state, found.ended_at = ImportState.DONE, clock.now()
    fact = PeopleImported(
        created=found.created,
        updated=found.updated,
        unchanged=found.unchanged,
        refused=found.refused,
        closed=found.closed,
    )
    record(fact, actor=actor, subject=("people_import", found.id))
    return found


@action(silent="a preview changes nobody")
def discard(import_id: int, *, actor: Actor) -> None:
    """Forget a file that was only looked at.

    Raises:
        Conflict: it was taken in, or is just now.
    """
    found = import_for(actor, import_id, lock=True)
    if found.state is not ImportState.READY:
        raise Conflict(_("This file was taken in already."))
    db.session.execute(sa.delete(ImportLine).where(ImportLine.import_id == import_id))
    db.session.delete(found)
