"""Signing in with a password, and with a code where one is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts import proofs, second_factor, sign_ins
from app.accounts.actions.registration import remind_to_confirm
from app.accounts.actors import actor_for_person
from app.accounts.events import PasswordConfirmed, SignInFailed, SignInSucceeded
from app.accounts.identities import must_come_by_microsoft
from app.accounts.models import Person, RecoveryCode, SignIn
from app.accounts.proofs import Proof
from app.accounts.sign_ins import Browser
from app.accounts.words import STAFF, Step
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.events.log import action, record


@dataclass(frozen=True, slots=True)
class Answer:
    """How far a sign-in came.

    ``token`` is the session token once IN; ``half`` what the browser brings back with the code; ``device`` the mark
    of this browser for later (see `app.accounts.limits`); ``stays`` whether the cookie outlives the browser.
    """

    step: Step
    person_id: int = 0
    token: str = ""
    half: str = ""
    device: str = ""
    stays: bool = False


@action
def enter(proof: Proof, browser: Browser, *, actor: Actor) -> Answer:
    """Sign in with a password that was compared before, outside the unit."""
    person = db.session.get(Person, proof.person_id, with_for_update=True) if proof.person_id else None
    if person is None or not proof.fits(person):
        record(SignInFailed(reason="password"), actor=actor, subject=("person", proof.person_id))
        return Answer(Step.REFUSED)
    if person.verified_at is None:
        record(SignInFailed(reason="unverified"), actor=actor, subject=("person", person.id))
        remind_to_confirm(person, actor=actor)
        return Answer(Step.CONFIRM_FIRST)
    if must_come_by_microsoft(person):
        record(SignInFailed(reason="at_microsoft"), actor=actor, subject=("person", person.id))
        return Answer(Step.AT_MICROSOFT, person.id)
    if person.totp_secret:
        half = proofs.half_of(person)
        return Answer(Step.CODE, person.id, half=half)
    return _in(person, browser, "none")


@action
def enter_with_code(half: str, code: str, browser: Browser, *, actor: Actor) -> Answer:
    """Finish a sign-in with a code from the app or a recovery code; each works once.

    Args:
        half: what :func:`enter` gave; REFUSED with person 0 when it is out of date, then the password comes first.
    """
    person = _halfway(half)
    if person is None:
        return Answer(Step.REFUSED)
    factor = _use_code(person, code, actor=actor)
    if not factor:
        return Answer(Step.REFUSED, person.id)
    return _in(person, browser, factor)


def _use_code(person: Person, code: str, *, actor: Actor) -> str:
    """Take a code of the second factor: ``code`` or ``recovery_code``, empty for a wrong or used one."""
    if second_factor.is_recovery_code(code):
        factor = "recovery_code" if _uses_recovery_code(person, code) else ""
    else:
        factor = "code" if _uses_step(person, code) else ""
    if not factor:
        record(SignInFailed(reason="code"), actor=actor, subject=("person", person.id))
    return factor


@action
def confirm_password(proof: Proof, *, actor: Actor) -> bool:
    """Note that the person at this browser gave the password once more."""
    person = db.session.get(Person, actor.person_id)
    if person is None or not proof.fits(person):
        record(SignInFailed(reason="password"), actor=actor, subject=("person", actor.person_id or 0))
        return False
    db.session.execute(
        sa.update(SignIn).where(SignIn.id == actor.sign_in_id).values(confirmed_at=clock.now())
    )
    record(PasswordConfirmed(), actor=actor, subject=("person", person.id))
    return True


@action
def confirm_code(code: str, *, actor: Actor) -> bool:
    """Take a code of the second factor from an administrator who came by Microsoft without one."""
    person = db.session.get(Person, actor.person_id, with_for_update=True)
    if person is None or not person.totp_secret or not _use_code(person, code, actor=actor):
        return False
    sign_ins.note_strong(actor)
    record(PasswordConfirmed(), actor=actor, subject=("person", person.id))
    return True


def _halfway(half: str) -> Person | None:
    person_id = proofs.person_halfway(half)
    person = db.session.get(Person, person_id, with_for_update=True) if person_id else None
    if person is None or not person.is_active or not person.totp_secret:
        return None
    return person if proofs.half_fits(half, person) else None


def _in(person: Person, browser: Browser, factor: str) -> Answer:
    token = sign_ins.begin(person, browser)
    sign_in_id = db.session.scalars(
        sa.select(SignIn.id).where(SignIn.token_hash == crypto.digest(token))
    ).one()
    fact = SignInSucceeded(sign_in_id=sign_in_id, factor=factor)
    record(fact, actor=actor_for_person(person), subject=("person", person.id))
    device = proofs.new_device_mark(person.email_key)
    return Answer(Step.IN, person.id, token=token, device=device, stays=person.role not in STAFF)


def _uses_step(person: Person, code: str) -> bool:
    """Each time step counts once, also for two browsers at the same moment."""
    step = second_factor.step_of(crypto.decrypt(person.totp_secret), code, clock.now())
    if step is None:
        return False
    newer = sa.update(Person).where(Person.id == person.id, Person.totp_last_step < step)
    return rows_changed(newer.values(totp_last_step=step)) == 1


def _uses_recovery_code(person: Person, code: str) -> bool:
    use = sa.update(RecoveryCode).where(
        RecoveryCode.person_id == person.id,
        RecoveryCode.code_hash == second_factor.recovery_hash(code),
        RecoveryCode.used_at.is_(None),
    )
    return rows_changed(use.values(used_at=clock.now())) == 1
