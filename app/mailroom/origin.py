"""What an account gives the mail that comes in by it: where it is kept, whom to believe, what tickets begin with."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Team
from app.core.db import db
from app.mailroom.models import MailAccount, RawMail
from app.tickets.models import Category


@dataclass(frozen=True, slots=True)
class Origin:
    """Where mail comes in.

    Args:
        account: the name it is kept under: the folded address of a mailbox, or ``import``.
        mail_account_id: None for imported files.
        team_id, category_id: what tickets begin with, as far as they are in use; None for the house's own choice.
        language: of people seen for the first time, "" for the house's.
        authserv_id: the name our own mail server signs with, see ``authentic``.
    """

    account: str = ""
    mail_account_id: int | None = None
    team_id: int | None = None
    category_id: int | None = None
    language: str = ""
    authserv_id: str = ""


_QUERY = (
    sa.select(
        MailAccount.address_key,
        MailAccount.id,
        Team.id,
        Category.id,
        MailAccount.language,
        MailAccount.authserv_id,
    )
    .outerjoin(Team, sa.and_(Team.id == MailAccount.team_id, Team.is_active.is_(True)))
    .outerjoin(Category, sa.and_(Category.id == MailAccount.category_id, Category.is_active.is_(True)))
)


def of_account(account_id: int) -> Origin:
    """The origin of mail fetched for an account; an empty one when the account is gone."""
    row = db.session.execute(_QUERY.where(MailAccount.id == account_id)).one_or_none()
    return Origin(*row) if row is not None else Origin()


def of_mail(raw_id: int) -> Origin:
    """The origin of a mail that was kept before."""
    row = db.session.execute(
        sa.select(RawMail.account, RawMail.mail_account_id).where(RawMail.id == raw_id)
    ).one_or_none()
    if row is None or row[1] is None:
        return Origin(account=row[0] if row else "")
    return of_account(row[1])
