"""How receivers of cards do: which fail and since when (F24), which are off, and whether too many cards come (F35)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.actors import CLOCK
from app.core import clock, crypto, log
from app.core.db import db
from app.events.log import record
from app.notifications.events import CardChannelOff
from app.notifications.models import CardChannel
from app.settings.queries import get as settings
from app.settings.schemas import CardRules

HOUSE = "house"
PATIENCE = timedelta(days=3)
WINDOW = timedelta(seconds=60)
# Whose subject a fact about a channel is; the channel of the house belongs to nobody.
SUBJECTS = {"team": "team", "person": "person", HOUSE: "channel"}


@dataclass(frozen=True, slots=True)
class Channel:
    """A receiver of cards and its address, which appears nowhere else."""

    key: str
    address: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a channel does. ``trouble`` is the machine word of ``reasons.reason``."""

    failing_since: datetime | None = None
    trouble: str = ""
    off_at: datetime | None = None
    accepted_at: datetime | None = None


def standing(channel: Channel) -> Standing:
    """How a channel does; what is known of another address it had says nothing."""
    row = db.session.get(CardChannel, channel.key)
    if row is None or row.mark != mark_of(channel.address):
        return Standing()
    return Standing(row.failing_since, row.trouble, row.off_at, row.accepted_at)


def off(channels: Iterable[Channel]) -> set[str]:
    """Keys of those that are switched off."""
    marks = {channel.key: mark_of(channel.address) for channel in channels}
    if not marks:
        return set()
    rows = db.session.execute(
        sa.select(CardChannel.key, CardChannel.mark).where(
            CardChannel.key.in_(marks), CardChannel.off_at.is_not(None)
        )
    )
    return {key for key, mark in rows if marks[key] == mark}


def mark_of(address: str) -> str:
    """What a row keeps of an address to know it again."""
    return crypto.digest(address)


def owner_of(key: str) -> tuple[str, int]:
    """Kind and id of the subject that facts about a channel are about."""
    kind, _colon, number = key.partition(":")
    return SUBJECTS[kind], int(number or 0)


def worked(channel: Channel) -> None:
    """It took a card."""
    row = _about(channel)
    row.accepted_at, row.failing_since, row.trouble = clock.now(), None, ""


def failed(channel: Channel, trouble: str) -> None:
    """It did not take a card; after three days of that it is switched off, and somebody is told."""
    row, now = _about(channel), clock.now()
    row.failing_since, row.trouble = row.failing_since or now, trouble[:60]
    if row.off_at is not None or now - row.failing_since < PATIENCE:
        return
    row.off_at = now
    fact = CardChannelOff(owner=channel.key.partition(":")[0], trouble=row.trouble)
    record(fact, actor=CLOCK, subject=owner_of(channel.key))


def gather_at(key: str, delivery_id: int, due: int, oldest: datetime) -> datetime | None:
    """When cards to one target go out as one: None for each by itself, a moment to come to wait until then.

    So many cards may go out one by one in a minute; when more come, everything of a minute is gathered. What waits for
    longer than that (the channel was down) goes out as one at once.

    Args:
        key: the target of the deliveries.
        delivery_id: the one at hand; a repeat has its place already.
        due: how many are due, this one included.
        oldest: since when the first of them waits.
    """
    row, now = _row(key), clock.now()
    if row.gather_until is not None and now < row.gather_until:
        return row.gather_until
    recent = [(i, at) for i, at in _read(row) if at > now - WINDOW and i != delivery_id]
    gathered = due > 1 and row.gather_until is not None and oldest <= row.gather_until
    if not gathered and due + len(recent) > settings(CardRules).at_once and oldest + WINDOW > now:
        row.gather_until = oldest + WINDOW
        return row.gather_until
    row.recent = [[i, at.isoformat()] for i, at in [*recent, (delivery_id, now)]]
    return now if gathered or due > settings(CardRules).at_once else None


def _read(row: CardChannel) -> list[tuple[int, datetime]]:
    return [(i, datetime.fromisoformat(at)) for i, at in row.recent]


def _about(channel: Channel) -> CardChannel:
    """The row of a channel, locked; what it says of another address is forgotten."""
    row, mark = _row(channel.key), mark_of(channel.address)
    if row.mark != mark:
        row.mark, row.failing_since, row.trouble = mark, None, ""
        row.off_at = row.accepted_at = None
    return row


def _row(key: str) -> CardChannel:
    """Locked; of two workers that make the first one at once both go on with one row."""
    found = db.session.get(CardChannel, key, with_for_update=True, populate_existing=True)
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            db.session.add(CardChannel(key=key, recent=[]))
    except IntegrityError:
        log.get(__name__).info("card_channel_made_twice", key=key)
    return db.session.get_one(CardChannel, key, with_for_update=True, populate_existing=True)
