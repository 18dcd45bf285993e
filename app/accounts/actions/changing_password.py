"""A new password for somebody who knows the old one, or by order of the shell."""

from __future__ import annotations

from app.accounts import sign_ins, tokens
from app.accounts.access import myself
from app.accounts.events import PasswordChanged, SignInFailed
from app.accounts.models import Person
from app.accounts.proofs import Proof
from app.accounts.words import TokenPurpose
from app.core import clock
from app.core.actor import Actor
from app.events.log import action, record


@action
def change(proof: Proof, password_hash: str, *, actor: Actor) -> bool:
    """Change the own password; the other sign-ins and open links end.

    Args:
        proof: the present password, compared before, outside the unit.
        password_hash: of the new one, made there as well.

    Returns:
        False when the present password was wrong.
    """
    person = myself(actor, lock=True)
    if not proof.fits(person):
        record(SignInFailed(reason="password"), actor=actor, subject=("person", person.id))
        return False
    _set(person, password_hash, "changed", actor)
    return True


@action
def set_by_shell(person: Person, password_hash: str, *, actor: Actor) -> None:
    """Set somebody's password from the command line; every sign-in ends."""
    person.verified_at = person.verified_at or clock.now()
    _set(person, password_hash, "shell", actor)


def _set(person: Person, password_hash: str, how: str, actor: Actor) -> None:
    person.password_hash = password_hash
    tokens.void(person.id, *tokens.SETS_PASSWORD, TokenPurpose.CHANGE_EMAIL, TokenPurpose.ADD_EMAIL)
    ended = sign_ins.end_all(person.id, but=actor.sign_in_id)
    record(PasswordChanged(how=how, ended_sign_ins=ended), actor=actor, subject=("person", person.id))
