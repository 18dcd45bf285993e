"""`/admin/outbox`: what would have been sent, for developers; outside of development there is no such page."""

from __future__ import annotations

from flask import Flask, current_app

from app.core.actor import Actor
from app.core.errors import NotFound
from app.notifications.outbox import outbox
from app.web.admin.door import door
from app.web.kit import page


def is_open(app: Flask) -> bool:
    """Whether this installation shows its mails: it is being developed or tested."""
    return str(app.extensions["settings"].flask_env) != "production"


@door.page("/admin/outbox", allow="admin.deliveries")
def mails(_actor: Actor) -> str:
    """The newest mails as they would go out."""
    if not is_open(current_app):
        raise NotFound
    return page.render("admin/outbox.html", mails=outbox())
