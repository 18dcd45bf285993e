"""Tables of webhooks: where they lead and how they do, and what their receivers answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Model, table_args


class Webhook(Model):
    """An address that is called, and for what.

    ``sealed`` is the encrypted secret; ``former`` the one before it, which signs as well until ``former_until``.
    ``with_devices``: it reaches devices, and is told which ones. ``failing_since``, ``failures`` and ``trouble`` speak
    of what happened since the last success; ``off_at`` is when that switched it off.
    """

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    url: Mapped[str] = mapped_column(sa.String(500))
    kinds: Mapped[list[Any]]
    team_ids: Mapped[list[Any]]
    with_devices: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[str] = mapped_column(sa.String(400))
    former: Mapped[str] = mapped_column(sa.String(400), default="")
    former_until: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(sa.String(60), default="")
    off_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime]


class WebhookAnswer(Model):
    """What the receiver answered last to a delivery; ``tries`` are those that went out."""

    __tablename__ = "webhook_answer"
    __table_args__ = table_args(
        sa.Index("ix_webhook_answer_log", "webhook_id", "delivery_id"), sa.Index("ix_webhook_answer_at", "at")
    )

    delivery_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    webhook_id: Mapped[int] = mapped_column(sa.ForeignKey("webhook.id"))
    tries: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None] = mapped_column(sa.SmallInteger)
    ms: Mapped[int | None]
    excerpt: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime]
