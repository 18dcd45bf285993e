"""From an account to its mailbox at Microsoft Graph: in whose name it is spoken to, and whether it may be at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app.core.db import db
from app.integrations.outcome import RetryLater
from app.mailroom.connections import is_graph, opened
from app.mailroom.models import MailAccount, Mailbox
from app.mailroom.words import Login
from app.settings import microsoft

# What somebody is asked to agree to who connects a mailbox in their own name.
READ_SCOPES = ("Mail.Read", "Mail.Send")
CHANGE_SCOPES = ("Mail.ReadWrite", "Mail.Send")


@dataclass(frozen=True, slots=True)
class GraphRoute:
    """A mailbox at Microsoft Graph, taken out of the tables so that nothing is held while speaking.

    Args:
        folder: the one that is read.
        changes: it may be marked, moved and drafted in.
        refresh_token: of the person who connected it; "" where the application speaks for itself.
        token, until: the last access token of that person.
    """

    account_id: int
    address: str
    folder: str
    changes: bool
    is_own: bool
    refresh_token: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    until: datetime | None = None


def route_of(account_id: int) -> GraphRoute | None:
    """The mailbox of an account; None when the account is gone or is spoken to another way.

    Raises:
        RetryLater: ``mailbox_not_listed``: the application may not be used for this address;
            ``not_connected``: nobody connected it.
    """
    account = db.session.get(MailAccount, account_id)
    if account is None or not is_graph(account):
        return None
    is_own = account.from_environment or account.login is Login.GRAPH_APP
    if is_own and not is_listed(account.address):
        raise RetryLater(None, "mailbox_not_listed", account.address)
    if not is_own and not account.oauth_refresh_secret:
        raise RetryLater(None, "not_connected", account.address)
    mailbox = db.session.get(Mailbox, account_id)
    return GraphRoute(
        account_id=account.id,
        address=account.address,
        folder=account.imap_folder,
        changes=account.graph_changes,
        is_own=is_own,
        refresh_token="" if is_own else opened(account.oauth_refresh_secret),
        token="" if is_own or mailbox is None else opened(mailbox.token),
        until=None if is_own or mailbox is None else mailbox.token_until,
    )


def is_listed(address: str) -> bool:
    """Whether the application's own permission may be used for a mailbox: it would open every one of the firm."""
    return address.lower() in microsoft.mailboxes()


def scopes(*, changes: bool) -> tuple[str, ...]:
    """What somebody agrees to who connects a mailbox in their own name."""
    return CHANGE_SCOPES if changes else READ_SCOPES
