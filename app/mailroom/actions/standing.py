"""What is known of an address that a mail came from, in one question: whether it is blocked, whether it is muted."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import addresses
from app.core import clock
from app.core.db import db
from app.mailroom.models import BlockedSender, MutedAddress

MAX_PARENTS = 6
_BLOCKED, _MUTED = 1, 2
_IS_BLOCKED = BlockedSender.pattern.in_(sa.bindparam("patterns", expanding=True))
_ASKED: sa.CompoundSelect[tuple[int]] = sa.union_all(
    sa.select(sa.literal_column(str(_BLOCKED))).where(_IS_BLOCKED),
    sa.select(sa.literal_column(str(_MUTED))).where(MutedAddress.address_key == sa.bindparam("address_key")),
)
_HIT = (
    sa.update(BlockedSender)
    .where(_IS_BLOCKED)
    .values(hits=BlockedSender.hits + 1, last_hit_at=sa.bindparam("at"))
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """``is_blocked``: no mail of it is wanted; ``is_muted``: automatic mail to it was pointless so far."""

    is_blocked: bool = False
    is_muted: bool = False


def standing_of(email: str) -> Standing:
    """How an address stands.

    Args:
        email: a plain address; its domain and the domains above it may be blocked as well.
    """
    asked = {"patterns": _patterns(email), "address_key": addresses.key(email)}
    found = set(db.session.scalars(_ASKED, asked))
    return Standing(_BLOCKED in found, _MUTED in found)


def count_hit(email: str) -> None:
    """Note that mail of a blocked address was put aside."""
    db.session.execute(_HIT, {"patterns": _patterns(email), "at": clock.now()})


def _patterns(email: str) -> list[str]:
    """``eva@mail.firma.example`` → itself, ``@mail.firma.example``, ``@firma.example``."""
    key = addresses.key(email) or email.lower()
    labels = key.rpartition("@")[2].split(".")
    parents = [".".join(labels[i:]) for i in range(min(len(labels) - 1, MAX_PARENTS))]
    return [key, *(f"@{domain}" for domain in parents)]
