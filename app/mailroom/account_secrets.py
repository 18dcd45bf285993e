"""The secrets of an account: where each is kept, which are needed, which a change would send to other servers."""

from __future__ import annotations

from app.core.language import _
from app.mailroom.models import MailAccount
from app.mailroom.schemas import NewAccount
from app.mailroom.words import Login

# Command field → column of the encrypted secret.
COLUMNS = dict(
    (
        ("imap_password", "imap_secret"),
        ("smtp_password", "smtp_secret"),
        ("oauth_client_secret", "oauth_secret"),
        ("oauth_refresh_token", "oauth_refresh_secret"),
    )
)
IN_USE = {
    Login.PLAIN: frozenset({"imap_password", "smtp_password"}),
    Login.OAUTH: frozenset({"oauth_client_secret", "oauth_refresh_token"}),
}


def missing(command: NewAccount, account: MailAccount | None) -> dict[str, str]:
    """What has to be given, or given again, by field.

    Args:
        account: None for a new one.
    """
    problems = {}
    for field, asked_in in (uprooted(command, account) if account is not None else {}).items():
        if field in IN_USE[command.login]:
            problems[asked_in] = _("The server has changed. Please enter the password again.")
    needed = _needed_for_oauth(command, account)
    if command.login is Login.PLAIN:
        needed = _needed_for_password(command, account)
    return problems | dict.fromkeys(sorted(needed - set(problems)), _("Please fill in this field."))


def _needed_for_password(command: NewAccount, account: MailAccount | None) -> set[str]:
    given = bool(command.imap_password or (account and account.imap_secret))
    empty = {"imap_username": not command.imap_username, "imap_password": not given}
    return {field for field, is_empty in empty.items() if is_empty and command.imap_host}


def _needed_for_oauth(command: NewAccount, account: MailAccount | None) -> set[str]:
    stored = account is not None and bool(account.oauth_secret or account.oauth_refresh_secret)
    proof = "" if stored or command.oauth_refresh_token else "oauth_client_secret"
    wanted = {"oauth_token_url", "oauth_client_id", "imap_username", proof} - {""}
    return {field for field in wanted if not getattr(command, field)}


def uprooted(command: NewAccount, account: MailAccount) -> dict[str, str]:
    """Stored secrets whose servers are replaced without being told them anew, with the field to ask for each in.

    A secret goes only where it was given for. Access tokens go to the servers for mail, so what gets them is bound to
    those as well; and the password of IMAP goes to the SMTP server, too, while that has none of its own.
    """
    imap = bool(command.imap_host) and _differ(command, account, "imap_host", "imap_port", "imap_tls")
    smtp = bool(command.smtp_host) and _differ(command, account, "smtp_host", "smtp_port", "smtp_tls")
    token = imap or smtp or _differ(command, account, "oauth_token_url")
    lent = smtp and not (account.smtp_secret or command.smtp_password)
    moved = {
        "imap_password": ("imap_password" if imap else "smtp_password") if imap or lent else "",
        "smtp_password": "smtp_password" if smtp else "",
        "oauth_client_secret": "oauth_client_secret" if token else "",
        "oauth_refresh_token": "oauth_refresh_token" if token else "",
    }
    return {
        field: asked_in
        for field, asked_in in moved.items()
        if asked_in and getattr(account, COLUMNS[field]) and not getattr(command, field)
    }


def _differ(command: NewAccount, account: MailAccount, *fields: str) -> bool:
    return any(getattr(command, field) != getattr(account, field) for field in fields)
