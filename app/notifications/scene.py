"""What is known about a batch of events: tickets, entries, teams, people. Each asked for once, and only when needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.accounts.models import Membership, Person, Team
from app.accounts.team_webhooks import read_kinds
from app.accounts.words import STAFF, CardKind, Role
from app.core import clock
from app.core.db import db
from app.core.environment import environment
from app.events.models import Event
from app.notifications.models import TurnedOff
from app.notifications.words import Topic, Way
from app.tickets.models import Comment, Participant, Ticket, Watcher
from app.tickets.words import PendingReason, Priority, Status, number_of


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may be told something."""

    id: int
    first_name: str
    last_name: str
    email: str
    role: Role
    is_active: bool
    language: str
    time_zone: str
    absent_from: date | None
    absent_until: date | None
    deputy_id: int | None
    verified_at: datetime | None

    @property
    def own_name(self) -> str:
        """Empty for people known by their address only."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def name(self) -> str:
        return self.own_name or self.email

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    def is_away(self, today: date) -> bool:
        """Whether the person is absent on this day."""
        if self.absent_from is None or self.absent_from > today:
            return False
        return self.absent_until is None or self.absent_until >= today


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket without its long texts."""

    id: int
    title: str
    requester_id: int
    assignee_id: int | None
    team_id: int
    category_id: int | None
    priority: Priority
    status: Status
    pending_reason: PendingReason | None
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    first_response_at: datetime | None
    deleted_at: datetime | None

    @property
    def number(self) -> str:
        return number_of(self.id)


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """An entry of a conversation without its text."""

    id: int
    ticket_id: int
    author_id: int | None
    author_name: str
    by_staff: bool
    is_internal: bool
    is_unverified: bool
    public_from: datetime | None
    taken_back_at: datetime | None
    redacted_at: datetime | None


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """A team and whether it has a webhook of its own."""

    id: int
    name: str
    is_confidential: bool
    auto_assign: bool
    has_webhook: bool
    card_kinds: frozenset[CardKind]


@dataclass(frozen=True, slots=True)
class Seat:
    """An active colleague in a team."""

    team_id: int
    person_id: int
    leads: bool


