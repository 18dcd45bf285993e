"""Opening a ticket, by any door."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import staffing
from app.accounts.models import Person, Team
from app.core import clock, plain
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, Invalid
from app.core.language import _
from app.core.text import render
from app.events.log import action, record
from app.events.models import Event
from app.sla.spans import Change
from app.sla.words import ClockState, Reason
from app.tickets import deadlines, priority
from app.tickets.access import is_beyond, is_staff
from app.tickets.actions.assigning import find_assignee
from app.tickets.actions.changing import promise_of
from app.tickets.actions.files import bind
from app.tickets.actions.tagging import set_tags
from app.tickets.events import TicketOpened
from app.tickets.models import Category, ClockChange, Ticket
from app.tickets.schemas import NewTicket
from app.tickets.words import Channel, Phase, Status

CLOCK_FIELDS = ("response_told", "resolution_told", "response_state", "resolution_state", "sla_state")


@dataclass(frozen=True, slots=True)
class Written:
    """A description that is no Markdown, as text and as HTML; it may say more than what decides the priority."""

    text: str
    html: str

    def with_quote(self, folded: str) -> Written:
        """The same with what it quotes behind it."""
        if not folded:
            return self
        return Written(f"{self.text}\n\n{folded}", f"{self.html}\n{plain.quoted(folded)}")


@dataclass(frozen=True, slots=True)
class FromMail:
    """What only a mail knows of the ticket it becomes.

    Args:
        sender: the address it came from.
        by_machine: nobody is to be answered automatically.
        moved_from_id: the ticket it was an entry of.
    """

    sender: str
    written: Written
    by_machine: bool = False
    moved_from_id: int | None = None


NO_MAIL = FromMail("", Written("", ""))


@action
def open_ticket(
    command: NewTicket,
    *,
    actor: Actor,
    channel: Channel,
    requester_id: int | None = None,
    mail: FromMail = NO_MAIL,
    follows_id: int | None = None,
    cause: Event | None = None,
) -> Ticket:
    """Open a ticket: priority, team, clocks, files, fact, and somebody to work it.

    Args:
        command: what was asked.
        actor: who asks; customers open tickets for themselves only.
        channel: how it came.
        requester_id: whose request it is when the mail room opens it.
        mail: the mail it is made of; its words are kept as they are, the command's decide the priority.
        follows_id: the closed ticket it follows up.
        cause: the event that led to it.

    Raises:
        Forbidden: fields only staff may set.
        Invalid: a category, team or requester that does not exist.
    """
    _check_fields(command, actor)
    requester = _requester(command, actor, requester_id)
    category = _category(command.category_id)
    team = _team(command, category)
    if is_beyond(actor, team.id):
        raise _no_such_team()
    ticket = _ticket(command, requester, category, team.id, channel)
    _describe(ticket, command, mail)
    ticket.created_by_id, ticket.follows_id, ticket.email_from = (
        actor.person_id,
        follows_id,
        mail.sender[:254],
    )
    ticket.last_entry_by_customer = requester.id == actor.person_id or channel is Channel.EMAIL
    _start_clocks(ticket)
    bind(command.attachment_ids, ticket, None, actor=actor)
    if command.tags:
        set_tags(ticket, command.tags)
    event = _record(ticket, mail, actor, cause)
    if team.auto_assign:
        find_assignee(ticket, actor=actor, cause=event)
    return ticket


def _check_fields(command: NewTicket, actor: Actor) -> None:
    """Raise unless each field that is set is the actor's to set."""
    if not is_staff(actor) and (command.requester_id or command.team_id or command.tags):
        raise Forbidden(permission="tickets.work")


def _ticket(
    command: NewTicket, requester: Person, category: Category | None, team_id: int, channel: Channel
) -> Ticket:
    """The row of a ticket at the moment it is opened, its clocks not yet started."""
    made, reason = priority.judge(
        title=command.title,
        text=command.description,
        impact=command.impact,
        category=category.priority if category else None,
        is_vip=requester.is_vip,
    )
    now, fine = clock.now(), ClockState.OK
    return Ticket(
        title=command.title,
        requester_id=requester.id,
        organisation_id=requester.organisation_id,
        team_id=team_id,
        category_id=category.id if category else None,
        status=Status.OPEN,
        phase=Phase.ACTIVE,
        priority=made,
        priority_reason=reason,
        assign_reason={},
        impact=command.impact,
        channel=channel,
        created_from_email=channel is Channel.EMAIL,
        created_at=now,
        updated_at=now,
        due_at=deadlines.NEVER,
        version=1,
        **dict.fromkeys(CLOCK_FIELDS, fine),
    )


def _describe(ticket: Ticket, command: NewTicket, mail: FromMail) -> None:
    if mail is NO_MAIL:
        ticket.description, ticket.description_html = command.description, render(command.description)
        return
    ticket.description, ticket.description_html = mail.written.text, mail.written.html


def _start_clocks(ticket: Ticket) -> None:
    """Due times are reckoned from the first change before the row exists, so that one INSERT is enough."""
    first = ClockChange(at=ticket.created_at, runs=True, reason=Reason.OPEN)
    deadlines.refresh(ticket, [Change(first.at, True, first.reason)], promise_of(ticket))
    db.session.add(ticket)
    db.session.flush()
    first.ticket_id = ticket.id
    db.session.add(first)


def _record(ticket: Ticket, mail: FromMail, actor: Actor, cause: Event | None) -> Event:
    opened = TicketOpened(
        channel=ticket.channel.value,
        priority=ticket.priority.value,
        team_id=ticket.team_id,
        requester_id=ticket.requester_id,
        by_machine=mail.by_machine,
        moved_from_id=mail.moved_from_id,
    )
    return record(opened, actor=actor, subject=("ticket", ticket.id), ticket=ticket.id, cause=cause)


def _requester(command: NewTicket, actor: Actor, requester_id: int | None) -> Person:
    wanted = requester_id or command.requester_id or actor.person_id
    person = db.session.get(Person, wanted) if wanted is not None else None
    if person is None or not person.is_active:
        raise Invalid({"requester_id": _("This person is not known here.")})
    return person


def _category(category_id: int | None) -> Category | None:
    if category_id is None:
        return None
    category = db.session.get(Category, category_id)
    if category is None or not category.is_active:
        raise Invalid({"category_id": _("Please choose one of the given topics.")})
    return category


def _team(command: NewTicket, category: Category | None) -> Team:
    if command.team_id is not None:
        team = db.session.get(Team, command.team_id)
        if team is None or not team.is_active:
            raise _no_such_team()
        return team
    if category is not None and category.team_id is not None:
        return db.session.get_one(Team, category.team_id)
    return staffing.default_team()


def _no_such_team() -> Invalid:
    return Invalid({"team_id": _("Please choose one of the given teams.")})
