"""Signed-in browsers and programs: how long they last, how they begin and end; notes of activity, which may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.accounts.json_tokens import LASTS, TokenKind, issue
from app.accounts.models import Person, SignIn
from app.accounts.words import STAFF, SignInKind
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.text import shorten

LASTS_STAFF = timedelta(hours=24)
LASTS_CUSTOMER = timedelta(days=30)
# So long a program is told that it is Microsoft who has to be asked; later it is signed out like any other.
TOLD_FOR = timedelta(days=1)
# When somebody last proved who they are, where that is not known.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in: what the browser or program calls itself, and the network it comes from."""

    user_agent: str = ""
    network: str = ""
    kind: SignInKind = SignInKind.BROWSER


def begin(person: Person, browser: Browser) -> str:
    """A new sign-in; returns the session token for the cookie or the refresh token, which is stored nowhere."""
    token, now = crypto.token(), clock.now()
    row = SignIn(
        token_hash=crypto.digest(token),
        person_id=person.id,
        created_at=now,
        seen_at=now,
        confirmed_at=now,
        expires_at=now + _lasts(person, browser),
        user_agent=shorten(browser.user_agent, 200),
        network=shorten(browser.network, 60),
        kind=browser.kind,
    )
    db.session.add(row)
    db.session.flush()
    if browser.kind is SignInKind.PROGRAM:
        token = issue(TokenKind.REFRESH, row.id, person.id)
        row.token_hash = crypto.digest(token)
        db.session.flush()
    return token


def program_lasts_until(recheck_by: datetime | None) -> datetime:
    """When a sign-in of a program ends unless it is renewed; one by Microsoft soon after it has to be asked again."""
    end = clock.now() + LASTS[TokenKind.REFRESH]
    return end if recheck_by is None else min(end, recheck_by + TOLD_FOR)


def _lasts(person: Person, browser: Browser) -> timedelta:
    if browser.kind is SignInKind.PROGRAM:
        return LASTS[TokenKind.REFRESH]
    return LASTS_STAFF if person.role in STAFF else LASTS_CUSTOMER


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
