"""Days away, and who stands in."""

from __future__ import annotations

from app.accounts.events import AbsenceChanged
from app.accounts.models import Person
from app.accounts.schemas import Absence
from app.accounts.words import STAFF
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Invalid
from app.core.language import _
from app.events.log import action, record


@action
def change(person: Person, command: Absence, *, actor: Actor) -> None:
    """Set or take back an absence, one's own or that of a person the actor manages.

    Raises:
        Invalid: it ends before it begins, has an end only, or the deputy cannot stand in.
    """
    _check(person, command)
    wanted = (command.absent_from, command.absent_until, command.deputy_id)
    if wanted == (person.absent_from, person.absent_until, person.deputy_id):
        return
    person.absent_from, person.absent_until, person.deputy_id = wanted
    fact = AbsenceChanged(
        absent_from=command.absent_from, absent_until=command.absent_until, deputy_id=command.deputy_id
    )
    record(fact, actor=actor, subject=("person", person.id))


def _check(person: Person, command: Absence) -> None:
    if command.absent_until is not None and command.absent_from is None:
        raise Invalid({"absent_from": _("Please enter the first day.")})
    if command.absent_from and command.absent_until and command.absent_until < command.absent_from:
        raise Invalid({"absent_until": _("The last day is before the first.")})
    if command.deputy_id is None:
        return
    deputy = db.session.get(Person, command.deputy_id)
    if deputy is None or not deputy.is_active or deputy.role not in STAFF or deputy.id == person.id:
        raise Invalid({"deputy_id": _("Please choose an active colleague.")})