class Scene:
    """The surroundings of some events.

    Args:
        events: what happened.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self._ticket_ids = {event.ticket_id for event in events if event.ticket_id is not None}

    def ticket(self, event: Event) -> TicketFacts | None:
        return self._tickets.get(event.ticket_id or 0)

    def entry(self, event: Event) -> EntryFacts | None:
        return self._entries.get(event.payload.get("comment_id") or 0)

    def team(self, event: Event) -> TeamFacts | None:
        return self._teams.get(self._team_id(event))

    def seats(self, event: Event) -> list[Seat]:
        return self._seats.get(self._team_id(event), [])

    def _team_id(self, event: Event) -> int:
        """Of the ticket, or of what is about a team itself."""
        ticket = self.ticket(event)
        if ticket is not None:
            return ticket.team_id
        return event.subject_id if event.ticket_id is None and event.subject_kind == "team" else 0

    @cached_property
    def _team_ids(self) -> set[int]:
        return {team_id for event in self.events if (team_id := self._team_id(event))}

    def participants(self, event: Event) -> dict[int, int]:
        """Person id → the entry they joined after."""
        return self._participants.get(event.ticket_id or 0, {})

    def watchers(self, event: Event) -> list[int]:
        return self._watchers.get(event.ticket_id or 0, [])

    def cause(self, event: Event) -> Event | None:
        """The event that led to this one."""
        return self._causes.get(event.cause_id or 0)

    def was_opened_by_machine(self, event: Event) -> bool:
        return (event.ticket_id or 0) in self._opened_by_machine

    @cached_property
    def _causes(self) -> dict[int, Event]:
        known = {event.id: event for event in self.events}
        missing = {event.cause_id for event in self.events if event.cause_id} - set(known)
        if missing:
            known |= {
                one.id: one for one in db.session.scalars(sa.select(Event).where(Event.id.in_(missing)))
            }
        return known

    @cached_property
    def today(self) -> date:
        """The day absences are compared with."""
        return clock.now().astimezone(ZoneInfo(environment().default_time_zone)).date()

    @cached_property
    def admins(self) -> list[int]:
        query = sa.select(Person.id).where(Person.role == Role.ADMIN, Person.is_active.is_(True))
        return list(db.session.scalars(query.order_by(Person.id)))

    @cached_property
    def _tickets(self) -> dict[int, TicketFacts]:
        if not self._ticket_ids:
            return {}
        columns = [getattr(Ticket, name) for name in TicketFacts.__dataclass_fields__]
        rows = db.session.execute(sa.select(*columns).where(Ticket.id.in_(self._ticket_ids)))
        return {row[0]: TicketFacts(*row) for row in rows}

    @cached_property
    def _entries(self) -> dict[int, EntryFacts]:
        ids = {event.payload["comment_id"] for event in self.events if event.payload.get("comment_id")}
        if not ids:
            return {}
        columns = [getattr(Comment, name) for name in EntryFacts.__dataclass_fields__]
        rows = db.session.execute(sa.select(*columns).where(Comment.id.in_(ids)))
        return {row[0]: EntryFacts(*row) for row in rows}

    @cached_property
    def _teams(self) -> dict[int, TeamFacts]:
        ids = self._team_ids
        if not ids:
            return {}
        has_webhook = Team.teams_webhook != ""
        columns = (Team.id, Team.name, Team.is_confidential, Team.auto_assign, has_webhook, Team.card_kinds)
        rows = db.session.execute(sa.select(*columns).where(Team.id.in_(ids)))
        return {
            row[0]: TeamFacts(row[0], row[1], row[2], row[3], bool(row[4]), read_kinds(row[5]))
            for row in rows
        }

    @cached_property
    def _seats(self) -> dict[int, list[Seat]]:
        ids = self._team_ids
        if not ids:
            return {}
        rows = db.session.execute(
            sa.select(Membership.team_id, Membership.person_id, Membership.leads)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.team_id.in_(ids), Person.is_active.is_(True), Person.role.in_(STAFF))
            .order_by(Membership.person_id)
        )
        found: dict[int, list[Seat]] = {}
        for row in rows:
            found.setdefault(row[0], []).append(Seat(*row))
        return found

    @cached_property
    def _participants(self) -> dict[int, dict[int, int]]:
        found: dict[int, dict[int, int]] = {}
        if self._ticket_ids:
            rows = db.session.execute(
                sa.select(Participant.ticket_id, Participant.person_id, Participant.since_entry_id)
                .where(Participant.ticket_id.in_(self._ticket_ids))
                .order_by(Participant.id)
            )
            for ticket_id, person_id, since in rows:
                found.setdefault(ticket_id, {})[person_id] = since
        return found

    @cached_property
    def _watchers(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        if self._ticket_ids:
            rows = db.session.execute(
                sa.select(Watcher.ticket_id, Watcher.person_id)
                .where(Watcher.ticket_id.in_(self._ticket_ids))
                .order_by(Watcher.person_id)
            )
            for ticket_id, person_id in rows:
                found.setdefault(ticket_id, []).append(person_id)
        return found

    @cached_property
    def _opened_by_machine(self) -> set[int]:
        """Tickets a machine's mail made: nothing is sent to machines by itself (abuse case A10)."""
        rows = db.session.scalars(
            sa.select(Event).where(Event.ticket_id.in_(self._ticket_ids), Event.kind == "ticket.opened")
        )
        return {event.ticket_id for event in rows if event.ticket_id and event.payload.get("by_machine")}


_READER = [getattr(Person, name) for name in Reader.__dataclass_fields__]


def readers(ids: Iterable[int]) -> dict[int, Reader]:
    """People and those who stand in for them, with one statement."""
    wanted = set(ids)
    if not wanted:
        return {}
    deputies = sa.select(Person.deputy_id).where(Person.id.in_(wanted), Person.deputy_id.is_not(None))
    rows = db.session.execute(
        sa.select(*_READER).where(sa.or_(Person.id.in_(wanted), Person.id.in_(deputies)))
    )
    return {row[0]: Reader(*row) for row in rows}


def turned_off(person_ids: Iterable[int], way: Way) -> set[tuple[int, Topic]]:
    """What these people do not want to hear of in this way."""
    rows = db.session.execute(
        sa.select(TurnedOff.person_id, TurnedOff.topic).where(
            TurnedOff.person_id.in_(set(person_ids)), TurnedOff.way == way
        )
    )
    return {(person_id, topic) for person_id, topic in rows}
