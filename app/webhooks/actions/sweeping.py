"""Clearing away what receivers answered long ago."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import rows_changed
from app.events.log import action
from app.webhooks.models import WebhookAnswer

KEPT = timedelta(days=30)
BATCH = 2000


@action(silent="the log of deliveries is for mending receivers; after a month nobody does that with it")
def forget_answers() -> int:
    """Remove lines of the log older than a month, some thousands at a time; returns how many went."""
    old = sa.select(WebhookAnswer.delivery_id).where(WebhookAnswer.at < clock.now() - KEPT).limit(BATCH)
    ids = sa.select(old.subquery().c.delivery_id)  # MySQL deletes from no table it reads, but from a copy
    return rows_changed(
        sa.delete(WebhookAnswer)
        .where(WebhookAnswer.delivery_id.in_(ids))
        .execution_options(synchronize_session=False)
    )
