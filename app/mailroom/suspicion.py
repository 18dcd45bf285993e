"""What makes a sender look like somebody else: shown to agents, decided by them (abuse case A06)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

import sqlalchemy as sa

from app.accounts.models import Person
from app.accounts.words import STAFF
from app.core.db import db
from app.mailroom.authentic import Authentic
from app.mailroom.mail import Mail

_ADDRESS = re.compile(r"[^\s<>\"'(),;:@]{1,64}@[^\s<>\"'(),;:@]{1,190}")
# Signs that are drawn alike; what is left of two domains is compared (after Unicode's confusables, for plain letters).
_ALIKE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("-", ""))


class Mark(StrEnum):
    """What is odd about a sender."""

    FIRST = "first"
    OTHER_NAME = "other_name"
    ALIKE = "alike"
    FAILED = "failed"


def marks_of(mail: Mail, requester: Person, said: Authentic, *, is_new: bool) -> list[Mark]:
    """What agents should know of the sender of a new ticket.

    Args:
        mail: as parsed, with a plain sender.
        requester: the person it belongs to.
        said: what our own mail server found out.
        is_new: nobody knew the address before.
    """
    found = [Mark.FAILED] if said is Authentic.FAIL else []
    if mail.sender is None or requester.role in STAFF:
        return found
    found += [Mark.OTHER_NAME] if names_another(mail.sender.name, mail.sender.email) else []
    if is_new:
        found.append(Mark.FIRST)
        if alike(_domain(mail.sender.email), _own_domains()):
            found.append(Mark.ALIKE)
    return found


def names_another(name: str, email: str) -> bool:
    """Whether a display name shows an address that is not the one it stands for."""
    return any(shown.lower() != email.lower() for shown in _ADDRESS.findall(name))


def alike(domain: str, known: Iterable[str]) -> bool:
    """Whether a domain can be taken for one of ours without being it."""
    skeleton = _skeleton(domain)
    return any(domain != own and skeleton == _skeleton(own) for own in known)


def _skeleton(domain: str) -> str:
    for seen, drawn in _ALIKE:
        domain = domain.replace(seen, drawn)
    return domain


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


def _own_domains() -> set[str]:
    """Where colleagues have their addresses."""
    rows = db.session.scalars(
        sa.select(Person.email).where(Person.role.in_(STAFF), Person.is_active.is_(True))
    )
    return {_domain(email) for email in rows}
