"""Who may look at webhooks and set them up: administrators."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.core.schema import MAX_ID
from app.webhooks.models import Webhook

PERMISSION = "webhooks.manage"


def check(actor: Actor) -> None:
    """Raises Forbidden for a person without the permission."""
    if actor.is_signed_in and not actor.can(PERMISSION):
        raise Forbidden(permission=PERMISSION)


def webhook_for(actor: Actor, webhook_id: int, *, lock: bool = False) -> Webhook:
    """A webhook.

    Args:
        lock: hold the row until the unit ends.

    Raises:
        Forbidden: not the actor's to look at.
        NotFound: there is none.
    """
    check(actor)
    if not 1 <= webhook_id <= MAX_ID:
        raise NotFound
    found = db.session.get(Webhook, webhook_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise NotFound
    return found
