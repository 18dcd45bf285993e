"""Everything the agents' page of one ticket shows, read with few statements; the requester's side has its own reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.accounts.models import Membership, Person, Team
from app.accounts.words import STAFF
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.language import language
from app.events.models import Delivery, Event
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.sla.queries import promise
from app.tickets import queries
from app.tickets.access import Need, ticket_for, visible_to
from app.tickets.faces import Face, faces
from app.tickets.models import (
    Attachment,
    Category,
    Comment,
    Draft,
    Participant,
    Presence,
    Rating,
    ReadMark,
    Tag,
    Ticket,
    TicketTag,
    Watcher,
)
from app.tickets.words import PresenceMode, Status, number_of

OTHERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Here:
    """A colleague who reads or writes at the ticket just now."""

    person_id: int
    mode: PresenceMode
    since: datetime


@dataclass(frozen=True, slots=True)
class Company:
    """Who else is around: participants beside the requester, watchers, colleagues who are here now."""

    participants: Sequence[int]
    watchers: Sequence[int]
    here: Sequence[Here]


@dataclass(frozen=True, slots=True)
class Written:
    """A draft of the viewer."""

    body: str
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Own:
    """What belongs to the viewer alone, and what the requester said in the end.

    ``drafts``: the note stands under True. ``read_up_to``: the last entry read, 0 for never. ``score``: 1 to 5,
    None while nobody rated.
    """

    drafts: Mapping[bool, Written]
    read_up_to: int
    score: int | None
    score_comment: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another ticket of the same requester."""

    id: int
    title: str
    status: Status

    @property
    def number(self) -> str:
        return number_of(self.id)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the properties of the ticket are and can be set to: pairs of id and name.

    ``all_teams`` and ``all_categories`` name also what can be chosen no longer, for the history.
    """

    teams: Sequence[tuple[int, str]]
    all_teams: Sequence[tuple[int, str]]
    categories: Sequence[tuple[int, str]]
    all_categories: Sequence[tuple[int, str]]
    members: Sequence[tuple[int, str]]
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page of a ticket."""

    ticket: Ticket
    entries: queries.Entries
    events: Sequence[Event]
    files: Mapping[int, Sequence[Attachment]]
    deliveries: Mapping[int, Sequence[Delivery]]
    company: Company
    own: Own
    clocks: Sequence[queries.ClockView]
    policy: str
    faces: Mapping[int, Face]
    choices: Choices
    others: Sequence[Other]
    may_assign: bool

    @property
    def team_name(self) -> str:
        return dict(self.choices.all_teams).get(self.ticket.team_id, "")

    @property
    def category_name(self) -> str:
        return dict(self.choices.all_categories).get(self.ticket.category_id or 0, "")


def sheet(actor: Actor, ticket_id: int, *, before: int | None = None) -> Sheet:
    """Read the page of a ticket.

    Args:
        before: show the entries older than this one.

    Raises:
        NotFound: missing, deleted or not visible.
    """
    ticket = ticket_for(actor, ticket_id)
    found = queries.entries(actor, ticket, before=before)
    events = _events_of(actor, ticket, found, before)
    company = _company(actor, ticket)
    held = promise(ticket.sla_policy_id)
    may_assign = _may_assign(actor, ticket)
    return Sheet(
        ticket=ticket,
        entries=found,
        events=events,
        files=queries.files(actor, ticket),
        deliveries=queries.deliveries(ticket),
        company=company,
        own=_own(actor, ticket),
        clocks=queries.clocks(ticket, itemised=False),
        policy=held.name if held else "",
        faces=faces(_everybody(ticket, found.comments, events, company)),
        choices=_choices(actor, ticket, with_members=may_assign),
        others=_others(actor, ticket),
        may_assign=may_assign,
    )


def _may_assign(actor: Actor, ticket: Ticket) -> bool:
    """Leaders and admins always; agents within their team where the setting allows (actions/assigning.py)."""
    if actor.can("tickets.assign"):
        return True
    return ticket.team_id in actor.team_ids and settings(TicketRules).agents_hand_on


def _events_of(actor: Actor, ticket: Ticket, found: queries.Entries, before: int | None) -> Sequence[Event]:
    """What happened beside the entries shown, so that older happenings come with older entries."""
    since = found.comments[0].created_at if found.older_before is not None else None
    until = found.comments[-1].created_at if before is not None and found.comments else None
    return queries.happenings(actor, ticket, since=since, until=until)


def _company(actor: Actor, ticket: Ticket) -> Company:
    parts = (
        (sa.literal("participant"), Participant.person_id, Participant.created_at, Participant),
        (sa.literal("watcher"), Watcher.person_id, Watcher.created_at, Watcher),
        (Presence.mode, Presence.person_id, Presence.since, Presence),
    )
    selects = [
        sa.select(
            sa.cast(kind, sa.String(12)).label("kind"), person.label("person_id"), at.label("at")
        ).where(table.ticket_id == ticket.id)
        for kind, person, at, table in parts
    ]
    selects[2] = selects[2].where(
        Presence.seen_at > clock.now() - queries.PRESENT_FOR, Presence.person_id != actor.person_id
    )
    rows = db.session.execute(sa.union_all(*selects).order_by("at")).all()
    modes = {mode.value for mode in PresenceMode}
    return Company(
        participants=[row.person_id for row in rows if row.kind == "participant"],
        watchers=[row.person_id for row in rows if row.kind == "watcher"],
        here=[Here(row.person_id, PresenceMode(row.kind), row.at) for row in rows if row.kind in modes],
    )


