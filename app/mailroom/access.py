"""Who sets up accounts, and who may read mail as it came: whoever may read the entry it became, else administrators."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.core.schema import MAX_ID
from app.mailroom.models import MailAccount, RawMail
from app.mailroom.outcomes import State
from app.tickets.access import comment_for, is_staff, ticket_for
from app.tickets.models import Ticket

QUARANTINE_RIGHT = "admin.deliveries"
ACCOUNTS_RIGHT = "admin.mail"


def may_read_quarantine(actor: Actor) -> bool:
    """Whether the actor looks after mail that became no entry."""
    return actor.can(QUARANTINE_RIGHT)


def account_for(actor: Actor, account_id: int, *, lock: bool = False) -> MailAccount:
    """A mail account, for whoever sets them up.

    Args:
        lock: hold the row until the unit ends.

    Raises:
        NotFound: there is none.
        Forbidden: not the actor's to set up.
    """
    if actor.is_signed_in and not actor.can(ACCOUNTS_RIGHT):
        raise Forbidden(permission=ACCOUNTS_RIGHT)
    account = None
    if 1 <= account_id <= MAX_ID:
        account = db.session.get(MailAccount, account_id, with_for_update=lock or None)
    if account is None:
        raise NotFound
    return account


def raw_for(actor: Actor, raw_id: int) -> RawMail:
    """A raw mail, if the actor may read it.

    Raises:
        NotFound: missing, or not for the actor; also when the words of its entry were removed.
    """
    raw = db.session.get(RawMail, raw_id) if 1 <= raw_id <= MAX_ID else None
    if raw is None:
        raise NotFound
    if raw.state not in (State.TICKET, State.COMMENT):
        if not may_read_quarantine(actor) or _is_closed_to(actor, raw):
            raise NotFound
        return raw
    if not is_staff(actor) or raw.ticket_id is None:
        raise NotFound
    ticket_for(actor, raw.ticket_id)
    if raw.comment_id is not None:
        comment = comment_for(actor, raw.ticket_id, raw.comment_id)
        if comment.redacted_at is not None:
            raise NotFound
    return raw


def _is_closed_to(actor: Actor, raw: RawMail) -> bool:
    """Spam of a confidential team is as closed as its tickets are."""
    if raw.ticket_id is None:
        return False
    return db.session.get_one(Ticket, raw.ticket_id).team_id in actor.hidden_team_ids
