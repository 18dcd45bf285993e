"""What stands in addresses about webhooks: a webhook, and a delivery of one."""

from __future__ import annotations

import secrets
from functools import partial

import sqlalchemy as sa

from app.accounts.actors import SHELL
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.webhooks.actions import endpoints
from app.webhooks.models import WebhookAnswer
from app.webhooks.schemas import NewWebhook
from app.webhooks.words import WebhookKind
from tests.security.sweep.things import NO_SUCH_ID, Asked, Trio, made_for


def _hook() -> int:
    # Our own machine: it may be entered in tests, and the guard lets nobody call it.
    command = NewWebhook(
        name=f"Hook {secrets.token_hex(4)}",
        url="https://127.0.0.1/hook",
        kinds=list(WebhookKind),
        is_active=True,
    )
    return run_unit(partial(endpoints.create, command, actor=SHELL))[0].id


@made_for("webhook_id")
def _webhook(asked: Asked) -> Trio:
    asked.made["webhook_id"] = number = _hook()
    return str(number), None, NO_SUCH_ID


@made_for("delivery_id", "/admin/webhooks")
@made_for("delivery_id", "/api/v1/webhooks")
def _told(asked: Asked) -> Trio:
    asked.stage.team_ticket()
    own, foreign = (_delivery(number) for number in (int(asked.made["webhook_id"]), _hook()))
    return own, foreign, NO_SUCH_ID


def _delivery(webhook_id: int) -> str:
    now = clock.now()
    row = Delivery(
        event_id=db.session.scalars(sa.select(sa.func.max(Event.id))).one(),
        consumer="webhook",
        target=f"webhook:{webhook_id}",
        state=DeliveryState.SENT,
        created_at=now,
        since=now,
    )

    def work() -> None:
        db.session.add(row)
        db.session.flush()
        db.session.add(WebhookAnswer(delivery_id=row.id, webhook_id=webhook_id, excerpt="", at=now))

    run_unit(work)
    return str(row.id)
