"""Mail that became no entry: looked at once more, taken although it looks like none, or thrown away."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.language import _
from app.core.schema import MAX_ID
from app.events.log import action, record
from app.mailroom.access import QUARANTINE_RIGHT, may_read_quarantine
from app.mailroom.events import MailDiscarded, MailTakenUpAgain
from app.mailroom.models import RawMail
from app.mailroom.outcomes import Reason, State
from app.mailroom.shelves import HEAD_ONLY

# Whoever asked for another look takes it at once; after that the standing job does.
GRACE = timedelta(minutes=1)


@action
def take_up_again(raw_id: int, *, actor: Actor, as_request: bool = False) -> None:
    """Have a mail read and decided once more, as if it had just come in.

    Args:
        as_request: make a ticket of it even if a machine wrote it.

    Raises:
        NotFound: there is none.
        Forbidden: not the actor's to decide.
        Conflict: it is an entry already, or a ticket marked as spam, or only its head was fetched.
    """
    raw = _undecided(raw_id, actor)
    if raw.reason in HEAD_ONLY:
        raise Conflict(_("Of this mail only the head was fetched, so there is nothing to read."))
    raw.state, raw.reason, raw.detail = State.KEPT, "", ""
    raw.attempts, raw.due_at, raw.decided_at = 0, clock.now() + GRACE, None
    raw.is_forced = as_request
    record(MailTakenUpAgain(), actor=actor, subject=("mail", raw.id))


@action
def discard(raw_id: int, *, actor: Actor) -> None:
    """Nobody needs this mail; its bytes stay until mail of that age is deleted.

    Raises:
        NotFound: there is none.
        Forbidden: not the actor's to decide.
        Conflict: it is an entry already.
    """
    raw = _undecided(raw_id, actor)
    raw.state, raw.reason, raw.decided_at = State.IGNORED, Reason.DISCARDED, clock.now()
    record(MailDiscarded(), actor=actor, subject=("mail", raw.id))


def _undecided(raw_id: int, actor: Actor) -> RawMail:
    if actor.is_signed_in and not may_read_quarantine(actor):
        raise Forbidden(permission=QUARANTINE_RIGHT)
    raw = None
    if 1 <= raw_id <= MAX_ID:
        raw = db.session.get(RawMail, raw_id, with_for_update=True, populate_existing=True)
    if raw is None:
        raise NotFound
    if raw.state not in (State.QUARANTINED, State.IGNORED):
        raise Conflict(_("This mail was taken in meanwhile."))
    if raw.reason == Reason.SPAM:
        raise Conflict(_("This mail is a ticket that was marked as spam."))
    return raw
