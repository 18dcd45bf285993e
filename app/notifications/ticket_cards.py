"""Cards about tickets, for the channel of a team and for somebody's own: public fields only (abuse case A69)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.environment import environment
from app.core.language import _, ngettext, pgettext, speaking
from app.events.models import Event
from app.integrations.cards import Button, Card, Row, card
from app.notifications import places
from app.notifications.dated import DatedFormats
from app.notifications.letters import next_due
from app.notifications.scene import Reader, Scene, TicketFacts, readers
from app.notifications.texts import clock_name, priority_name
from app.notifications.words import Side
from app.tickets.deadlines import NEVER
from app.tickets.words import ACTIVE, Priority

MOST_LISTED = 10
# The most urgent first; what is not named here comes last.
RANKS = (
    "ticket.deadline_breached",
    "ticket.escalated",
    "ticket.opened",
    "ticket.nobody_free",
    "ticket.deadline_warned",
    "ticket.reply_added",
)


@dataclass(frozen=True, slots=True)
class Voice:
    """In which language and time zone a card speaks; ``reader`` is None for the channel of a team."""

    language: str
    time_zone: str
    reader: Reader | None = None

    @property
    def formats(self) -> DatedFormats:
        return DatedFormats(self.time_zone)


def voice_of(reader: Reader | None = None) -> Voice:
    """That of a person, or of the house."""
    house = environment()
    if reader is None:
        return Voice(house.default_locale, house.default_time_zone)
    return Voice(reader.language, reader.time_zone, reader)


def make_card(event: Event, scene: Scene, ticket: TicketFacts, voice: Voice | None = None) -> Card:
    """The card of one event."""
    voice = voice or voice_of()
    with speaking(voice.language):
        return card(
            f"{_headline(event, voice)}: {ticket.number}",
            _facts(event, scene, ticket, voice),
            buttons=_buttons(ticket),
            language=voice.language,
        )


def make_list(events: Sequence[Event], scene: Scene, voice: Voice | None = None) -> Card:
    """One card for many events: how many of which kind, and the most urgent tickets with links (fault F35)."""
    voice = voice or voice_of()
    with speaking(voice.language):
        urgent = _by_urgency(events, scene)
        left = len(urgent) - MOST_LISTED
        more = ngettext("and %(num)s further ticket", "and %(num)s further tickets", left) if left > 0 else ""
        kinds = Counter(_headline(event, voice) for event in events)
        return card(
            ngettext("%(num)s message about tickets", "%(num)s messages about tickets", len(events)),
            [(name, str(count)) for name, count in kinds.most_common(MOST_LISTED)],
            more,
            [Button(_("Open the list of tickets"), places.queue())],
            rows=[_row(event, ticket, scene, voice) for event, ticket in urgent[:MOST_LISTED]],
            language=voice.language,
        )


def _facts(event: Event, scene: Scene, ticket: TicketFacts, voice: Voice) -> list[tuple[str, str]]:
    number = (pgettext("mail", "Ticket"), ticket.number)
    if _is_secret(event, scene, voice):
        return [number]
    people = readers({ticket.requester_id, *([ticket.assignee_id] if ticket.assignee_id else [])})
    assignee, team, due = people.get(ticket.assignee_id or 0), scene.team(event), next_due(ticket)
    facts = [
        number,
        (pgettext("mail", "Subject"), ticket.title),
        (pgettext("mail", "Requester"), people[ticket.requester_id].name),
        (pgettext("mail", "Priority"), priority_name(ticket.priority)),
        (pgettext("mail", "Team"), team.name if team else ""),
        (pgettext("mail", "Assignee"), assignee.name if assignee else pgettext("mail", "nobody")),
        (pgettext("mail", "Due"), voice.formats.moment(due) if due else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _is_secret(event: Event, scene: Scene, voice: Voice) -> bool:
    """Nobody knows who else reads a person's own channel, so of a confidential team it learns numbers only."""
    team = scene.team(event)
    return voice.reader is not None and (team is None or team.is_confidential)


def _buttons(ticket: TicketFacts) -> list[Button]:
    """Both lead to pages of ours that ask to sign in; none of them acts by being opened."""
    buttons = [Button(_("Open ticket"), places.ticket(ticket.number, Side.STAFF))]
    if ticket.assignee_id is None and ticket.status in ACTIVE:
        buttons.append(Button(_("Take it"), places.take(ticket.number)))
    return buttons


def _by_urgency(events: Sequence[Event], scene: Scene) -> list[tuple[Event, TicketFacts]]:
    """Each ticket with its most urgent event; the most urgent tickets first."""
    priorities = list(Priority)

    def rank(event: Event) -> int:
        return RANKS.index(event.kind) if event.kind in RANKS else len(RANKS)

    found: dict[int, tuple[Event, TicketFacts]] = {}
    for event in sorted(events, key=lambda event: (rank(event), event.id)):
        ticket = scene.ticket(event)
        if ticket is not None:
            found.setdefault(ticket.id, (event, ticket))
    return sorted(
        found.values(),
        key=lambda one: (
            priorities.index(one[1].priority),
            rank(one[0]),
            next_due(one[1]) or NEVER,
            one[0].id,
        ),
    )


def _row(event: Event, ticket: TicketFacts, scene: Scene, voice: Voice) -> Row:
    said = [_headline(event, voice)]
    if not _is_secret(event, scene, voice):
        due = next_due(ticket)
        said = [ticket.title, priority_name(ticket.priority), *said]
        said += [pgettext("card", "due %(at)s", at=voice.formats.moment(due))] if due else []
    return Row(ticket.number, places.ticket(ticket.number, Side.STAFF), " · ".join(said))


def _headline(event: Event, voice: Voice) -> str:
    """What happened, in a few words."""
    payload = event.payload
    if event.kind == "ticket.opened":
        return _("New critical ticket")
    if event.kind == "ticket.reply_added":
        return _("The requester answered")
    if event.kind == "ticket.assigned":
        mine = voice.reader is not None and payload["new_id"] == voice.reader.id
        return _("Assigned to you") if mine else _("Ticket assigned")
    if event.kind == "ticket.escalated":
        old, new = payload["from_level"], payload["to_level"]
        return _("Escalated from level %(old)s to level %(new)s", old=old, new=new)
    if event.kind == "ticket.nobody_free":
        return _("Nobody fits, the ticket waits")
    clock = clock_name(payload["clock"])
    if event.kind == "ticket.deadline_breached":
        return _("Deadline missed (%(clock)s)", clock=clock)
    return _("Deadline comes close (%(clock)s)", clock=clock)
