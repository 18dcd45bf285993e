"""The own account at Microsoft: connected from a signed-in browser, taken away, used to prove once more who one is."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.access import must_have_confirmed, myself
from app.accounts.actions.microsoft import bring_up_to_date, connect
from app.accounts.events import MicrosoftDisconnected, PasswordConfirmed, SignInEnded, SignInFailed
from app.accounts.identities import identity_for, identity_of
from app.accounts.microsoft import Arrival
from app.accounts.models import SignIn
from app.accounts.words import STAFF, Refusal
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db, rows_changed
from app.core.errors import Conflict
from app.core.language import _
from app.events.log import action, record


@action
def connect_own(arrival: Arrival, *, actor: Actor) -> Refusal | None:
    """Connect the account somebody just proved at Microsoft with their own one here.

    Returns:
        why not, None when it is connected.

    Raises:
        PasswordNeeded: the own password was given too long ago (abuse case A62).
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    if arrival.is_guest:
        return Refusal.GUEST
    if not arrival.is_home and person.role in STAFF:
        return Refusal.FOREIGN_TENANT  # a directory of others would decide who comes in with rights of ours
    known, own = identity_for(arrival), identity_of(person.id)
    if known is not None and known.person_id != person.id:
        return Refusal.ELSEWHERE
    if own is not None and own is not known:
        return Refusal.ELSEWHERE
    if known is not None:
        return None  # connected already, by another window perhaps; what is new there comes with the next sign-in
    identity = connect(person, arrival, how="by_person", actor=actor)
    bring_up_to_date(person, identity, arrival, stays=actor.sign_in_id)
    return None


@action
def disconnect_own(*, actor: Actor) -> None:
    """Take the account at Microsoft away; sign-ins that came by it end, but for the present one by password.

    Raises:
        Conflict: there is no password, so nobody could sign in any more; or the role came from there, and would stay
            without anybody there who could take it back.
        PasswordNeeded: the own password was given too long ago.
    """
    must_have_confirmed(actor)
    person = myself(actor, lock=True)
    identity = identity_of(person.id)
    if identity is None:
        return
    if not person.password_hash:
        raise Conflict(_("Without Microsoft you could not sign in any more: this account has no password."))
    if identity.gave_role and person.role in STAFF:
        raise Conflict(_("Your role was given to you at Microsoft, so the account there stays connected."))
    db.session.delete(identity)
    gone = sa.delete(SignIn).where(SignIn.person_id == person.id, SignIn.recheck_by.is_not(None))
    rows_changed(gone)
    record(MicrosoftDisconnected(), actor=actor, subject=("person", person.id))


@action
def confirm(arrival: Arrival, *, actor: Actor) -> bool:
    """Count a fresh sign-in at Microsoft as giving the password once more; False when it is somebody else's."""
    identity = identity_of(actor.person_id or 0)
    if identity is None or identity is not identity_for(arrival):
        record(SignInFailed(reason="confirm"), actor=actor, subject=("person", actor.person_id or 0))
        return False
    now = clock.now()
    db.session.execute(sa.update(SignIn).where(SignIn.id == actor.sign_in_id).values(confirmed_at=now))
    record(PasswordConfirmed(), actor=actor, subject=("person", identity.person_id))
    return True


@action
def signed_out_there(session: str, *, actor: Actor) -> int:
    """Somebody signed out at Microsoft: end what came by that session; returns how many ended.

    Args:
        session: the claim ``sid``; whoever knows it could only sign that person out.
    """
    query = sa.select(SignIn.id, SignIn.person_id).where(SignIn.microsoft_session == crypto.digest(session))
    found = db.session.execute(query).all()
    for sign_in_id, person_id in found:
        db.session.execute(sa.delete(SignIn).where(SignIn.id == sign_in_id))
        fact = SignInEnded(sign_in_id=sign_in_id, how="microsoft")
        record(fact, actor=actor, subject=("person", person_id))
    return len(found)
