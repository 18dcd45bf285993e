"""`/webhooks`: addresses that are called when something public happens to a ticket; for administrators."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.uow import run_unit
from app.events.words import DeliveryState
from app.tickets.words import number_of
from app.web.api.door import door
from app.web.kit.entity_tags import expected_version
from app.web.kit.json_answers import Answer
from app.web.kit.json_lists import Listing, Paged, listing
from app.webhooks import queries
from app.webhooks.access import webhook_for
from app.webhooks.actions import endpoints, redelivering
from app.webhooks.queries import Line
from app.webhooks.schemas import ChangeWebhook, NewSecret, NewWebhook
from app.webhooks.trials import try_out
from app.webhooks.words import WebhookKind

if TYPE_CHECKING:
    from app.webhooks.models import Webhook as Row


class Webhook(Answer):
    """A webhook. `trouble` says in a word why its receiver took nothing lately; `off_at` when that switched it off."""

    id: int
    name: str
    url: str
    kinds: list[WebhookKind]
    team_ids: list[int]
    with_devices: bool
    is_active: bool
    former_secret_until: datetime | None
    accepted_at: datetime | None
    failing_since: datetime | None
    failures: int
    trouble: str
    off_at: datetime | None
    created_at: datetime
    version: int


class WebhookWithSecret(Webhook):
    """A webhook with its new secret, which is shown this once; null where the secret stays."""

    secret: str | None


class WebhookDelivery(Answer):
    """One event on its way to a receiver, and what the receiver answered last."""

    id: int
    event_id: int
    kind: str
    ticket: str | None
    state: DeliveryState
    tries: int
    status: int | None
    duration_ms: int | None
    excerpt: str
    error: str
    next_try_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


class WebhookTrial(Answer):
    """How one call went; `trouble` is empty when the receiver took it."""

    status: int | None
    duration_ms: int
    excerpt: str
    trouble: str


@door.read("/webhooks", allow="webhooks.manage", gives=Listing[Webhook], query=Paged)
def webhooks(actor: Actor, query: Paged) -> Listing[Webhook]:
    """All webhooks, in the order they were made."""
    page, count = queries.page(actor, query.cursor, query.limit)
    return listing(Listing[Webhook], [_shape(row) for row in page.rows], page, count)


@door.change(
    "/webhooks",
    allow="webhooks.manage",
    takes=NewWebhook,
    gives=WebhookWithSecret,
    status=201,
    own_unit=True,
)
def create_webhook(actor: Actor, command: NewWebhook) -> tuple[WebhookWithSecret, str]:
    """A new webhook. Its secret is in this answer and in no other.

    The password must have been given in the last ten minutes (403 with `password_needed`), see
    `POST /auth/confirm-password`. API keys have none to give.
    """
    made, secret = run_unit(partial(endpoints.create, command, actor=actor))
    return _with_secret(made, secret), f"/api/v1/webhooks/{made.id}"


@door.read("/webhooks/<id:webhook_id>", allow="webhooks.manage", gives=Webhook)
def webhook(actor: Actor, webhook_id: int) -> Webhook:
    """One webhook, without its secret."""
    return _shape(webhook_for(actor, webhook_id))


@door.change(
    "/webhooks/<id:webhook_id>",
    allow="webhooks.manage",
    method="PATCH",
    takes=ChangeWebhook,
    gives=WebhookWithSecret,
    own_unit=True,
    matches=True,
)
def change_webhook(actor: Actor, command: ChangeWebhook, webhook_id: int) -> WebhookWithSecret:
    """Change a webhook. One that leads to another host, port or scheme gets a new secret.

    Another address, and devices from now on, ask for a password given in the last ten minutes. `is_active: true`
    switches on again what was switched off.
    """
    version = expected_version()

    def work() -> WebhookWithSecret:
        row = webhook_for(actor, webhook_id, lock=True)
        secret = endpoints.change(row, command, version=version, actor=actor)
        return _with_secret(row, secret or None)

    return run_unit(work)


@door.change("/webhooks/<id:webhook_id>", allow="webhooks.manage", method="DELETE", matches=True)
def remove_webhook(actor: Actor, webhook_id: int) -> None:
    """Remove a webhook. What still waits for it is dropped."""
    row = webhook_for(actor, webhook_id, lock=True)
    endpoints.remove(row, version=expected_version(), actor=actor)


@door.change(
    "/webhooks/<id:webhook_id>/rotate-secret",
    allow="webhooks.manage",
    takes=NewSecret,
    gives=WebhookWithSecret,
    own_unit=True,
    matches=True,
)
def rotate_webhook_secret(actor: Actor, command: NewSecret, webhook_id: int) -> WebhookWithSecret:
    """A new secret. Deliveries are signed with both for a day, unless the former one is dropped at once.

    The password must have been given in the last ten minutes.
    """
    version = expected_version()

    def work() -> WebhookWithSecret:
        row = webhook_for(actor, webhook_id, lock=True)
        secret = endpoints.rotate(row, keep_former=command.keep_former, version=version, actor=actor)
        return _with_secret(row, secret)

    return run_unit(work)


@door.change("/webhooks/<id:webhook_id>/test", allow="webhooks.manage", gives=WebhookTrial, own_unit=True)
def try_webhook(actor: Actor, webhook_id: int) -> WebhookTrial:
    """Call the receiver once with an event of the kind `webhook.test`, and see what it answers."""
    said = try_out(actor, webhook_id)
    return WebhookTrial(
        status=said.status,
        duration_ms=said.ms,
        excerpt=said.excerpt,
        trouble=said.trouble.reason if said.trouble else "",
    )


@door.read(
    "/webhooks/<id:webhook_id>/deliveries",
    allow="webhooks.manage",
    gives=Listing[WebhookDelivery],
    query=Paged,
)
def webhook_deliveries(actor: Actor, query: Paged, webhook_id: int) -> Listing[WebhookDelivery]:
    """What the receiver was told in the last month, newest first."""
    row = webhook_for(actor, webhook_id)
    page = queries.log(row, query.cursor, query.limit)
    count, more = queries.logged(row)
    shapes = [_delivery(line) for line in page.rows]
    return listing(Listing[WebhookDelivery], shapes, page, count, at_least=more)


@door.change(
    "/webhooks/<id:webhook_id>/deliveries/<id:delivery_id>/redeliver",
    allow="webhooks.manage",
    gives=WebhookDelivery,
    status=202,
)
def redeliver_webhook(actor: Actor, webhook_id: int, delivery_id: int) -> WebhookDelivery:
    """Send a delivery once more, with the same event id."""
    row = webhook_for(actor, webhook_id)
    redelivering.redeliver(row, delivery_id, actor=actor)
    line = queries.line(row, delivery_id)
    if line is None:
        raise NotFound
    return _delivery(line)


def _shape(row: Row) -> Webhook:
    return Webhook(**_fields(row))


def _with_secret(row: Row, secret: str | None) -> WebhookWithSecret:
    return WebhookWithSecret(**_fields(row), secret=secret)


def _fields(row: Row) -> dict[str, object]:
    same = [name for name in Webhook.model_fields if name not in ("former_secret_until", "kinds")]
    kinds = [WebhookKind(kind) for kind in row.kinds]
    return {name: getattr(row, name) for name in same} | {
        "former_secret_until": row.former_until,
        "kinds": kinds,
    }


def _delivery(line: Line) -> WebhookDelivery:
    delivery, answer = line.delivery, line.answer
    return WebhookDelivery(
        id=delivery.id,
        event_id=delivery.event_id,
        kind=line.kind,
        ticket=number_of(delivery.ticket_id) if delivery.ticket_id else None,
        state=delivery.state,
        tries=answer.tries,
        status=answer.status,
        duration_ms=answer.ms,
        excerpt=answer.excerpt,
        error=delivery.error,
        next_try_at=delivery.due_at if delivery.state is DeliveryState.WAITING else None,
        created_at=delivery.created_at,
        settled_at=delivery.settled_at,
    )
