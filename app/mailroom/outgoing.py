"""Which account a mail goes out from: the one its ticket came by, else that of its team, else the default one."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import db
from app.integrations.smtp_route import SmtpRoute
from app.mailroom import connections
from app.mailroom.models import MailAccount, RawMail
from app.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Office:
    """An account mail goes out from.

    Args:
        name: what people read as its sender, "" for the name of the site.
        answers_to: where answers go; "" when nobody would read them.
        plus_addressing: its server takes ``name+anything@`` for ``name@``.
    """

    account_id: int
    address: str
    name: str
    answers_to: str
    plus_addressing: bool


def any_office() -> bool:
    """Whether some account can send."""
    return bool(_sending())


def office_for(ticket_id: int | None) -> Office | None:
    """The account a mail about this ticket (None: about no ticket) goes out from; None when none can send."""
    accounts = _sending()
    if not accounts:
        return None
    came_by, team_id = _ticket(ticket_id) if ticket_id is not None and len(accounts) > 1 else (None, None)
    chosen = (
        next((one for one in accounts if one.id == came_by), None)
        or next((one for one in accounts if team_id is not None and one.team_id == team_id), None)
        or next((one for one in accounts if one.is_default), accounts[0])
    )
    return Office(
        account_id=chosen.id,
        address=chosen.address,
        name=chosen.name,
        answers_to=chosen.address if connections.receives(chosen) else "",
        plus_addressing=chosen.plus_addressing and connections.receives(chosen),
    )


def may_send(account_id: int) -> bool:
    """Whether mail goes out from an account at present."""
    account = db.session.get(MailAccount, account_id)
    return account is not None and account.is_active and connections.sends(account)


def route_of(account_id: int, token: str) -> SmtpRoute | None:
    """The way out of an account by SMTP, as it is set up now.

    Args:
        token: a fresh access token for accounts that sign in by OAuth, "" for the others.
    """
    account = db.session.get(MailAccount, account_id)
    return connections.way_out(account, token) if account is not None and account.is_active else None


def _sending() -> list[MailAccount]:
    found = db.session.scalars(
        sa.select(MailAccount).where(MailAccount.is_active.is_(True)).order_by(MailAccount.id)
    )
    return [account for account in found if connections.sends(account)]


def _ticket(ticket_id: int) -> tuple[int | None, int | None]:
    """The account the ticket came by, and its team."""
    row = db.session.execute(
        sa.select(RawMail.mail_account_id, Ticket.team_id)
        .select_from(Ticket)
        .outerjoin(RawMail, sa.and_(RawMail.ticket_id == Ticket.id, RawMail.comment_id.is_(None)))
        .where(Ticket.id == ticket_id)
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row is not None else (None, None)
