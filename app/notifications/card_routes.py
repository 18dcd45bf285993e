"""Where cards go: a team's own channel in Teams or that of the house, and people's own; addresses stay secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.accounts.team_webhooks import sealed_of_people, sealed_of_teams
from app.core import crypto
from app.core.outcome import Undeliverable
from app.events.consumers import Target
from app.notifications import card_channels
from app.notifications.card_channels import HOUSE, Channel
from app.notifications.scene import TeamFacts

# What targets of deliveries begin with.
TEAM, PERSON, DAILY = "team", "person", "daily"
UNREADABLE = "webhook_unreadable"


class Routes:
    """The ways to channels.

    Args:
        house: where cards of teams without a channel of their own go, empty for nowhere.
    """

    def __init__(self, house: str) -> None:
        self._house = house

    @property
    def has_house(self) -> bool:
        """Whether there is a channel for teams without their own."""
        return bool(self._house)

    def has_way(self, team: TeamFacts) -> bool:
        """Tickets of a confidential team never go to the channel of the whole house."""
        return team.has_webhook or bool(self._house and not team.is_confidential)

    def channel_of(self, target: str, *, readable: bool = True) -> Channel | None:
        """The channel behind a delivery's target, None when there is none any more.

        Args:
            readable: an address no key of ours opens is an error; otherwise it is an empty one.

        Raises:
            Undeliverable: ``webhook_unreadable``.
        """
        channel = self.channels_of([target]).get(target)
        if channel is not None and not channel.address and readable:
            raise Undeliverable(UNREADABLE)
        return channel

    def channels_of(self, targets: Iterable[str]) -> dict[str, Channel]:
        """Target → channel; the address is empty where no key of ours opens it."""
        ids: dict[str, set[int]] = {TEAM: set(), PERSON: set()}
        parted = {target: _parted(target) for target in targets}
        for kind, number in parted.values():
            ids[kind].add(number)
        sealed = {
            TEAM: sealed_of_teams(ids[TEAM]) if ids[TEAM] else {},
            PERSON: sealed_of_people(ids[PERSON]) if ids[PERSON] else {},
        }
        found = {}
        for target, (kind, number) in parted.items():
            if number in sealed[kind]:
                found[target] = Channel(f"{kind}:{number}", _opened(sealed[kind][number]))
            elif kind == TEAM and self._house:
                found[target] = Channel(HOUSE, self._house)
        return found

    def without_off(self, found: Mapping[int, Sequence[Target]]) -> dict[int, list[Target]]:
        """The targets of events, but for those whose channel is switched off."""
        channels = self.channels_of({target.key for targets in found.values() for target in targets})
        off = card_channels.off(channels.values())
        return {
            event_id: [one for one in targets if one.key in channels and channels[one.key].key not in off]
            for event_id, targets in found.items()
        }


def _parted(target: str) -> tuple[str, int]:
    kind, _colon, number = target.partition(":")
    return (TEAM if kind == DAILY else kind), int(number)


def _opened(sealed: str) -> str:
    try:
        return crypto.decrypt(sealed)
    except ValueError:
        return ""
