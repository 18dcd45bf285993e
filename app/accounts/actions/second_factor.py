"""Setting up and giving up the second factor; each change ends the person's other sign-ins (abuse case A62)."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import second_factor, sign_ins
from app.accounts.access import must_have_confirmed, myself
from app.accounts.events import RecoveryCodesRenewed, SecondFactorEnrolled, SecondFactorRemoved
from app.accounts.models import Person, RecoveryCode
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.events.log import action, record


@action
def enrol(secret: str, code: str, *, actor: Actor) -> list[str]:
    """Switch the second factor on with a first code from the app; returns the recovery codes, shown once.

    Raises:
        Conflict: it is on already.
        Invalid: the code does not fit the secret.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    if person.totp_secret:
        raise Conflict(_("The second factor is switched on already."))
    step = second_factor.step_of(secret, code, clock.now())
    if step is None:
        raise Invalid({"code": _("This code is not right. Please enter the one the app shows now.")})
    person.totp_secret = crypto.encrypt(secret)
    person.totp_last_step = step
    sign_ins.note_strong(actor)
    ended = sign_ins.end_all(person.id, but=actor.sign_in_id)
    record(SecondFactorEnrolled(ended_sign_ins=ended), actor=actor, subject=("person", person.id))
    return _new_codes(person)


@action
def renew_codes(*, actor: Actor) -> list[str]:
    """New recovery codes; the old ones stop working.

    Raises:
        Conflict: the second factor is off.
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    if not person.totp_secret:
        raise Conflict(_("The second factor is switched off."))
    ended = sign_ins.end_all(person.id, but=actor.sign_in_id)
    record(RecoveryCodesRenewed(ended_sign_ins=ended), actor=actor, subject=("person", person.id))
    return _new_codes(person)


@action
def remove(*, actor: Actor) -> None:
    """Switch the own second factor off; nothing happens when it is off already.

    Raises:
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    if not person.totp_secret:
        return
    _take_away(person)
    ended = sign_ins.end_all(person.id, but=actor.sign_in_id)
    record(SecondFactorRemoved(ended_sign_ins=ended), actor=actor, subject=("person", person.id))


@action
def remove_for(person: Person, *, actor: Actor) -> None:
    """Switch it off for a person the actor manages, who lost the device; every sign-in of theirs ends.

    Raises:
        PasswordNeeded: the password was given too long ago.
    """
    must_have_confirmed(actor)
    if not person.totp_secret:
        return
    _take_away(person)
    ended = sign_ins.end_all(person.id)
    fact = SecondFactorRemoved(ended_sign_ins=ended, by_staff=True)
    record(fact, actor=actor, subject=("person", person.id))


def _take_away(person: Person) -> None:
    person.totp_secret = ""  # nosec B105: empty means there is none
    person.totp_last_step = 0
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person.id))


def _new_codes(person: Person) -> list[str]:
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = second_factor.new_recovery_codes()
    db.session.add_all(
        RecoveryCode(person_id=person.id, code_hash=second_factor.recovery_hash(code)) for code in codes
    )
    db.session.flush()
    return codes
