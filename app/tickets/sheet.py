"""Everything the agents' page of one ticket shows, read with few statements; the requester's side has its own reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from app.core.actor import Actor
from app.core.db import db
from app.events.models import Event
from app.settings.queries import get as settings
from app.settings.schemas import TicketRules
from app.sla.queries import promise
from app.tickets import around, queries, unsent
from app.tickets.access import SIGHTS, Need, Sight, sight_of, ticket_for, visible_in
from app.tickets.around import Choices, Company, Own
from app.tickets.clocks import ClockView
from app.tickets.clocks import clocks as clock_views
from app.tickets.faces import Face, faces
from app.tickets.models import Attachment, Comment, Ticket
from app.tickets.words import Status, number_of

OTHERS_SHOWN = 5


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
class Sheet:
    """The page of a ticket."""

    ticket: Ticket
    entries: queries.Entries
    events: Sequence[Event]
    files: Mapping[int, Sequence[Attachment]]
    deliveries: Mapping[int, Sequence[queries.Sending]]
    company: Company
    own: Own
    clocks: Sequence[ClockView]
    policy: str
    faces: Mapping[int, Face]
    choices: Choices
    others: Sequence[Other]
    may_assign: bool
    unsent: Sequence[unsent.Unsent]
    unsent_files: Mapping[int, Attachment]

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
    company, own = around.company(actor, ticket), around.own(actor, ticket)
    later = unsent.replies(actor, ticket)
    held = promise(ticket.sla_policy_id)
    may_assign = _may_assign(actor, ticket)
    return Sheet(
        ticket=ticket,
        entries=found,
        events=events,
        files=queries.files(actor, ticket),
        deliveries=queries.deliveries(ticket),
        company=company,
        own=own,
        clocks=clock_views(ticket, itemised=False),
        policy=held.name if held else "",
        faces=faces(_everybody(ticket, found.comments, events, company) | {one.author_id for one in later}),
        choices=around.choices(actor, ticket, with_members=may_assign),
        others=_others(actor, ticket),
        may_assign=may_assign,
        unsent=later,
        unsent_files=unsent.files(_files_of(later, own)),
    )


def _files_of(later: Sequence[unsent.Unsent], own: Own) -> list[int]:
    """Files of what is not sent yet: of replies that wait, and of the viewer's drafts."""
    named = [one.attachment_ids for one in later] + [draft.attachment_ids for draft in own.drafts.values()]
    return [number for ids in named for number in ids]


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


def _others(actor: Actor, ticket: Ticket) -> Sequence[Other]:
    """The requester's other tickets, as far as the viewer may see them, last changed first."""
    params = {"requester": ticket.requester_id, "ticket": ticket.id}
    return [Other(*row) for row in db.session.execute(_others_in(sight_of(actor)), params)]


@lru_cache(maxsize=SIGHTS)
def _others_in(sight: Sight) -> sa.Select[tuple[int, str, Status]]:
    requester: sa.BindParameter[int] = sa.bindparam("requester", type_=sa.BigInteger)
    ticket: sa.BindParameter[int] = sa.bindparam("ticket", type_=sa.BigInteger)
    return (
        sa.select(Ticket.id, Ticket.title, Ticket.status)
        .where(Ticket.requester_id == requester, Ticket.id != ticket, visible_in(sight))
        .order_by(Ticket.updated_at.desc(), Ticket.id.desc())
        .limit(OTHERS_SHOWN)
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
