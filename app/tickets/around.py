"""What stands around a ticket: people, drafts, choices; each with one statement that is built once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.accounts.models import Membership, Person, Team
from app.accounts.words import STAFF
from app.core import clock
from app.core.actor import Actor
from app.core.db import UTCDateTime, db
from app.core.language import language
from app.tickets.models import (
    Category,
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
from app.tickets.queries import PRESENT_FOR
from app.tickets.words import PresenceMode

_TICKET: sa.BindParameter[int] = sa.bindparam("ticket", type_=sa.BigInteger)
_TEAM: sa.BindParameter[int] = sa.bindparam("team", type_=sa.BigInteger)
_ME: sa.BindParameter[int] = sa.bindparam("me", type_=sa.BigInteger)
_MODES = {mode.value for mode in PresenceMode}


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
    """A draft of the viewer, and the files that belong to it because it was a scheduled reply before."""

    body: str
    saved_at: datetime
    attachment_ids: Sequence[int] = ()


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


def _person_at(kind: Any, person: Any, at: Any) -> sa.Select[Any]:
    return sa.select(sa.cast(kind, sa.String(12)).label("kind"), person.label("person_id"), at.label("at"))


_COMPANY = sa.union_all(
    _person_at(sa.literal("participant"), Participant.person_id, Participant.created_at).where(
        Participant.ticket_id == _TICKET
    ),
    _person_at(sa.literal("watcher"), Watcher.person_id, Watcher.created_at).where(
        Watcher.ticket_id == _TICKET
    ),
    _person_at(Presence.mode, Presence.person_id, Presence.since).where(
        Presence.ticket_id == _TICKET,
        Presence.person_id != _ME,
        Presence.seen_at > sa.bindparam("since", type_=UTCDateTime()),
    ),
).order_by("at", "person_id")


def company(actor: Actor, ticket: Ticket) -> Company:
    """Who else is around a ticket."""
    params = {"ticket": ticket.id, "me": actor.person_id, "since": clock.now() - PRESENT_FOR}
    rows = db.session.execute(_COMPANY, params).all()
    return Company(
        participants=[row.person_id for row in rows if row.kind == "participant"],
        watchers=[row.person_id for row in rows if row.kind == "watcher"],
        here=[Here(row.person_id, PresenceMode(row.kind), row.at) for row in rows if row.kind in _MODES],
    )


_OWN = (
    sa.select(
        ReadMark.entry_id,
        Rating.score,
        Rating.comment,
        Draft.is_internal,
        Draft.body,
        Draft.saved_at,
        Draft.attachment_ids,
    )
    .select_from(Ticket)
    .outerjoin(ReadMark, sa.and_(ReadMark.ticket_id == Ticket.id, ReadMark.person_id == _ME))
    .outerjoin(Rating, Rating.ticket_id == Ticket.id)
    .outerjoin(Draft, sa.and_(Draft.ticket_id == Ticket.id, Draft.person_id == _ME))
    .where(Ticket.id == _TICKET)
)


def own(actor: Actor, ticket: Ticket) -> Own:
    """The viewer's drafts and place in a ticket, and its rating."""
    rows = db.session.execute(_OWN, {"ticket": ticket.id, "me": actor.person_id}).all()
    drafts = {
        row.is_internal: Written(row.body, row.saved_at, row.attachment_ids or ())
        for row in rows
        if row.body is not None
    }
    first = rows[0]
    return Own(drafts, first.entry_id or 0, first.score, first.comment or "")


def _kind(word: str, is_active: sa.ColumnElement[bool]) -> sa.ColumnElement[str]:
    return sa.case((is_active, sa.literal(word)), else_=sa.literal(f"old {word}")).label("kind")


def _choices_of(category_name: Any, *, with_members: bool) -> Any:
    parts: list[sa.Select[Any]] = [
        sa.select(_kind("team", Team.is_active.is_(True)), Team.id.label("id"), Team.name.label("name")),
        sa.select(_kind("category", Category.is_active.is_(True)), Category.id, category_name),
        sa.select(sa.literal("tag"), Tag.id, Tag.name)
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == _TICKET),
    ]
    if with_members:
        full = sa.func.trim(Person.first_name + " " + Person.last_name)
        parts.append(
            sa.select(sa.literal("member"), Person.id, sa.case((full != "", full), else_=Person.email))
            .join(Membership, Membership.person_id == Person.id)
            .where(Membership.team_id == _TEAM, Person.is_active.is_(True), Person.role.in_(STAFF))
        )
    return sa.union_all(*parts)


_CHOICES = {
    (code, with_members): _choices_of(name, with_members=with_members)
    for code, name in (("de", Category.name_de), ("en", Category.name_en))
    for with_members in (False, True)
}


def choices(actor: Actor, ticket: Ticket, *, with_members: bool) -> Choices:
    """Teams, categories and tags, and the colleagues of the ticket's team."""
    params: dict[str, Any] = {"ticket": ticket.id} | ({"team": ticket.team_id} if with_members else {})
    found: dict[str, list[tuple[int, str]]] = {}
    rows = db.session.execute(_CHOICES[language(), with_members], params).all()
    for kind, number, text in sorted(rows, key=lambda row: row[2].casefold()):
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
