"""Setting and removing the Teams address of a team."""

from __future__ import annotations

from app.accounts.events import TeamChanged
from app.accounts.models import Team
from app.core import crypto
from app.core.actor import Actor
from app.core.errors import Forbidden
from app.events.log import action, record


@action
def set_webhook(team: Team, address: str, *, actor: Actor) -> None:
    """Keep the address cards are posted to, or forget it.

    Args:
        team: locked by the caller.
        address: checked by the caller for scheme and host; empty to forget.

    Raises:
        Forbidden: not the actor's to set up.
    """
    if actor.is_signed_in and not actor.can("admin.teams"):
        raise Forbidden(permission="admin.teams")
    if not address and not team.teams_webhook:
        return
    team.teams_webhook = crypto.encrypt(address) if address else ""
    team.version += 1
    record(TeamChanged(fields=["teams_webhook"]), actor=actor, subject=("team", team.id))
