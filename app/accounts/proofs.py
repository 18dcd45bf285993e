"""Who somebody claims to be, and whether the password agrees; looked up and compared outside transactions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.accounts import addresses, further, passwords
from app.accounts.models import Person
from app.core import crypto, links
from app.core.actor import Actor
from app.core.db import db

DEVICE = "device"
DEVICE_KNOWN_FOR = timedelta(days=180)
HALF = "half"
CODE_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of comparing one password once.

    ``person_id`` is 0 for an unknown address. ``seen_hash`` is the hash that was compared, so that a password
    changed in the same moment does not count.
    """

    person_id: int
    is_right: bool
    seen_hash: str

    def fits(self, person: Person) -> bool:
        """Whether this still proves the person in the open unit."""
        return self.is_right and person.is_active and person.password_hash == self.seen_hash


def of_address(address: str, password: str) -> Proof:
    """Compare the password of a sign-in; costs the same for unknown addresses (abuse case A59).

    Raises:
        UnitError: a unit of work is open.
    """
    return _compared(further.whose(addresses.key(address)), password)


def account_of(address: str) -> str:
    """What tries to sign in are counted by: the main address of whoever this address belongs to, folded.

    So nobody has five tries more with each further address. What nobody has counts as it was typed.
    """
    email_key = addresses.key(address)
    main = db.session.scalar(sa.select(Person.email_key).where(further.whose(email_key)))
    return main or email_key or address.lower()


def of_actor(actor: Actor, password: str) -> Proof:
    """Compare the password of somebody who is signed in.

    Raises:
        UnitError: a unit of work is open.
    """
    return _compared(Person.id == actor.person_id, password)


def _compared(who: sa.ColumnElement[bool], password: str) -> Proof:
    row = db.session.execute(sa.select(Person.id, Person.password_hash).where(who)).first()
    person_id, password_hash = (row[0], row[1]) if row else (0, "")
    return Proof(person_id, passwords.matches(password, password_hash), password_hash)


def half_of(person: Person) -> str:
    """What a browser brings back with the code of the second factor; worthless once the password changed."""
    return links.seal(HALF, f"{person.id}|{_fingerprint(person)}", CODE_WITHIN)


def person_halfway(half: str) -> int:
    """Whose code is awaited, 0 when the password has to come (again) first."""
    person_id, bar, _print = (links.unseal(HALF, half) or "").partition("|")
    return int(person_id) if bar else 0


def half_fits(half: str, person: Person) -> bool:
    """Whether the half way was gone with the person's present password."""
    return links.unseal(HALF, half) == f"{person.id}|{_fingerprint(person)}"


def _fingerprint(person: Person) -> str:
    return crypto.digest(f"{person.id}|{person.password_hash}")[:32]


def device_mark(address: str, cookie: str) -> str:
    """The mark of a browser that signed in to this account before, empty when it did not.

    Args:
        cookie: what the browser sent as its device cookie.
    """
    value = links.unseal(DEVICE, cookie) or ""
    account, _bar, mark = value.partition("|")
    return mark if mark and account == crypto.digest(addresses.key(address)) else ""


def new_device_mark(email_key: str) -> str:
    """What a browser keeps after it signed in to an account, see :func:`device_mark`."""
    return links.seal(DEVICE, f"{crypto.digest(email_key)}|{crypto.token()[:16]}", DEVICE_KNOWN_FOR)
