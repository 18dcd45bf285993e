"""What a line of a file of people does: judged for the preview, and once more when it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from app.accounts import addresses, keeping, mailboxes
from app.accounts.access import may_give, may_manage
from app.accounts.import_models import ImportedPerson
from app.accounts.import_rows import FIELD_NAMES, Row, row_of
from app.accounts.import_words import Verdict
from app.accounts.models import Organisation, Person, PersonAddress
from app.accounts.words import LEVELS, ROLE_NAMES, Role
from app.core.actor import Actor
from app.core.db import db
from app.core.language import _

# Fields of a row that are columns of a person as they stand.
COLUMNS = (
    *("first_name", "last_name", "phone", "company", "department", "position", "employee_number"),
    *("street_address", "postal_code", "city", "country", "language"),
)
Change = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a line.

    Args:
        values: columns to write.
        person_id: whom it is about; None for somebody new, and for one who shall not be here any more.
        manager: the address of the one to be named manager once everybody is there.
    """

    verdict: Verdict
    reason: str = ""
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    person_id: int | None = None
    manager: str = ""
    email: str = ""


@dataclass(slots=True)
class Around:
    """What is known around some lines; read with a handful of statements for all of them.

    Args:
        in_file: addresses of the whole file, folded; None while its lines are done: then everybody may come.
    """

    people: dict[str, Person]
    numbers: dict[str, int]
    organisations: dict[str, int]
    imported: dict[int, bool]
    kept: frozenset[int]
    ours: frozenset[str]
    names: dict[int, str]
    in_file: frozenset[str] | None = None
    close_missing: bool = False


def around(
    given: Sequence[Mapping[str, str]],
    *,
    close_missing: bool = False,
    in_file: frozenset[str] | None = None,
) -> Around:
    """Read what the judgement of some lines needs."""
    keys = {addresses.key(cells.get(name, "")) for cells in given for name in ("email", "manager")} - {""}
    people = _people(keys)
    ids = {person.id for person in people.values()}
    numbers = {cells["employee_number"] for cells in given if cells.get("employee_number")}
    owners = sa.select(Person.employee_number, Person.id).where(Person.employee_number.in_(numbers))
    managers = {person.manager_id for person in people.values()} - {None}
    named = sa.select(Person).where(Person.id.in_(managers))
    return Around(
        people=people,
        numbers=dict(db.session.execute(owners).tuples().all()) if numbers else {},  # type: ignore[arg-type]
        organisations=_organisations() if any("organisation" in cells for cells in given) else {},
        imported=_imported(ids) if ids else {},
        kept=keeping.kept_of(ids),
        ours=mailboxes.ours(),
        names={one.id: one.full_name for one in db.session.scalars(named)} if managers else {},
        in_file=in_file,
        close_missing=close_missing,
    )


def _organisations() -> dict[str, int]:
    return dict(db.session.execute(sa.select(Organisation.name, Organisation.id)).tuples().all())


def _imported(ids: set[int]) -> dict[int, bool]:
    """Those of some people who came from a file, and whether a later one deactivated them."""
    query = sa.select(ImportedPerson.person_id, ImportedPerson.is_closed)
    return dict(db.session.execute(query.where(ImportedPerson.person_id.in_(ids))).tuples().all())


def _people(keys: set[str]) -> dict[str, Person]:
    """Who has these addresses, as the main one or as a confirmed further one."""
    main = sa.select(Person).where(Person.email_key.in_(keys))
    found = {person.email_key: person for person in db.session.scalars(main)}
    if len(found) == len(keys):
        return found
    further = (
        sa.select(PersonAddress.email_key, Person)
        .join(Person, Person.id == PersonAddress.person_id)
        .where(PersonAddress.email_key.in_(keys - set(found)))
    )
    return found | {key: person for key, person in db.session.execute(further) if key}


def judge(cells: Mapping[str, str], known: Around, actor: Actor) -> Plan:
    """What a line does, in the language at hand."""
    row, reason = row_of(cells)
    person = known.people.get(addresses.key(cells.get("email", "")))
    person_id = person.id if person else None
    if row is None:
        return Plan(Verdict.REFUSED, reason, person_id=person_id)
    reason = _refusal(row, person, known)
    if reason:
        owner = known.numbers.get(row.employee_number or "")
        return Plan(Verdict.REFUSED, reason, person_id=person_id or owner)
    if person is None:
        return _newcomer(row, known, actor)
    return _change(row, person, known, actor)


def _refusal(row: Row, person: Person | None, known: Around) -> str:
    """What is wrong with a line whoever it is about; "" for nothing."""
    key = addresses.key(row.email)
    if key in known.ours:
        return _("%(address)s is a mailbox of this helpdesk.", address=row.email)
    owner = known.numbers.get(row.employee_number or "")
    if owner is not None and (person is None or owner != person.id):
        return _("Somebody else has this employee number.")
    if row.organisation and row.organisation not in known.organisations:
        return _("No organisation is called “%(name)s”.", name=row.organisation)
    boss = addresses.key(row.manager or "")
    if boss and boss == key:
        return _("Nobody is their own manager.")
    if boss and known.in_file is not None and boss not in known.people and boss not in known.in_file:
        return _("The manager %(address)s is not known and not in this file.", address=row.manager or "")
    return ""


