"""What keeps a program signed in: a refresh token works once, and one that comes twice ends the sign-in (A51)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.accounts import json_tokens, sign_ins
from app.accounts.events import SignInEnded
from app.accounts.json_tokens import MicrosoftNeeded, Named, TokenKind
from app.accounts.models import Person, SignIn
from app.accounts.words import SignInKind
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.errors import NotSignedIn
from app.events.log import action, record


@action(
    silent="a program does this every few minutes; the one thing it may tell, a stolen token, is recorded"
)
def renew(refresh_token: str, *, actor: Actor) -> str:
    """Spend a refresh token; returns the next one, "" when it was spent before: then the sign-in ends.

    Two at once are told apart by the row alone: one of them is the second, and ends what the first one got.

    Raises:
        NotSignedIn: it is none of ours, or the sign-in has ended.
        MicrosoftNeeded: Microsoft has to say once more that the person is there.
    """
    named = json_tokens.read(TokenKind.REFRESH, refresh_token)
    if named is None:
        raise NotSignedIn
    recheck_by = _recheck_of(named)
    fresh = json_tokens.issue(TokenKind.REFRESH, named.sign_in_id, named.person_id)
    spent = sa.update(SignIn).where(
        SignIn.id == named.sign_in_id, SignIn.token_hash == crypto.digest(refresh_token)
    )
    now = clock.now()
    if rows_changed(
        spent.values(
            token_hash=crypto.digest(fresh), seen_at=now, expires_at=sign_ins.program_lasts_until(recheck_by)
        )
    ):
        return fresh
    if rows_changed(sa.delete(SignIn).where(SignIn.id == named.sign_in_id)):
        fact = SignInEnded(sign_in_id=named.sign_in_id, how="token_reused")
        record(fact, actor=actor, subject=("person", named.person_id))
    return ""


def _recheck_of(named: Named) -> datetime | None:
    """Until when Microsoft has to be asked about this sign-in, None for one by password."""
    row = db.session.execute(
        sa.select(SignIn.recheck_by)
        .join(Person, Person.id == SignIn.person_id)
        .where(
            SignIn.id == named.sign_in_id,
            SignIn.person_id == named.person_id,
            SignIn.kind == SignInKind.PROGRAM,
            SignIn.expires_at > clock.now(),
            Person.is_active.is_(True),
        )
    ).first()
    if row is None:
        raise NotSignedIn
    recheck_by: datetime | None = row[0]
    if recheck_by is not None and recheck_by <= clock.now():
        raise MicrosoftNeeded
    return recheck_by
