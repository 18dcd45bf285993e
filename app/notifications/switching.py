"""Letting a channel in Teams that was switched off get cards again; and the beginning of a day for teams."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.accounts.models import Team
from app.accounts.team_webhooks import read_kinds
from app.accounts.words import CardKind
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.environment import environment
from app.core.errors import Forbidden
from app.events.log import action, record
from app.events.models import Event
from app.notifications.card_channels import owner_of
from app.notifications.events import CardChannelOn, DayOfTeam
from app.notifications.models import CardChannel


@action
def switch_on(key: str, *, actor: Actor) -> None:
    """Let cards go to a channel again; its three days begin anew with the next failure.

    Args:
        key: of the channel, see ``models.CardChannel``.

    Raises:
        Forbidden: neither the actor's own, nor theirs to set up.
    """
    owner = owner_of(key)
    if actor.is_signed_in and owner != ("person", actor.person_id) and not actor.can("admin.teams"):
        raise Forbidden(permission="admin.teams")
    row = db.session.get(CardChannel, key, with_for_update=True)
    if row is None or row.off_at is None:
        return
    row.off_at, row.failing_since, row.trouble = None, None, ""
    record(CardChannelOn(owner=key.partition(":")[0]), actor=actor, subject=owner)


@action
def begin_day(*, actor: Actor) -> int:
    """Let each team that wants it hear how it stands, once on a day of the house; returns how many are told now."""
    today = clock.now().astimezone(ZoneInfo(environment().default_time_zone)).date()
    rows = db.session.execute(sa.select(Team.id, Team.card_kinds).where(Team.is_active.is_(True)))
    wanting = [team_id for team_id, kinds in rows if CardKind.DAILY in read_kinds(kinds)]
    new = [team_id for team_id in wanting if not _has_begun(team_id, today)]
    for team_id in new:
        record(DayOfTeam(day=today), actor=actor, subject=("team", team_id))
    return len(new)


def _has_begun(team_id: int, today: date) -> bool:
    last = db.session.scalar(
        sa.select(Event)
        .where(Event.subject_kind == "team", Event.subject_id == team_id, Event.kind == DayOfTeam.kind)
        .order_by(Event.id.desc())
        .limit(1)
    )
    return last is not None and last.payload["day"] == today.isoformat()
