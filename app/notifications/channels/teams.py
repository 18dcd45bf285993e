"""Microsoft Teams: one card to the channel of the ticket's team, with public fields only (abuse case A69)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from app.accounts.models import Team
from app.core import crypto
from app.core.db import db
from app.core.environment import environment
from app.core.language import _, pgettext, speaking
from app.core.outcome import RetryLater, Undeliverable
from app.events import deliveries
from app.events.consumers import Target
from app.events.models import Delivery, Event
from app.events.settling import UNKNOWN
from app.integrations.cards import Button, Card, card
from app.integrations.guard import HttpGuard
from app.integrations.teams import post_card
from app.notifications import places
from app.notifications.audience import cards, kinds, leaders, recipients
from app.notifications.breaker import Breaker
from app.notifications.dated import DatedFormats
from app.notifications.letters import next_due
from app.notifications.scene import Scene, TeamFacts, TicketFacts, readers
from app.notifications.texts import clock_name, priority_name
from app.notifications.words import Side, Way

# After these the card may stand in the channel although nobody said so.
MAY_HAVE_ARRIVED = frozenset({"timeout", "connection_failed"})


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
    patience = timedelta(days=3)

    def __init__(self, webhook: str, guard: HttpGuard) -> None:
        self._webhook = webhook
        self._guard = guard
        self._breaker = Breaker()

    def wants(self, kind: str) -> bool:
        return kind in kinds(Way.TEAMS)

    def targets(self, event: Event) -> Iterable[Target]:
        return self.targets_of([event]).get(event.id, ())

    def targets_of(self, events: Sequence[Event]) -> Mapping[int, Iterable[Target]]:
        found = cards(Scene(events))
        return {
            event_id: [Target(f"team:{team.id}")]
            for event_id, (team, _topic) in found.items()
            if self._has_channel(team)
        }

    def prepare(self, event: Event, delivery: Delivery) -> Post | None:
        """Look again whether the team is still to be told, and make the card."""
        scene = Scene([event])
        found = cards(scene).get(event.id)
        ticket = scene.ticket(event)
        if found is None or ticket is None or delivery.target != f"team:{found[0].id}":
            return None
        webhook = self._webhook_of(found[0])
        return Post(make_card(event, scene, ticket), webhook) if webhook else None

    def speak(self, message: Post) -> str:
        """Post the card.

        Raises:
            RetryLater, Undeliverable: see ``teams.post_card``.
        """
        self._breaker.check(message.webhook)
        try:
            post_card(message.webhook, message.card, self._guard)
        except RetryLater as later:
            self._breaker.trip(message.webhook, later)
            if later.reason in MAY_HAVE_ARRIVED:
                raise RetryLater(later.at, UNKNOWN) from later
            raise
        return "accepted"

    def failed(self, event: Event, delivery: Delivery) -> None:
        """The channel did not take it: the team's leaders get a mail instead."""
        scene = Scene([event])
        told = {one.reader.id for one in recipients(scene, Way.EMAIL).get(event.id, ())}
        others = [i for i in leaders(event, scene) if i not in told]
        deliveries.also_tell(event, "email", [Target(f"instead:{i}") for i in others])

    def _has_channel(self, team: TeamFacts) -> bool:
        """Tickets of a confidential team never go to the channel of the whole house."""
        return team.has_webhook or bool(self._webhook and not team.is_confidential)

    def _webhook_of(self, team: TeamFacts) -> str:
        if not team.has_webhook:
            return "" if team.is_confidential else self._webhook
        stored = db.session.get_one(Team, team.id).teams_webhook
        try:
            return crypto.decrypt(stored)
        except ValueError as error:
            raise Undeliverable("webhook_unreadable") from error


def make_card(event: Event, scene: Scene, ticket: TicketFacts) -> Card:
    """The card of an event, in the language of the house."""
    house = environment()
    people = readers({ticket.requester_id, *([ticket.assignee_id] if ticket.assignee_id else [])})
    assignee, team, due = people.get(ticket.assignee_id or 0), scene.team(event), next_due(ticket)
    with speaking(house.default_locale):
        formats = DatedFormats(house.default_time_zone)
        facts = [
            (pgettext("mail", "Ticket"), ticket.number),
            (pgettext("mail", "Subject"), ticket.title),
            (pgettext("mail", "Requester"), people[ticket.requester_id].name),
            (pgettext("mail", "Priority"), priority_name(ticket.priority)),
            (pgettext("mail", "Team"), team.name if team else ""),
            (pgettext("mail", "Assignee"), assignee.name if assignee else pgettext("mail", "nobody")),
            (pgettext("mail", "Due"), formats.moment(due) if due else ""),
        ]
        url = places.ticket(ticket.number, Side.STAFF)
        return card(
            f"{_title(event)}: {ticket.number}",
            [(name, value) for name, value in facts if value],
            buttons=[Button(_("Open ticket"), url)],
            language=house.default_locale,
        )


def _title(event: Event) -> str:
    payload = event.payload
    if event.kind == "ticket.opened":
        return _("New critical ticket")
    if event.kind == "ticket.assigned":
        return _("Ticket assigned")
    if event.kind == "ticket.escalated":
        return _(
            "Escalated from level %(old)s to level %(new)s",
            old=payload["from_level"],
            new=payload["to_level"],
        )
    if event.kind == "ticket.nobody_free":
        return _("Nobody fits, the ticket waits")
    clock = clock_name(payload["clock"])
    if event.kind == "ticket.deadline_breached":
        return _("Deadline missed (%(clock)s)", clock=clock)
    return _("Deadline comes close (%(clock)s)", clock=clock)
