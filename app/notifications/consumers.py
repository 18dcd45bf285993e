"""The event consumers of this room, as the wiring registers them."""

from __future__ import annotations

from app.events.consumers import Inside, Outside
from app.integrations.guard import HttpGuard
from app.notifications.channels.bell import Bell
from app.notifications.channels.email import Email, Route
from app.notifications.channels.teams import Teams


def make(*, route: Route, sender: str, webhook: str, guard: HttpGuard) -> tuple[Inside | Outside, ...]:
    """The bell, the mail and Teams.

    Args:
        route: the way out for mail as it is set up now, None for none.
        sender: address mails come from, empty to take the support address of the settings.
        webhook: where cards of teams without a webhook of their own go, empty for nowhere.
        guard: which hosts a webhook may name.
    """
    return Bell(), Email(route, sender), Teams(webhook, guard)
