"""Absolute addresses that mails and cards lead to; SITE_URL alone decides the host (abuse case A58)."""

from __future__ import annotations

from app.core.links import absolute
from app.notifications.words import Side

FORGOT = "/auth/password/forgot"


def ticket(number: str, side: Side, *, entry: int | None = None) -> str:
    """The page of a ticket: the portal's for the requester's side, the workspace for staff."""
    path = f"/tickets/{number}" if side is Side.STAFF else f"/portal/tickets/{number}"
    return absolute(path + (f"#entry-{entry}" if entry else ""))


def take(number: str) -> str:
    """Where a colleague takes a ticket: a page that asks, because programs that look at cards follow their links."""
    return absolute(f"/tickets/{number}/take")


def queue() -> str:
    """The list of tickets."""
    return absolute("/tickets")


def team_channel(team_id: int) -> str:
    """Where administrators set up a team's channel in Teams."""
    return absolute(f"/admin/teams/{team_id}#teams")


def own_channel() -> str:
    """Where somebody sets up their own channel in Teams."""
    return absolute("/auth/teams")


def teams() -> str:
    """The list of teams, for administrators."""
    return absolute("/admin/teams")


def preferences(*, is_staff: bool) -> str:
    """Where a person chooses what to be told."""
    return absolute("/tickets/inbox/settings" if is_staff else "/portal/notifications")


def forgot_password() -> str:
    """Where a new password can be asked for."""
    return absolute(FORGOT)


def sign_in() -> str:
    """Where people sign in."""
    return absolute("/auth/login")


def mail_account(account_id: int) -> str:
    """The page of a mail account, for administrators."""
    return absolute(f"/admin/mail/{account_id}")


def webhook(webhook_id: int) -> str:
    """The page of a webhook, for administrators."""
    return absolute(f"/admin/webhooks/{webhook_id}")


def people_fetched() -> str:
    """How fetching people from Microsoft went."""
    return absolute("/people/fetched")


def microsoft() -> str:
    """Where administrators set up the application at Microsoft."""
    return absolute("/admin/microsoft")


def portal() -> str:
    """Where people file requests with files of any number."""
    return absolute("/portal/new")
