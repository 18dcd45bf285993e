"""From an account to the ways in and out; the only place where its secrets are opened."""

from __future__ import annotations

from datetime import datetime

from app.core import crypto
from app.core.db import db
from app.core.environment import environment
from app.integrations import guard
from app.integrations.imap_route import ImapRoute
from app.integrations.oauth import TokenRequest
from app.integrations.smtp_route import SmtpRoute
from app.mailroom import fixed
from app.mailroom.models import MailAccount, Mailbox
from app.mailroom.words import Login


def receives(account: MailAccount) -> bool:
    """Whether mail is fetched for the account."""
    described = _described(account)
    if is_graph(account):
        return account.graph_reads
    return bool(described.imap_host if described else account.imap_host)


def sends(account: MailAccount) -> bool:
    """Whether mail can go out from the account."""
    described = _described(account)
    if is_graph(account):
        return account.graph_sends
    return bool(described.smtp_host if described else account.smtp_host)


def is_graph(account: MailAccount) -> bool:
    """Whether the account is spoken to by Microsoft Graph; one the environment describes no more is not spoken to."""
    described = _described(account)
    return described.by_graph if described else account.login.is_graph and not account.from_environment


def way_in(account: MailAccount, token: str) -> ImapRoute | None:
    """How its mail is fetched by IMAP; None when it only sends, or is read another way.

    Args:
        token: a fresh access token for accounts that sign in by OAuth, "" for the others.
    """
    described = _described(account)
    if not receives(account) or is_graph(account):
        return None
    if described is not None:
        return ImapRoute(
            host=described.imap_host,
            port=described.imap_port,
            username=described.imap_username,
            password=described.imap_password,
            folder=described.imap_folder,
            ca_file=described.ca_file or None,
        )
    return ImapRoute(
        host=account.imap_host,
        port=account.imap_port,
        tls=account.imap_tls.value,
        username=account.imap_username,
        password="" if account.login is Login.OAUTH else opened(account.imap_secret),
        access_token=token,
        folder=account.imap_folder,
        allow_private=_is_named(account.imap_host, account.imap_port),
    )


def way_out(account: MailAccount, token: str) -> SmtpRoute | None:
    """How its mail goes out by SMTP; None when it only receives, or sends another way.

    Args:
        token: a fresh access token for accounts that sign in by OAuth, "" for the others.
    """
    described = _described(account)
    if not sends(account) or is_graph(account):
        return None
    if described is not None:
        return SmtpRoute(
            host=described.smtp_host,
            port=described.smtp_port,
            tls=described.smtp_tls.value,
            username=described.smtp_username,
            password=described.smtp_password,
            ca_file=described.ca_file or None,
        )
    return SmtpRoute(
        host=account.smtp_host,
        port=account.smtp_port,
        tls=account.smtp_tls.value,
        username=account.smtp_username or account.imap_username,
        password="" if account.login is Login.OAUTH else opened(account.smtp_secret or account.imap_secret),
        access_token=token,
        allow_private=_is_named(account.smtp_host, account.smtp_port),
    )


def token_request(account: MailAccount) -> TokenRequest | None:
    """What to ask the account's authority for an access token with; None when it signs in with a password."""
    if account.from_environment or account.login is not Login.OAUTH:
        return None
    return TokenRequest(
        url=account.oauth_token_url,
        client_id=account.oauth_client_id,
        client_secret=opened(account.oauth_secret),
        refresh_token=opened(account.oauth_refresh_secret),
        scope=account.oauth_scope,
    )


def sign_in_of(account_id: int) -> tuple[TokenRequest | None, str, datetime | None]:
    """How an account gets access tokens (None: it has a password), the last one and when it ends."""
    account = db.session.get(MailAccount, account_id)
    request = token_request(account) if account is not None else None
    mailbox = db.session.get(Mailbox, account_id) if request is not None else None
    if mailbox is None:
        return request, "", None
    return request, opened(mailbox.token), mailbox.token_until


def opened(secret: str) -> str:
    """A stored secret in clear; empty when there is none, or no key of ours opens it."""
    try:
        return crypto.decrypt(secret) if secret else ""
    except ValueError:
        return ""


def _is_named(host: str, port: int) -> bool:
    """Whoever runs the machine says which servers of our own network there are; pages alone open none (A66)."""
    return guard.is_named(host, port, environment().outbound_allow)


def _described(account: MailAccount) -> fixed.FixedAccount | None:
    return fixed.account() if account.from_environment else None
