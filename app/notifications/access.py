"""Who may change the words of mails: whoever may change the settings, and the shell."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.errors import Forbidden

PERMISSION = "admin.settings"


def check_may_reword(actor: Actor) -> None:
    """Only administrators change what the house says to everybody.

    Raises:
        Forbidden: a person without the permission.
    """
    if actor.is_signed_in and not actor.can(PERMISSION):
        raise Forbidden(permission=PERMISSION)
