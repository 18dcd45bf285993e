"""One-time links that still work, for administrators who hand them over where no mail goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.accounts.models import OneTimeToken, Person
from app.accounts.words import TokenPurpose
from app.core import clock
from app.core.db import db

MOST = 200


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link by what it is for; the link itself is told by an action that is written down."""

    id: int
    person_id: int
    full_name: str
    email: str
    purpose: TokenPurpose
    created_at: datetime
    expires_at: datetime


def open_links() -> list[OpenLink]:
    """Links that still work, the newest first, at most 200."""
    rows = db.session.execute(
        sa.select(OneTimeToken, Person)
        .join(Person, Person.id == OneTimeToken.person_id)
        .where(
            OneTimeToken.used_at.is_(None), OneTimeToken.expires_at > clock.now(), OneTimeToken.sealed != ""
        )
        .order_by(OneTimeToken.id.desc())
        .limit(MOST)
    )
    return [
        OpenLink(
            token.id,
            person.id,
            person.full_name,
            person.email,
            token.purpose,
            token.created_at,
            token.expires_at,
        )
        for token, person in rows
    ]
