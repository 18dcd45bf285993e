"""The leader's board: what nobody has, who has what, what is due in the next hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import make_response

from app.accounts.queries import names, team_choices
from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.core.formats import Formats
from app.core.language import _
from app.core.schema import Command, Id, OptionalId
from app.tickets.access import ticket_for
from app.tickets.actions import assigning
from app.tickets.board import Board, Waiting, board
from app.tickets.cards import Card
from app.tickets.counts import total
from app.tickets.faces import initials_of
from app.tickets.listing import QueueQuery, View
from app.tickets.words import number_of
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.tickets import rows, views
from app.web.tickets.door import door
from app.web.tickets.frame import nav
from app.web.tickets.schemas import Version

TILES = (
    (View.UNASSIGNED, "neutral", "person-dash"),
    (View.OVERDUE, "danger", "exclamation-octagon-fill"),
    (View.AT_RISK, "warn", "alarm"),
    (View.OPEN, "info", "inbox"),
)


class BoardQuery(Command):
    """Which team's board."""

    team: OptionalId = None


class GivingForm(Command):
    """A ticket for somebody, as the board saw it."""

    ticket_id: Id
    person_id: Id
    version: Version
    team: OptionalId = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with the list behind it."""

    url: str
    tone: str
    icon: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class CardLine:
    """A ticket on a lane or in the forecast, in words."""

    number: str
    title: str
    priority: str
    chip: rows.Chip


@door.page("/board", allow="tickets.board", query=BoardQuery)
def board_page(actor: Actor, query: BoardQuery) -> str:
    """The board of a team."""
    return _shown(actor, query.team)


def _shown(actor: Actor, team_id: int | None, notice: str = "") -> str:
    teams = dict(team_choices(actor))
    if team_id is not None and team_id not in teams:
        raise NotFound
    found = board(actor, team_id)
    painter = rows.Painter(page.formats())
    return page.render(
        "tickets/board.html",
        board=found,
        waiting=_waiting(painter, found),
        lanes=[(lane, initials_of(lane.name), _cards(painter, lane.tickets)) for lane in found.lanes],
        blocks=_blocks(painter, found, page.formats()),
        teams=list(teams.items()),
        team_name=teams.get(found.team_id, ""),
        tiles=_tiles(actor, found.team_id),
        notice=notice,
        nav=nav(actor),
    )


def _waiting(painter: rows.Painter, found: Board) -> list[tuple[Waiting, rows.Line, rows.Chip]]:
    lines = painter.lines([one.ticket for one in found.waiting])
    return [
        (one, line, painter.chip(one.ticket.sla_state, one.ticket.due_at))
        for one, line in zip(found.waiting, lines, strict=True)
    ]


def _cards(painter: rows.Painter, cards: Sequence[Card]) -> list[CardLine]:
    return [
        CardLine(card.number, card.title, card.priority.value, painter.chip(card.sla_state, card.due_at))
        for card in cards
    ]


def _blocks(painter: rows.Painter, found: Board, fmt: Formats) -> list[tuple[str, list[CardLine], bool]]:
    """The half-hours in which something is due."""
    return [
        (f"{fmt.time(block.begin)}–{fmt.time(block.end)}", _cards(painter, block.tickets), block.more)
        for block in found.forecast
        if block.tickets
    ]


def _tiles(actor: Actor, team_id: int) -> list[Tile]:
    made = []
    for view, tone, icon in TILES:
        count = total(actor, QueueQuery(view=view, team=team_id)).n
        url = f"{views.address(view)}&team={team_id}"
        made.append(Tile(url, tone, icon, str(views.NAMES[view]), count))
    return made


def _again(actor: Actor, form: Form[Any]) -> str:
    return _shown(actor, None, " ".join(text for _name, text in form.problems))


@door.deed("/board/assign", allow="tickets.assign", takes=GivingForm, again=_again)
def give(actor: Actor, command: GivingForm) -> Any:
    """Give a waiting ticket to somebody."""
    try:
        ticket = assigning.assign(actor, command.ticket_id, command.person_id, command.version)
    except Conflict:
        shown = _shown(actor, command.team, _meanwhile(actor, command.ticket_id))
        return make_response(shown, 409)
    name = names([command.person_id])[command.person_id].full_name
    page.say(_("%(number)s is assigned to %(name)s.", number=ticket.number, name=name))
    return page.go("tickets.board_page", team=command.team)


def _meanwhile(actor: Actor, ticket_id: int) -> str:
    """Who has the ticket by now."""
    ticket = ticket_for(actor, ticket_id)
    found = names([ticket.assignee_id])
    if ticket.assignee_id not in found:
        return _("%(number)s was changed meanwhile. Please look again.", number=number_of(ticket_id))
    name = found[ticket.assignee_id].full_name
    return _("%(number)s was meanwhile assigned to %(name)s.", number=number_of(ticket_id), name=name)
