"""Channels in Teams as pages show them, and trying one: what went wrong and what to do, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.language import language
from app.core.outcome import RetryLater, Undeliverable
from app.events.consumers import consumer
from app.integrations.teams import mask
from app.notifications import card_channels
from app.notifications.card_channels import HOUSE, Standing
from app.notifications.card_troubles import mend_of
from app.notifications.channels.teams import Teams
from app.notifications.reasons import reason


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel without its secret. ``is_house``: the one for teams without their own."""

    key: str
    shown: str
    is_house: bool
    standing: Standing
    wrong: str
    mend: str


@dataclass(frozen=True, slots=True)
class CardTrial:
    """How a trial ended; ``raw`` are the other side's own words."""

    is_fine: bool
    wrong: str = ""
    mend: str = ""
    raw: str = ""


def view_of(target: str) -> ChannelView | None:
    """The channel behind a target such as ``team:5``, None without one."""
    teams = _teams()
    channel = teams.routes.channel_of(target, readable=False)
    if channel is None:
        return None
    standing = card_channels.standing(channel)
    trouble = standing.trouble or ("" if channel.address else "webhook_unreadable")
    wrong = reason(trouble)[0] if trouble else ""
    shown = mask(channel.address) if channel.address else "…"
    return ChannelView(channel.key, shown, channel.key == HOUSE, standing, wrong, mend_of(trouble))


def try_out(target: str) -> CardTrial:
    """Post a card that says it is only a trial.

    Raises:
        UnitError: a unit of work is open.
    """
    try:
        _teams().send_trial(target, language())
    except (RetryLater, Undeliverable) as refused:
        raw = str(getattr(refused, "detail", ""))
        return CardTrial(False, reason(refused.reason)[0], mend_of(refused.reason), raw)
    return CardTrial(True)


def _teams() -> Teams:
    known = consumer(Teams.name)
    if not isinstance(known, Teams):
        raise LookupError("the wiring registered no consumer for Teams")
    return known
