"""Tables of promises: policies with their targets, and the calendars they count in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Model, table_args


class WorkCalendar(Model):
    """When time counts: around the clock, or working hours with the holidays of a German state.

    ``slots`` is a list of ``[weekday 0-6, start minute, end minute]``; empty means around the clock.
    """

    __tablename__ = "work_calendar"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    time_zone: Mapped[str] = mapped_column(sa.String(40), default="Europe/Berlin")
    slots: Mapped[list[Any]]
    holiday_state: Mapped[str] = mapped_column(sa.String(2), default="")
    version: Mapped[int] = mapped_column(default=1)


class Policy(Model):
    """Targets by priority, counted in a calendar.

    ``targets`` maps a priority to ``[response seconds, resolution seconds]``.
    """

    __tablename__ = "sla_policy"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    calendar_id: Mapped[int] = mapped_column(sa.ForeignKey("work_calendar.id"))
    targets: Mapped[dict[str, Any]]
    pauses_for_third_party: Mapped[bool] = mapped_column(default=False)
    warn_percent: Mapped[int] = mapped_column(sa.SmallInteger, default=75)
    is_default: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class ScopedPolicy(Model):
    """An organisation or team for which a policy holds (categories name theirs themselves)."""

    __tablename__ = "sla_policy_scope"
    __table_args__ = table_args(
        sa.UniqueConstraint("organisation_id"),
        sa.UniqueConstraint("team_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    policy_id: Mapped[int] = mapped_column(sa.ForeignKey("sla_policy.id"))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisation.id"))
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