def _own(actor: Actor, ticket: Ticket) -> Own:
    mine = ReadMark.person_id == actor.person_id, ReadMark.ticket_id == Ticket.id
    rows = db.session.execute(
        sa.select(
            ReadMark.entry_id, Rating.score, Rating.comment, Draft.is_internal, Draft.body, Draft.saved_at
        )
        .select_from(Ticket)
        .outerjoin(ReadMark, sa.and_(*mine))
        .outerjoin(Rating, Rating.ticket_id == Ticket.id)
        .outerjoin(Draft, sa.and_(Draft.ticket_id == Ticket.id, Draft.person_id == actor.person_id))
        .where(Ticket.id == ticket.id)
    ).all()
    drafts = {row.is_internal: Written(row.body, row.saved_at) for row in rows if row.body is not None}
    first = rows[0]
    return Own(drafts, first.entry_id or 0, first.score, first.comment or "")


def _others(actor: Actor, ticket: Ticket) -> Sequence[Other]:
    """The requester's other tickets, as far as the viewer may see them, last changed first."""
    rows = db.session.execute(
        sa.select(Ticket.id, Ticket.title, Ticket.status)
        .where(Ticket.requester_id == ticket.requester_id, Ticket.id != ticket.id, visible_to(actor))
        .order_by(Ticket.updated_at.desc(), Ticket.id.desc())
        .limit(OTHERS_SHOWN)
    )
    return [Other(*row) for row in rows]


def _choices(actor: Actor, ticket: Ticket, *, with_members: bool) -> Choices:
    """Teams, categories, colleagues and tags, with one statement."""
    name = Category.name_en if language() == "en" else Category.name_de
    parts: list[sa.Select[tuple[str, int, str]]] = [
        sa.select(_kind("team", Team.is_active.is_(True)), Team.id.label("id"), Team.name.label("name")),
        sa.select(_kind("category", Category.is_active.is_(True)), Category.id, name),
        sa.select(sa.literal("tag"), Tag.id, Tag.name)
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == ticket.id),
    ]
    if with_members:
        parts.append(_members(ticket))
    found: dict[str, list[tuple[int, str]]] = {}
    for kind, number, text in db.session.execute(sa.union_all(*parts).order_by("name", "id")):
        found.setdefault(kind, []).append((number, text))
    hidden = actor.hidden_team_ids - {ticket.team_id}
    teams = [one for one in found.get("team", []) if one[0] not in hidden]
    former = [one for one in found.get("old team", []) if one[0] not in hidden]
    categories = found.get("category", [])
    return Choices(
        teams=teams,
        all_teams=teams + former,
        categories=categories,
        all_categories=categories + found.get("old category", []),
        members=found.get("member", []),
        tags=[text for _number, text in found.get("tag", [])],
    )


def _kind(word: str, is_active: sa.ColumnElement[bool]) -> sa.ColumnElement[str]:
    return sa.case((is_active, sa.literal(word)), else_=sa.literal(f"old {word}"))


def _members(ticket: Ticket) -> sa.Select[tuple[str, int, str]]:
    full = sa.func.trim(Person.first_name + " " + Person.last_name)
    name = sa.case((full != "", full), else_=Person.email)
    return (
        sa.select(sa.literal("member"), Person.id, name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.team_id == ticket.team_id, Person.is_active.is_(True), Person.role.in_(STAFF))
    )


def _everybody(
    ticket: Ticket, comments: Sequence[Comment], events: Sequence[Event], company: Company
) -> set[int | None]:
    """Everybody a line of the page names, also inside happenings."""
    named = {ticket.requester_id, ticket.assignee_id, ticket.created_by_id}
    named |= {comment.author_id for comment in comments} | {event.actor_id for event in events}
    named |= {comment.redacted_by_id for comment in comments}
    named |= {*company.participants, *company.watchers, *(one.person_id for one in company.here)}
    for event in events:
        keys = ("old_id", "new_id") if event.kind == "ticket.assigned" else ("person_id",)
        named |= {event.payload.get(key) for key in keys}
    return named


def is_deleted_for(actor: Actor, ticket_id: int) -> bool:
    """Whether the ticket was deleted and the viewer may bring it back (see actions/closing.py)."""
    if not actor.can(Need.DELETE.value):
        return False
    ticket = db.session.get(Ticket, ticket_id)
    return (
        ticket is not None and ticket.deleted_at is not None and ticket.team_id not in actor.hidden_team_ids
    )
