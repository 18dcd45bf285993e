"""Tables of programs: the keys they act with in somebody's name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Model, table_args


class ApiKey(Model):
    """A key by which a program acts for a person, within its scopes.

    ``person_id``: whom it acts for. ``prefix`` is shown and finds the row, ``secret_hash`` is SHA-256 of the rest of
    the key, which is stored nowhere. ``team_ids``: the only teams whose tickets it reaches; empty for all its person
    sees. ``last_used_at`` and ``last_used_network`` are written once a minute at most and may be lost.
    """

    __tablename__ = "api_key"
    __table_args__ = table_args(sa.Index("ix_api_key_person", "person_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(sa.String(80))
    prefix: Mapped[str] = mapped_column(sa.String(12), unique=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64))
    scopes: Mapped[list[Any]]
    team_ids: Mapped[list[Any]]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    last_used_network: Mapped[str] = mapped_column(sa.String(60), default="")
    created_by_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
