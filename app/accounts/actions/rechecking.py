"""What Microsoft says about people who are signed in: they stay, or their sign-ins end (abuse case A48)."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.actions.microsoft import bring_up_to_date
from app.accounts.actors import CLOCK
from app.accounts.events import SignInsEnded
from app.accounts.identities import good_until, identity_of
from app.accounts.microsoft import Arrival
from app.accounts.models import Person, SignIn
from app.core import crypto
from app.core.db import db, rows_changed
from app.events.log import action, record


@action(silent="that somebody is still there changes nothing; a new role is recorded where it is given")
def still_there(sign_in_id: int, refresh_token: str, arrival: Arrival | None) -> None:
    """Believe a sign-in for another hour.

    Args:
        refresh_token: to ask with next time; "" to go on with the present one.
        arrival: who they are by now, None when Microsoft did not say.
    """
    sign_in = db.session.get(SignIn, sign_in_id, with_for_update=True, populate_existing=True)
    if sign_in is None:
        return
    sign_in.recheck_by = good_until()
    if refresh_token:
        sign_in.refresh_secret = crypto.encrypt(refresh_token)
    identity = identity_of(sign_in.person_id)
    if arrival is None or identity is None or identity.object_id != arrival.object_id.lower():
        return
    person = db.session.get_one(Person, sign_in.person_id, with_for_update=True)
    bring_up_to_date(person, identity, arrival, stays=sign_in_id)


@action
def no_longer_there(sign_in_id: int) -> int:
    """Microsoft vouches no more: every sign-in that came by it ends, as does this one; returns how many ended."""
    person_id = db.session.scalar(sa.select(SignIn.person_id).where(SignIn.id == sign_in_id))
    if person_id is None:
        return 0
    came_so = sa.delete(SignIn).where(SignIn.person_id == person_id, SignIn.recheck_by.is_not(None))
    ended = rows_changed(came_so)
    record(SignInsEnded(count=ended, how="microsoft"), actor=CLOCK, subject=("person", person_id))
    return ended
