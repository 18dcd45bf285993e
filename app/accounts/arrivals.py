"""New people: one address, one person, also when two arrive at once."""

from __future__ import annotations

from typing import Any

from app.accounts import addresses, further
from app.accounts.models import Membership, Person
from app.core import clock
from app.core.db import db
from app.core.environment import environment
from app.core.errors import Invalid
from app.core.language import _
from app.core.text import one_line

NAME_LENGTH = 80


def add(address: str, **values: Any) -> Person | None:
    """A new person in the open unit.

    Args:
        address: a plain e-mail address.
        values: further columns.

    Returns:
        None when somebody has the address already, be it since this moment.

    Raises:
        ValueError: not an e-mail address.
    """
    email = addresses.normal(address)
    house = environment()
    given = {"language": house.default_locale, "time_zone": house.default_time_zone} | values
    person = Person(email=email, email_key=addresses.key(email), created_at=clock.now(), **given)
    try:
        with further.taken_back_if_taken():
            db.session.add(person)
            db.session.flush()
            further.must_be_nobodys(person.email_key)
    except further.Taken:
        return None
    return person


def join(person: Person, team_ids: list[int], *, leads: bool) -> None:
    """Put a new person into teams."""
    db.session.add_all(Membership(team_id=team_id, person_id=person.id, leads=leads) for team_id in team_ids)
    db.session.flush()


def refuse_address(address: str, reason: str) -> None:
    """Say to staff why somebody cannot have an address.

    Args:
        reason: ours, taken, or empty when nothing is against it.

    Raises:
        Invalid: there is a reason.
    """
    if reason == "ours":
        raise Invalid({"email": _("%(address)s is a mailbox of this helpdesk.", address=address)})
    if reason:
        raise Invalid({"email": _("There is already a person with this address.")})


def split_name(name: str) -> tuple[str, str]:
    """First and last name of ``Mia Muster``, ``Muster, Mia`` or ``Mia``; an address is no name."""
    plain = one_line(name).strip("\"' ")
    if "@" in plain:
        return "", ""
    if plain.count(",") == 1:
        last, first = (part.strip() for part in plain.split(","))
    else:
        first, _blank, last = plain.rpartition(" ") if " " in plain else (plain, "", "")
    return first[:NAME_LENGTH], last[:NAME_LENGTH]
