"""The leader's board: what nobody has and who should get it, lanes of the team, deadlines ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.models import Person
from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.core.uow import run_unit
from app.tickets.actions import assigning
from app.tickets.actions.opening import open_ticket
from app.tickets.board import LANE_SHOWN, board
from app.tickets.forecast import BLOCKS, SHOWN, forecast
from app.tickets.models import Ticket
from app.tickets.schemas import NewTicket
from app.tickets.words import Channel
from tests.support.statements import counted

NOW = datetime(2026, 11, 18, 9, 10, tzinfo=UTC)


@pytest.fixture
def desk(world):
    """A team that assigns by hand, with a leader."""
    with time_machine.travel(NOW, tick=False) as travel:
        world.clock = travel
        run_unit(lambda: setattr(db.session.merge(world.team), "auto_assign", False))
        world.mia, world.lead = world.customer(), world.leader(last_name="Zett")
        yield world


def ask(world, **values):
    command = NewTicket(title="Drucker", description="Leer", **values)
    return run_unit(lambda: open_ticket(command, actor=world.actor(world.mia), channel=Channel.WEB)).id


def seen(world, team_id=None):
    return board(world.actor(world.lead), team_id)


def test_what_nobody_has_stands_in_the_order_of_deadlines(desk):
    low, critical = ask(desk, impact="low"), ask(desk, impact="critical")
    assert [one.ticket.id for one in seen(desk).waiting] == [critical, low]


def test_the_suggestion_is_whom_the_rule_would_choose(desk):
    busy, idle = desk.agent(), desk.agent()
    desk.agent(absent_from=NOW.date(), absent_until=NOW.date())
    mine = ask(desk)
    run_unit(lambda: assigning.take(desk.actor(busy), mine))
    ticket_id = ask(desk)

    [waiting] = [one for one in seen(desk).waiting if one.ticket.id == ticket_id]
    assert waiting.suggestion.person_id == idle.id
    run_unit(lambda: assigning.assign_automatically(desk.actor(desk.lead), ticket_id))
    assert db.session.get(Ticket, ticket_id).assignee_id == waiting.suggestion.person_id
    assert (waiting.suggestion.load, waiting.suggestion.of) == (0, 2)


def test_several_waiting_tickets_are_suggested_one_after_the_other(desk):
    desk.agent(), desk.agent()
    for _ in range(6):
        ask(desk)
    suggested = [one.suggestion.person_id for one in seen(desk).waiting]
    assert sorted(suggested.count(person) for person in set(suggested)) == [3, 3]


def test_without_the_level_there_is_no_suggestion(desk):
    desk.agent(support_level=2)
    ask(desk, impact="critical")
    [waiting] = seen(desk).waiting
    assert (waiting.level, waiting.suggestion) == (3, None)


def test_lanes_show_presence_load_and_the_most_urgent_tickets(desk):
    here = desk.agent(last_name="Ahrens", last_activity_at=NOW - timedelta(minutes=3))
    gone = desk.agent(last_name="Busch", absent_from=NOW.date())
    for _ in range(LANE_SHOWN + 2):
        ticket_id = ask(desk)
        run_unit(lambda t=ticket_id: assigning.take(desk.actor(here), t))
    urgent = ask(desk, impact="high")
    run_unit(lambda: assigning.take(desk.actor(here), urgent))

    first, second, third = seen(desk).lanes
    assert (first.person_id, second.person_id, third.person_id) == (here.id, gone.id, desk.lead.id)
    assert (first.is_here, first.is_absent, first.load, first.share) == (True, False, LANE_SHOWN + 3, 100)
    assert (second.is_here, second.is_absent, second.load, second.share) == (False, True, 0, 0)
    assert (first.tickets[0].id, len(first.tickets), first.more) == (urgent, LANE_SHOWN, True)


def test_people_who_left_have_no_lane(desk):
    agent = desk.agent()
    gone = sa.update(Person).where(Person.id == agent.id).values(is_active=False)
    run_unit(lambda: db.session.execute(gone))
    assert [lane.person_id for lane in seen(desk).lanes] == [desk.lead.id]


def test_the_forecast_counts_the_next_eight_hours_in_half_hours(desk):
    critical = ask(desk, impact="critical")
    medium = ask(desk)
    for _ in range(SHOWN + 1):
        ask(desk, impact="high")
    blocks = forecast(desk.actor(desk.lead), desk.team.id)

    assert len(blocks) == BLOCKS
    assert blocks[0].begin == NOW.replace(minute=0)
    assert blocks[-1].end == NOW.replace(minute=0) + timedelta(hours=8)
    due = {block.begin.strftime("%H:%M"): block for block in blocks if block.tickets}
    assert sorted(due) == ["10:00", "13:00"]
    assert [card.id for card in due["10:00"].tickets] == [critical]
    assert (len(due["13:00"].tickets), due["13:00"].more) == (SHOWN, True)
    assert medium not in {card.id for block in blocks for card in block.tickets}


def test_the_board_takes_few_statements_whatever_stands_on_it(desk):
    for _ in range(4):
        desk.agent()
        ask(desk)
    actor = desk.actor(desk.lead)
    board(actor)
    with counted() as statements:
        board(actor)
    assert len(statements) <= 6, statements


def test_a_board_of_a_closed_team_does_not_exist_for_others(desk):
    secret = desk.make_team("Personal", is_confidential=True)
    open_team = desk.make_team("Netzwerk")
    assert seen(desk, open_team.id).team_id == open_team.id
    with pytest.raises(NotFound):
        seen(desk, secret.id)
    with pytest.raises(NotFound):
        forecast(desk.actor(desk.lead), secret.id)


def test_agents_have_no_board(desk):
    with pytest.raises(Forbidden):
        board(desk.actor(desk.agent()))


def test_who_has_no_team_begins_with_the_default_team(desk):
    assert board(desk.actor(desk.admin(teams=[]))).team_id == desk.team.id
