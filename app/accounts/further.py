"""Further addresses of people: whose an address is, which ones somebody has, and that it stays with one person.

Two tables hold keys of addresses, ``person`` and ``person_address``, and each has a unique index of its own. Whoever
gives a person a main address writes it and then asks :func:`must_be_nobodys`; whoever makes an address a further one
uses :func:`give`, which also makes every new person of the same address wait. So of two at once the second sees the
first, whichever table each of them wrote to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.accounts import addresses
from app.accounts.models import Person, PersonAddress
from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.schema import MAX_ID
from app.core.uow import current_unit

MOST = 10  # further addresses of one person, waiting ones included


class Taken(Exception):
    """The address belongs to somebody already."""


@contextmanager
def taken_back_if_taken() -> Iterator[None]:
    """Write an address; when somebody has it, the unit goes on as if nothing had been written.

    Raises:
        Taken: somebody has it, be it since this moment.
    """
    unit = current_unit()
    writes = unit.writes
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except (IntegrityError, Taken) as error:
        unit.writes = writes
        raise Taken from error


def whose(email_key: str | sa.BindParameter[str]) -> sa.ColumnElement[bool]:
    """The condition of the person an address belongs to: as the main one, or as a confirmed further one.

    Each half reads one entry of one unique index.
    """
    main = aliased(Person)
    return Person.id == sa.func.coalesce(
        sa.select(main.id).where(main.email_key == email_key).scalar_subquery(),
        sa.select(PersonAddress.person_id).where(PersonAddress.email_key == email_key).scalar_subquery(),
    )


def of_person(person_id: int) -> list[PersonAddress]:
    """The further addresses of a person, in the order they were named."""
    query = sa.select(PersonAddress).where(PersonAddress.person_id == person_id)
    return list(db.session.scalars(query.order_by(PersonAddress.id)))


def one_of(person: Person, further_id: int) -> PersonAddress:
    """A further address of this person.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    query = sa.select(PersonAddress).where(
        PersonAddress.id == further_id, PersonAddress.person_id == person.id
    )
    found = db.session.scalar(query) if 1 <= further_id <= MAX_ID else None
    if found is None:
        raise NotFound
    return found


def noted(person: Person, address: str) -> PersonAddress | None:
    """The further address of this person that is the same but for its capitals, waiting or confirmed."""
    email_key = addresses.key(address)
    return next((row for row in of_person(person.id) if addresses.key(row.email) == email_key), None)


def mailbox(person: Person, address: str) -> str:
    """The address as it is stored when it is a confirmed further one of this person, empty otherwise."""
    email_key = addresses.key(address)
    if email_key in ("", person.email_key):
        return ""
    query = sa.select(PersonAddress.email).where(
        PersonAddress.email_key == email_key, PersonAddress.person_id == person.id
    )
    return db.session.scalar(query) or ""


def must_be_nobodys(email_key: str) -> None:
    """Called when a person got a main address that is written already.

    Raises:
        Taken: it is a further address of somebody.
    """
    taken = sa.select(sa.exists().where(PersonAddress.email_key == email_key))
    if db.session.scalar(taken):
        raise Taken


def give(row: PersonAddress) -> bool:
    """Let an address count from now on; False when somebody has it, be it since this moment."""
    email_key = addresses.key(row.email)
    try:
        with taken_back_if_taken():
            row.email_key, row.verified_at = email_key, clock.now()
            db.session.flush()
            _hold(email_key)
    except Taken:
        return False
    return True


def _hold(email_key: str) -> None:
    """Let nobody become a person of this address before the unit ends; refused when somebody is one.

    Every new person passes the unique index of ``person``. A row that is put there and taken away in the same unit
    makes them wait for its end, and they find the further address then.
    """
    db.session.execute(sa.insert(Person).values(email=email_key, email_key=email_key, created_at=clock.now()))
    db.session.execute(sa.delete(Person).where(Person.email_key == email_key))
