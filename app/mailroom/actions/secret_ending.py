"""Telling administrators, once and two weeks ahead, that the secret of the application at Microsoft ends."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.actors import CLOCK
from app.core.db import db
from app.events.log import action, record
from app.events.models import Event
from app.mailroom.events import SecretEnding
from app.settings import microsoft


@action(silent="looks, and records the fact when there is one")
def notice() -> None:
    """Tell of a secret that ends within two weeks, unless that was told already."""
    end = microsoft.secret_ends_soon()
    if end is None or microsoft.registration() is None:
        return
    told = SecretEnding(on=end.isoformat())
    last = db.session.scalar(
        sa.select(Event).where(Event.kind == SecretEnding.kind).order_by(Event.id.desc()).limit(1)
    )
    if last is None or last.payload.get("on") != told.on:
        record(told, actor=CLOCK, subject=("settings", 0))
