"""The Teams address of a team: a secret, encrypted in its row and shown to nobody."""

from __future__ import annotations

from app.accounts.models import Team
from app.core import crypto


def webhook_of(team: Team) -> str:
    """The address cards for this team are posted to; empty when there is none, or no key of ours opens it."""
    if not team.teams_webhook:
        return ""
    try:
        return crypto.decrypt(team.teams_webhook)
    except ValueError:
        return ""
