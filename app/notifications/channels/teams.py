"""Microsoft Teams: cards to the channel of a ticket's team and to people's own, one by one or as one (A69, F35)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.accounts.team_webhooks import sealed_of_people
from app.core import clock
from app.core.breaker import Breaker
from app.core.outcome import RetryLater, Undeliverable
from app.events import deliveries
from app.events.consumers import Target
from app.events.models import Delivery, Event
from app.events.settling import PAUSES, UNKNOWN
from app.events.words import DeliveryState
from app.integrations.cards import Card
from app.integrations.guard import HttpGuard
from app.integrations.teams import post_card
from app.notifications import card_channels, house_cards, ticket_cards
from app.notifications.audience import Recipient, cards, kinds, leaders, recipients
from app.notifications.card_routes import DAILY, PERSON, TEAM, Routes
from app.notifications.events import DayOfTeam
from app.notifications.reasons import REASONS
from app.notifications.scene import Reader, Scene, TeamFacts
from app.notifications.words import Way
from app.tickets.daily import morning_of

# After these the card may stand in the channel although nobody said so.
MAY_HAVE_ARRIVED = frozenset({"timeout", "connection_failed"})
# What says nothing about the channel.
OUR_OWN_FAULT = frozenset({"too_large", "the worker died three times on this delivery"})
SWITCHED_OFF = "channel_off"
DAY_IS_OVER = timedelta(hours=18)


@dataclass(frozen=True, slots=True)
class Post:
    """A card on its way to a webhook."""

    card: Card
    webhook: str = field(repr=False)


class Teams:
    """Outside consumer.

    Args:
        webhook: where cards of teams without a webhook of their own go, empty for nowhere.
        guard: which hosts a webhook may name.
    """

    name = "teams"
    patience = card_channels.PATIENCE
    most = 1000

    def __init__(self, webhook: str, guard: HttpGuard) -> None:
        self._guard = guard
        self._breaker = Breaker(PAUSES)
        self.routes = Routes(webhook)

    def wants(self, kind: str) -> bool:
        return kind in kinds(Way.TEAMS)

    def targets(self, event: Event) -> Iterable[Target]:
        return self.targets_of([event]).get(event.id, ())

    def targets_of(self, events: Sequence[Event]) -> Mapping[int, Iterable[Target]]:
        scene, happened = Scene(events), {event.id: event.kind for event in events}
        found: dict[int, list[Target]] = {}
        for event_id, (team, _topic) in cards(scene).items():
            kind = DAILY if happened[event_id] == DayOfTeam.kind else TEAM
            if self.routes.has_way(team):
                found.setdefault(event_id, []).append(Target(f"{kind}:{team.id}"))
        for event_id, people in self._people(scene).items():
            found.setdefault(event_id, []).extend(Target(f"{PERSON}:{one.reader.id}") for one in people)
        return self.routes.without_off(found)

    def _people(self, scene: Scene) -> dict[int, list[Recipient]]:
        """Who is told of which event in a channel of their own."""
        having = sealed_of_people()
        if not having:
            return {}
        told = recipients(scene, Way.TEAMS)
        return {i: [one for one in people if one.reader.id in having] for i, people in told.items()}

    def gather_at(self, delivery: Delivery, due: int, oldest: datetime) -> datetime | None:
        if delivery.target.startswith(DAILY):
            return None
        return card_channels.gather_at(delivery.target, delivery.id, due, oldest)

    def prepare(self, event: Event, delivery: Delivery) -> Post | None:
        """Look again whether the receiver is still to be told, and make the card."""
        return self.prepare_many([event], [delivery])[0]

    def prepare_many(
        self, events: Sequence[Event], together: Sequence[Delivery]
    ) -> tuple[Post | None, Sequence[Delivery]]:
        """One card for all deliveries of a target that still have something to say."""
        channel = self.routes.channel_of(together[0].target)
        if channel is None or card_channels.off([channel]):
            for delivery in together:
                delivery.error = SWITCHED_OFF if channel else ""
            return None, ()
        scene = Scene(events)
        told = self._still_told(scene, together[0].target)
        pairs = [(e, d) for e, d in zip(events, together, strict=True) if e.id in told]
        if not pairs:
            return None, ()
        made = _card_of([event for event, _delivery in pairs], scene, told[pairs[0][0].id])
        return (Post(made, channel.address) if made else None), [delivery for _event, delivery in pairs]

    def _still_told(self, scene: Scene, target: str) -> dict[int, Reader | TeamFacts]:
        """Event id → who is told by this target, of those events it is still to be told of."""
        kind, _colon, number = target.partition(":")
        if kind == PERSON:
            told = recipients(scene, Way.TEAMS).items()
            return {i: one.reader for i, people in told for one in people if str(one.reader.id) == number}
        teams = {i: team for i, (team, _topic) in cards(scene).items() if str(team.id) == number}
        return {i: team for i, team in teams.items() if self.routes.has_way(team)}

    def speak(self, message: Post) -> str:
        """Post the card.

        Raises:
            RetryLater, Undeliverable: see ``teams.post_card``.
        """
        self._breaker.check(message.webhook)
        try:
            post_card(message.webhook, message.card, self._guard)
        except RetryLater as later:
            until = self._breaker.trip(message.webhook, later)
            reason = UNKNOWN if later.reason in MAY_HAVE_ARRIVED else str(later)
            raise RetryLater(until, reason) from later
        self._breaker.worked(message.webhook)
        return "accepted"

    def send_trial(self, target: str, language: str) -> None:
        """Post a card that says it is only a trial, whatever happened there before.

        Raises:
            RetryLater, Undeliverable: see ``teams.post_card``; ``no_channel`` where there is no address.
        """
        channel = self.routes.channel_of(target)
        if channel is None:
            raise Undeliverable("no_channel")
        post_card(channel.address, house_cards.make_trial(language), self._guard)

    def failed(self, event: Event, delivery: Delivery) -> None:
        """The channel of a team did not take it: its leaders get a mail instead."""
        if not delivery.target.startswith(TEAM):
            return
        scene = Scene([event])
        told = {one.reader.id for one in recipients(scene, Way.EMAIL).get(event.id, ())}
        others = [i for i in leaders(event, scene) if i not in told]
        deliveries.also_tell(event, "email", [Target(f"instead:{i}") for i in others])

    def ended(self, together: Sequence[Delivery]) -> None:
        """Keep in mind whether the channel took the card."""
        first = together[0]
        channel = self.routes.channel_of(first.target, readable=False)
        trouble = first.error.partition(":")[0]
        if channel is None:
            return
        if first.state is DeliveryState.SENT:
            card_channels.worked(channel)
        elif trouble in REASONS and trouble not in OUR_OWN_FAULT:
            # Whether it arrived nobody knows; of the channel it says that it did not answer.
            card_channels.failed(channel, "timeout" if trouble == UNKNOWN else trouble)


def _card_of(events: list[Event], scene: Scene, receiver: Reader | TeamFacts) -> Card | None:
    first, voice = events[0], ticket_cards.voice_of(receiver if isinstance(receiver, Reader) else None)
    if len(events) > 1:
        return ticket_cards.make_list(events, scene, voice)
    if first.kind == DayOfTeam.kind and isinstance(receiver, TeamFacts):
        is_over = clock.now() - first.at > DAY_IS_OVER
        return None if is_over else house_cards.make_morning(receiver, morning_of(receiver.id))
    ticket = scene.ticket(first)
    return None if ticket is None else ticket_cards.make_card(first, scene, ticket, voice)
