"""The event consumers of this room, as the wiring registers them."""

from __future__ import annotations

from app.events.consumers import Inside, Outside
from app.integrations.guard import HttpGuard
from app.notifications.channels.bell import Bell
from app.notifications.channels.email import Email, OpenFile, Route, WayOf, by_password, no_file
from app.notifications.channels.teams import Teams


def make(
    *,
    route: Route,
    sender: str,
    webhook: str,
    guard: HttpGuard,
    way_of: WayOf = by_password,
    open_file: OpenFile = no_file,
) -> tuple[Inside | Outside, ...]:
    """The bell, the mail and Teams.

    Args:
        route: the way out for mail where no account can send, None for none.
        sender: address mails come from on that way, empty to take the support address of the settings.
        webhook: where cards of teams without a webhook of their own go, empty for nowhere.
        guard: which hosts a webhook may name.
        way_of: the way out of a mail account.
        open_file: the bytes of a stored file by its hash.
    """
    return Bell(), Email(route, sender, way_of=way_of, open_file=open_file), Teams(webhook, guard)
