"""Further addresses of people for tests: asked for, confirmed, listed, and whom they find."""

from __future__ import annotations

from app.accounts import further
from app.accounts.actions import further_addresses
from app.accounts.models import Person, PersonAddress
from app.accounts.queries import find_by_email
from app.accounts.schemas import ChangeEmail
from app.core.actor import NOBODY, Actor
from app.core.db import db
from app.core.uow import run_unit

PRIVATE = "mia@privat.example"


def ask(actor: Actor, email: str = PRIVATE) -> None:
    """Somebody asks for a further address of their own."""
    run_unit(lambda: further_addresses.ask(ChangeEmail(email=email), actor=actor))


def confirm(token: str) -> PersonAddress | None:
    """Somebody who is not signed in opens the link."""
    return run_unit(lambda: further_addresses.confirm(token, actor=NOBODY))


def add_for(person: Person, email: str, actor: Actor) -> PersonAddress:
    """Staff give a person a further address."""
    command = ChangeEmail(email=email)
    return run_unit(lambda: further_addresses.add_for(now(person), command, actor=actor))


def now(person: Person) -> Person:
    """A person as the open unit has it."""
    return db.session.get_one(Person, person.id)


def listed(person: Person) -> list[tuple[str, bool]]:
    """A person's further addresses, and whether each is confirmed."""
    db.session.rollback()
    return [(row.email, row.verified_at is not None) for row in further.of_person(person.id)]


def who(address: str) -> int | None:
    """The id of the person an address finds."""
    found = find_by_email(address)
    return None if found is None else found.id
