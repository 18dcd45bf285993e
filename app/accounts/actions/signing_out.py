"""Ending sign-ins: the own one, another of one's own, all of somebody's."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import sign_ins
from app.accounts.events import SignInEnded, SignInsEnded
from app.accounts.models import Person, SignIn
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.errors import NotFound
from app.core.schema import MAX_ID
from app.events.log import action, record


@action
def sign_out(*, actor: Actor) -> str | None:
    """End the sign-in the actor came with; nothing happens when it has ended already.

    Returns:
        for one that came by Microsoft, which account it is there ("" when nobody said); None for all others.
    """
    if actor.sign_in_id is None:
        return None
    ended = sa.select(SignIn.recheck_by, SignIn.login_hint).where(SignIn.id == actor.sign_in_id)
    row = db.session.execute(ended).one_or_none()
    if row is None or not _end(actor.sign_in_id, actor):
        return None
    fact = SignInEnded(sign_in_id=actor.sign_in_id, how="sign_out")
    record(fact, actor=actor, subject=("person", actor.person_id or 0))
    return str(row.login_hint) if row.recheck_by is not None else None


@action
def end_one(sign_in_id: int, *, actor: Actor) -> None:
    """End one of the actor's own sign-ins.

    Raises:
        NotFound: it is not the actor's, or has ended already.
    """
    if not _end(sign_in_id, actor):
        raise NotFound
    fact = SignInEnded(sign_in_id=sign_in_id, how="by_person")
    record(fact, actor=actor, subject=("person", actor.person_id or 0))


@action
def end_others(*, actor: Actor) -> int:
    """End all the actor's sign-ins but the present one; returns how many ended."""
    ended = sign_ins.end_all(actor.person_id or 0, but=actor.sign_in_id)
    fact = SignInsEnded(count=ended, how="by_person")
    record(fact, actor=actor, subject=("person", actor.person_id or 0))
    return ended


@action
def end_everywhere(*, actor: Actor) -> int:
    """End all the actor's sign-ins, the present one among them; returns how many ended."""
    ended = sign_ins.end_all(actor.person_id or 0)
    fact = SignInsEnded(count=ended, how="by_person")
    record(fact, actor=actor, subject=("person", actor.person_id or 0))
    return ended


@action
def end_all_of(person: Person, *, actor: Actor) -> int:
    """End every sign-in of a person the actor manages; returns how many ended."""
    ended = sign_ins.end_all(person.id)
    record(SignInsEnded(count=ended, how="by_staff"), actor=actor, subject=("person", person.id))
    return ended


def _end(sign_in_id: int, actor: Actor) -> bool:
    if not 1 <= sign_in_id <= MAX_ID:
        return False
    ended = sa.delete(SignIn).where(SignIn.id == sign_in_id, SignIn.person_id == actor.person_id)
    return rows_changed(ended) == 1
