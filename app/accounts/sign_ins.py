"""Signed-in browsers: how long they last, how they begin and end; and notes of activity, which may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.accounts.models import Person, SignIn
from app.accounts.words import STAFF
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.text import shorten

LASTS_STAFF = timedelta(hours=24)
LASTS_CUSTOMER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in: what the browser calls itself, and the network it comes from."""

    user_agent: str = ""
    network: str = ""


def begin(person: Person, browser: Browser) -> str:
    """A new sign-in; returns the session token for the cookie, which is stored nowhere."""
    token, now = crypto.token(), clock.now()
    lasts = LASTS_STAFF if person.role in STAFF else LASTS_CUSTOMER
    db.session.add(
        SignIn(
            token_hash=crypto.digest(token),
            person_id=person.id,
            created_at=now,
            seen_at=now,
            confirmed_at=now,
            expires_at=now + lasts,
            user_agent=shorten(browser.user_agent, 200),
            network=shorten(browser.network, 60),
        )
    )
    db.session.flush()
    return token


def end_all(person_id: int, *, but: int | None = None) -> int:
    """End every sign-in of a person, except one; returns how many ended."""
    ended = sa.delete(SignIn).where(SignIn.person_id == person_id)
    if but is not None:
        ended = ended.where(SignIn.id != but)
    return rows_changed(ended)


def note_strong(actor: Actor) -> None:
    """A code of the own second factor was given in this browser."""
    strong = sa.update(SignIn).where(SignIn.id == actor.sign_in_id).values(is_strong=True)
    db.session.execute(strong)


def activity(actor: Actor, at: datetime) -> list[sa.Update]:
    """What to write when a signed-in person was seen (every five minutes at most)."""
    return [
        sa.update(SignIn).where(SignIn.id == actor.sign_in_id).values(seen_at=at),
        sa.update(Person).where(Person.id == actor.person_id).values(last_activity_at=at),
    ]
