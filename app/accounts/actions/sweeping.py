"""Clearing away what has ended: sign-ins, keys, one-time links, addresses never confirmed, files of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.accounts.import_models import ImportLine, PeopleImport
from app.accounts.import_words import ImportState
from app.accounts.models import OneTimeToken, Person, PersonAddress, SignIn
from app.accounts.program_models import ApiKey
from app.core import clock
from app.core.db import db, rows_changed
from app.events.log import action

LINES_KEPT = timedelta(days=30)
PREVIEW_KEPT = timedelta(days=1)
FILES = 20
KEYS_KEPT = timedelta(days=90)
TOKEN_KEPT = timedelta(days=30)  # so that an old link is told apart from one that never was


@action(silent="an ended sign-in opens nothing any more")
def forget_sign_ins() -> int:
    """Remove sign-ins whose time is over; returns how many went."""
    return rows_changed(sa.delete(SignIn).where(SignIn.expires_at < clock.now()))


@action(silent="a link that ran out opens nothing any more")
def forget_tokens() -> int:
    """Remove one-time links that ran out a month ago; returns how many went. The sealed text goes at once.

    With them go further addresses that nobody has confirmed for a month.
    """
    ended = sa.update(OneTimeToken).where(OneTimeToken.expires_at < clock.now(), OneTimeToken.sealed != "")
    rows_changed(ended.values(sealed=""))
    waiting = (PersonAddress.email_key.is_(None), PersonAddress.created_at < clock.now() - TOKEN_KEPT)
    rows_changed(sa.delete(PersonAddress).where(*waiting))
    return rows_changed(sa.delete(OneTimeToken).where(OneTimeToken.expires_at < clock.now() - TOKEN_KEPT))


@action(silent="a key that ended opens nothing any more; making and revoking it stands in the log")
def forget_keys() -> int:
    """Remove API keys that were revoked or ran out 90 days ago; returns how many went."""
    before = clock.now() - KEYS_KEPT
    return rows_changed(
        sa.delete(ApiKey).where(sa.or_(ApiKey.revoked_at < before, ApiKey.expires_at < before))
    )


@action(silent="the figures of a file stay; what it did to people stands in the log")
def forget_files() -> int:
    """Remove the lines of files that were done a month ago, and files nobody took in within a day."""
    ready = sa.select(PeopleImport.id).where(
        PeopleImport.state == ImportState.READY, PeopleImport.created_at < clock.now() - PREVIEW_KEPT
    )
    old = sa.select(PeopleImport.id).where(
        PeopleImport.ended_at < clock.now() - LINES_KEPT, PeopleImport.lines > 0
    )
    ids = list(db.session.scalars(ready.union(old).limit(FILES)))
    rows_changed(sa.delete(ImportLine).where(ImportLine.import_id.in_(ids)))
    rows_changed(sa.update(PeopleImport).where(PeopleImport.id.in_(ids)).values(lines=0))
    mine = PeopleImport.id.in_(ids)
    rows_changed(sa.delete(PeopleImport).where(mine, PeopleImport.state == ImportState.READY))
    return len(ids)


def named(hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that a person's picture names."""
    return set(db.session.scalars(sa.select(Person.avatar_sha256).where(Person.avatar_sha256.in_(hashes))))
