"""How receivers do: what they answered, and which took nothing for so long that they are switched off."""

from __future__ import annotations

from datetime import timedelta

from app.accounts.actors import CLOCK
from app.core import clock
from app.core.db import db
from app.events.log import record
from app.webhooks.events import WebhookSwitchedOff
from app.webhooks.models import Webhook, WebhookAnswer
from app.webhooks.sending import Said

# Both have to be reached: a quiet receiver is asked seldom, a busy one often within an hour of trouble.
FAILURES = 10
PATIENCE = timedelta(days=2)


def begun(webhook_id: int, delivery_id: int) -> None:
    """A delivery is about to be said; its line of the log is there from now on."""
    if db.session.get(WebhookAnswer, delivery_id) is None:
        line = WebhookAnswer(delivery_id=delivery_id, webhook_id=webhook_id, excerpt="", at=clock.now())
        db.session.add(line)


def ended(webhook_id: int, delivery_id: int, said: Said) -> None:
    """Write down what a receiver answered, and whether it is to be asked again at all."""
    webhook = db.session.get(Webhook, webhook_id, with_for_update=True, populate_existing=True)
    if webhook is None:
        return
    line = db.session.get(WebhookAnswer, delivery_id)
    if line is not None:
        line.tries += 1
        line.status, line.ms, line.excerpt, line.at = said.status, said.ms, said.excerpt, clock.now()
    if said.trouble is None:
        webhook.accepted_at = clock.now()
        webhook.failing_since, webhook.failures, webhook.trouble = None, 0, ""
        return
    _failed(webhook, said.trouble.reason)


def _failed(webhook: Webhook, trouble: str) -> None:
    now = clock.now()
    webhook.failing_since = webhook.failing_since or now
    webhook.failures += 1
    webhook.trouble = trouble[:60]
    if not webhook.is_active or webhook.failures < FAILURES or now - webhook.failing_since < PATIENCE:
        return
    webhook.is_active, webhook.off_at = False, now
    webhook.version += 1
    fact = WebhookSwitchedOff(name=webhook.name, trouble=webhook.trouble)
    record(fact, actor=CLOCK, subject=("webhook", webhook.id))
