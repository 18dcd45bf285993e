"""Reads of identities at Microsoft: whose one is, and what somebody has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.accounts.microsoft import Arrival
from app.accounts.models import MicrosoftIdentity, Person, SignIn
from app.accounts.words import STAFF
from app.core import clock, crypto
from app.core.db import db
from app.settings import queries as settings
from app.settings.schemas import Microsoft

# Once an hour Microsoft has to say that somebody is still there; asked half an hour before, an outage may pass.
GOOD_FOR = timedelta(hours=1)
ASK_BEFORE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Due:
    """A sign-in whose person Microsoft should be asked about."""

    sign_in_id: int
    person_id: int
    refresh_token: str = field(repr=False)


def identity_of(person_id: int) -> MicrosoftIdentity | None:
    """What a person is at Microsoft; None when nothing is known."""
    return db.session.scalar(sa.select(MicrosoftIdentity).where(MicrosoftIdentity.person_id == person_id))


def identity_for(arrival: Arrival) -> MicrosoftIdentity | None:
    """The identity of somebody who arrives, by directory and object and by nothing else."""
    return db.session.scalar(
        sa.select(MicrosoftIdentity).where(
            MicrosoftIdentity.tenant_id == arrival.tenant_id.lower(),
            MicrosoftIdentity.object_id == arrival.object_id.lower(),
        )
    )


def comes_only_by_microsoft(person: Person) -> bool:
    """Whether somebody has no password of ours, so that none is made for them by a link (abuse case A48)."""
    return not person.password_hash and identity_of(person.id) is not None


def must_come_by_microsoft(person: Person) -> bool:
    """Whether somebody's rights were given at Microsoft, so that only Microsoft lets them in (abuse case A48).

    By a password they would keep them after they left. Where Microsoft is not set up any more, nobody is locked out.
    """
    if person.role not in STAFF or not settings.get(Microsoft).client_id:
        return False
    identity = identity_of(person.id)
    return identity is not None and identity.gave_role


def due(limit: int) -> Sequence[Due]:
    """Signed-in browsers to ask Microsoft about, the most urgent first; what is past is not asked for any more."""
    now = clock.now()
    query = (
        sa.select(SignIn.id, SignIn.person_id, SignIn.refresh_secret)
        .where(
            SignIn.recheck_by > now,
            SignIn.recheck_by < now + GOOD_FOR - ASK_BEFORE,
            SignIn.expires_at > now,
            sa.func.length(SignIn.refresh_secret) > 0,
        )
        .order_by(SignIn.recheck_by)
        .limit(limit)
    )
    return [
        Due(sign_in_id, person_id, _opened(secret))
        for sign_in_id, person_id, secret in db.session.execute(query)
    ]


def good_until(vouched_at: datetime | None = None) -> datetime:
    """Until when is believed what Microsoft said then, or says now."""
    now = clock.now()
    return min(vouched_at or now, now) + GOOD_FOR


def _opened(secret: str) -> str:
    try:
        return crypto.decrypt(secret)
    except ValueError:
        return ""
