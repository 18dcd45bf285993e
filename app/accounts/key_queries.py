"""Reads about API keys: the list of them with the people around them, and how one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.access import check_keys
from app.accounts.key_words import KeyState
from app.accounts.program_models import ApiKey
from app.accounts.queries import PersonName, names
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page, by_id

ROWS = 50


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key, whom it acts for, who made it (None for nobody who is known), and how it stands."""

    key: ApiKey
    owner: PersonName
    maker: PersonName | None
    state: KeyState


def page(actor: Actor, cursor: str = "", limit: int = ROWS) -> tuple[Page[KeyLine], int]:
    """A page of keys, newest first, and how many there are.

    Raises:
        Forbidden: not the actor's to look at.
        Invalid: a damaged cursor.
    """
    check_keys(actor)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(ApiKey)) or 0
    found = by_id(sa.select(ApiKey), ApiKey.id, cursor, limit, newest_first=True)
    return Page(lines(found.rows), found.next_cursor, found.previous_cursor), count


def lines(keys: Sequence[ApiKey]) -> list[KeyLine]:
    """Keys with what lists tell of them."""
    people = names([*(key.person_id for key in keys), *(key.created_by_id for key in keys)])
    found = [(key, people[key.person_id]) for key in keys]
    return [
        KeyLine(key, owner, people.get(key.created_by_id or 0), _state(key, owner)) for key, owner in found
    ]


def _state(key: ApiKey, owner: PersonName) -> KeyState:
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if key.expires_at <= clock.now():
        return KeyState.EXPIRED
    return KeyState.GOOD if owner.is_active else KeyState.OWNER_INACTIVE