def _newcomer(row: Row, known: Around, actor: Actor) -> Plan:
    if row.is_active is False:
        return Plan(Verdict.UNCHANGED, notes=(_("Marked as not active: no account is made."),))
    role = row.role or Role.CUSTOMER
    level = (row.support_level or LEVELS[0]) if role is Role.SUPPORT_AGENT else 0
    if not may_give(actor, role, level):
        return Plan(Verdict.REFUSED, _("You may not give this role."))
    values = _values(row, known) | {"role": role, "support_level": level}
    if not values.get("first_name") and not values.get("last_name"):
        return Plan(Verdict.REFUSED, _("The name is missing."))
    shown = [(name, "", text) for name, text in _shown(row) if name != "email"]
    return Plan(Verdict.NEW, changes=tuple(shown), values=values, manager=row.manager or "", email=row.email)


def _change(row: Row, person: Person, known: Around, actor: Actor) -> Plan:
    goes = row.is_active is False
    values, notes = _wanted(row, person, known)
    notes += _about_activity(person, known, goes=goes)
    plan = Plan(Verdict.UNCHANGED, notes=tuple(notes), person_id=None if goes else person.id)
    if goes:
        return plan
    manager = _new_manager(row, person, known)
    changes = _changes(row, person, values, known, manager)
    if not changes:
        return plan
    if not may_manage(actor, person):
        return replace(plan, verdict=Verdict.REFUSED, reason=_unmanaged(person, actor), notes=())
    return replace(plan, verdict=Verdict.CHANGED, changes=changes, values=values, manager=manager)


def _wanted(row: Row, person: Person, known: Around) -> tuple[dict[str, Any], list[str]]:
    """The columns that would change, and what is said about those that may not."""
    notes = []
    values = {name: value for name, value in _values(row, known).items() if getattr(person, name) != value}
    if person.id in known.kept and (held := set(values) & keeping.FIELDS):
        values = {name: value for name, value in values.items() if name not in held}
        notes.append(_("Microsoft keeps these fields: %(names)s.", names=_named(held)))
    if row.role is not None and row.role is not person.role:
        notes.append(_("The role stays: a file changes nobody's role."))
    if not person.is_active and known.imported.get(person.id):
        values["is_active"] = True
    return values, notes


def _new_manager(row: Row, person: Person, known: Around) -> str:
    """The address of another manager than the present one; "" for none."""
    if not row.manager or person.id in known.kept:
        return ""
    boss = known.people.get(addresses.key(row.manager))
    return row.manager if boss is None or boss.id != person.manager_id else ""


def _about_activity(person: Person, known: Around, *, goes: bool) -> list[str]:
    if goes and person.is_active:
        if known.close_missing and person.id in known.imported:
            return [_("Marked as not active: deactivated like those who are missing.")]
        return [_("Marked as not active, but the account stays active.")]
    if not goes and not person.is_active and not known.imported.get(person.id):
        return [_("The account stays deactivated.")]
    return []


def _unmanaged(person: Person, actor: Actor) -> str:
    if person.id == actor.person_id:
        return _("Your own record is changed in your profile.")
    return _("You may not change this person.")


def _values(row: Row, known: Around) -> dict[str, Any]:
    """Columns a row says something about."""
    values = {name: value for name in COLUMNS if (value := getattr(row, name))}
    if row.organisation:
        values["organisation_id"] = known.organisations[row.organisation]
    return values


def _changes(
    row: Row, person: Person, values: Mapping[str, Any], known: Around, manager: str
) -> tuple[Change, ...]:
    made = [(name, str(getattr(person, name) or ""), str(values[name])) for name in COLUMNS if name in values]
    if "organisation_id" in values:
        name = next((n for n, found in known.organisations.items() if found == person.organisation_id), "")
        made.append(("organisation", name, row.organisation or ""))
    if manager:
        made.append(("manager", known.names.get(person.manager_id or 0, ""), manager))
    if "is_active" in values:
        made.append(("is_active", _("no"), _("yes")))
    return tuple(made)


def _shown(row: Row) -> list[tuple[str, str]]:
    """What a row says, as people read it."""
    said = row.model_dump(exclude_none=True, exclude_defaults=True, mode="json")
    if row.role is not None:
        said["role"] = str(ROLE_NAMES[row.role])
    return [(name, str(value)) for name, value in said.items() if name != "is_active"]


def _named(fields: set[str]) -> str:
    return ", ".join(str(FIELD_NAMES[name]) for name in FIELD_NAMES if name in fields)
