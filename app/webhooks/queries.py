"""Reads about webhooks: the list of them, and the log of what one was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Team
from app.core.actor import Actor
from app.core.db import db
from app.core.paging import Page, by_id, count
from app.events.models import Delivery, Event
from app.webhooks.access import check
from app.webhooks.models import Webhook, WebhookAnswer

ROWS = 25


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery: what it tells of, how it stands, what the receiver answered last."""

    delivery: Delivery
    kind: str
    answer: WebhookAnswer


def webhooks(actor: Actor) -> Sequence[Webhook]:
    """All of them, by name.

    Raises:
        Forbidden: not the actor's to look at.
    """
    check(actor)
    return db.session.scalars(sa.select(Webhook).order_by(Webhook.name, Webhook.id)).all()


def team_choices() -> Sequence[tuple[int, str]]:
    """The teams whose tickets can be told of, by name."""
    query = sa.select(Team.id, Team.name).where(Team.is_active.is_(True), Team.is_confidential.is_(False))
    return [(row[0], row[1]) for row in db.session.execute(query.order_by(Team.name))]


def page(actor: Actor, cursor: str = "", limit: int = ROWS) -> tuple[Page[Webhook], int]:
    """A page of them in the order they were made, and how many there are.

    Raises:
        Forbidden: not the actor's to look at.
        Invalid: a damaged cursor.
    """
    check(actor)
    made = db.session.scalar(sa.select(sa.func.count()).select_from(Webhook)) or 0
    return by_id(sa.select(Webhook), Webhook.id, cursor, limit), made


def log(webhook: Webhook, cursor: str = "", limit: int = ROWS) -> Page[Line]:
    """What a webhook was told in the last month, newest first.

    Raises:
        Invalid: a damaged cursor.
    """
    query = sa.select(WebhookAnswer).where(WebhookAnswer.webhook_id == webhook.id)
    found = by_id(query, WebhookAnswer.delivery_id, cursor, limit, newest_first=True)
    return Page(lines(found.rows), found.next_cursor, found.previous_cursor)


def line(webhook: Webhook, delivery_id: int) -> Line | None:
    """One line of the log, None when it is none of this webhook, or was forgotten."""
    answer = db.session.get(WebhookAnswer, delivery_id)
    found = lines([answer] if answer is not None and answer.webhook_id == webhook.id else [])
    return found[0] if found else None


def logged(webhook: Webhook) -> tuple[int, bool]:
    """How many deliveries the log has, and whether it may have more: nobody counts on beyond ten thousand."""
    return count(sa.select(WebhookAnswer.delivery_id).where(WebhookAnswer.webhook_id == webhook.id))


def lines(answers: Sequence[WebhookAnswer]) -> list[Line]:
    """The deliveries behind lines of the log."""
    ids = [answer.delivery_id for answer in answers]
    if not ids:
        return []
    query = (
        sa.select(Delivery, Event.kind)
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.id.in_(ids))
        .execution_options(populate_existing=True)
    )
    known = {delivery.id: (delivery, kind) for delivery, kind in db.session.execute(query)}
    return [Line(*known[one.delivery_id], one) for one in answers if one.delivery_id in known]
