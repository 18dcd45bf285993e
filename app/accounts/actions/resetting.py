"""Forgotten passwords: a link that works once, for half an hour (abuse case A60)."""

from __future__ import annotations

from app.accounts import further, sign_ins, tokens
from app.accounts.actors import actor_for_person
from app.accounts.events import (
    PasswordChanged,
    PasswordNotNeeded,
    PasswordResetRefused,
    PasswordResetRequested,
)
from app.accounts.identities import comes_only_by_microsoft, identity_of
from app.accounts.models import Person
from app.accounts.queries import find_by_email
from app.accounts.words import TokenPurpose
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict
from app.core.language import _
from app.events.log import action, record


@action
def ask(address: str, *, actor: Actor) -> None:
    """Send a link to this address if somebody has it. The caller learns nothing; both ways write the same amount."""
    person = find_by_email(address)
    if person is None or not person.is_active:
        identity_of(0)  # asked for others below, and both ways cost the same (abuse case A59)
        reason = "unknown" if person is None else "inactive"
        subject = ("person", person.id if person else 0)
        record(PasswordResetRefused(reason=reason), actor=actor, subject=subject)
        return
    send_reset(person, how="forgotten", to=address, actor=actor)


@action
def send_reset(person: Person, *, how: str, to: str = "", actor: Actor) -> None:
    """Send a link to set a new password; older links stop working.

    Args:
        how: forgotten, registered_again, by_staff.
        to: which of the person's addresses it goes to; the main one unless this is a confirmed further one.
    """
    if comes_only_by_microsoft(person):
        _point_to_microsoft(person, how, actor)
        return
    token = tokens.issue(
        person.id, TokenPurpose.RESET, detail=further.mailbox(person, to), former=person.email
    )
    record(PasswordResetRequested(token_id=token.id, how=how), actor=actor, subject=("person", person.id))


def _point_to_microsoft(person: Person, how: str, actor: Actor) -> None:
    """Whoever has no password gets none by a link (abuse case A48): they are told how they sign in.

    Raises:
        Conflict: a colleague wanted to send the link, and can know it.
    """
    if how == "by_staff":
        raise Conflict(_("This person signs in with Microsoft and has no password here."))
    tokens.spoil(tokens.issue(person.id, TokenPurpose.RESET, former=person.email))
    record(PasswordNotNeeded(), actor=actor, subject=("person", person.id))


@action
def reset(token: str, password_hash: str, *, actor: Actor) -> Person | None:
    """Set the password behind a link, confirm the address, end every sign-in; the second factor stays.

    A link that went to a further address proves that one, so it confirms nothing new.

    Args:
        password_hash: made before, outside the unit.

    Returns:
        None when the link opens nothing (any more).
    """
    found = tokens.peek(token, *tokens.SETS_PASSWORD)
    if found is None or comes_only_by_microsoft(db.session.get_one(Person, found.person_id)):
        return None
    row = tokens.claim(token, *tokens.SETS_PASSWORD)
    person = None if row is None else db.session.get(Person, row.person_id, with_for_update=True)
    if row is None or person is None or not person.is_active:
        return None
    person.password_hash = password_hash
    if not row.detail:
        person.verified_at = person.verified_at or clock.now()
    tokens.void(person.id, *tokens.CONFIRMS)
    ended = sign_ins.end_all(person.id)
    fact = PasswordChanged(how="reset", ended_sign_ins=ended)
    record(fact, actor=actor_for_person(person), subject=("person", person.id))
    return person
