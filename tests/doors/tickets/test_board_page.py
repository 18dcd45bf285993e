"""The leader's board: who has what, what nobody has, and giving it away."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import assigning
from app.tickets.models import Ticket
from tests.doors.tickets.conftest import present
from tests.support.statements import counted


@pytest.fixture
def pool(story):
    """The ticket lies with nobody."""
    run_unit(lambda: assigning.release(story.actor(story.lea), story.ticket_id))
    return story


def give(story, person, **values):
    ticket = present(story)
    given = {"ticket_id": ticket.id, "person_id": person.id, "version": ticket.version}
    return story.lead.post("/tickets/board/assign", given | values)


def test_the_board_shows_lanes_pool_and_figures(pool):
    page = pool.lead.get("/tickets/board").get_data(as_text=True)
    assert "<h1>Team IT-Service</h1>" in page
    for name in ("Anna Berger", "Jonas Weber", "Lea Hoffmann"):
        assert name in page
    assert "passt am besten: 0 offene Tickets, die wenigsten unter 2" in page
    assert "Drucker druckt nicht" in page
    assert page.count('class="tile ') == 4
    assert "Fällig in den nächsten acht Stunden" in page


def test_it_is_for_leaders(pool):
    assert pool.desk.get("/tickets/board").status_code == 403
    pool.desk.get("/tickets")
    assert pool.desk.post("/tickets/board/assign", {"ticket_id": pool.ticket_id}).status_code == 403


def test_a_ticket_is_given_with_one_click(pool):
    pool.lead.get("/tickets/board")
    answer = give(pool, pool.jonas, team=pool.team.id)
    assert answer.headers["Location"] == f"/tickets/board?team={pool.team.id}"
    assert present(pool).assignee_id == pool.jonas.id
    page = pool.lead.get("/tickets/board").get_data(as_text=True)
    assert "ist Jonas Weber zugewiesen." in page
    assert "Nichts zu verteilen." in page


def test_whoever_is_late_sees_who_has_it(pool):
    pool.lead.get("/tickets/board")
    old = present(pool).version
    run_unit(lambda: assigning.take(pool.actor(pool.anna), pool.ticket_id))
    answer = give(pool, pool.jonas, version=old)
    assert answer.status_code == 409
    assert "wurde inzwischen Anna Berger zugewiesen." in answer.get_data(as_text=True)
    assert present(pool).assignee_id == pool.anna.id


def test_somebody_of_another_team_cannot_be_chosen(pool):
    pool.lead.get("/tickets/board")
    stranger = pool.agent(teams=[pool.make_team("Netzwerk")])
    answer = give(pool, stranger)
    assert answer.status_code == 422
    assert "Diese Person gehört nicht zum Team des Tickets." in answer.get_data(as_text=True)


@pytest.mark.parametrize("values", [{"ticket_id": ""}, {"person_id": "x"}, {"version": "0"}, {"how": "1"}])
def test_a_crooked_order_is_refused(pool, values):
    pool.lead.get("/tickets/board")
    assert give(pool, pool.jonas, **values).status_code == 422
    assert present(pool).assignee_id is None


def test_the_team_can_be_chosen_and_must_be_ones_own_to_see(pool):
    other = pool.make_team("Netzwerk")
    page = pool.lead.get(f"/tickets/board?team={other.id}").get_data(as_text=True)
    assert "<h1>Team Netzwerk</h1>" in page
    assert "Zu diesem Team gehört noch niemand." in page
    assert pool.lead.get("/tickets/board?team=987654").status_code == 404
    secret = pool.make_team("Personal", is_confidential=True)
    assert pool.lead.get(f"/tickets/board?team={secret.id}").status_code == 404


def test_a_deep_pool_costs_no_more_statements(pool):
    pool.lead.get("/tickets/board")
    with counted() as few:
        pool.lead.get("/tickets/board")
    for n in range(15):
        ticket = pool.ticket(pool.mia, title=f"Nr. {n}")
        run_unit(lambda ticket=ticket: _release(ticket))
    with counted() as many:
        pool.lead.get("/tickets/board")
    assert len(many) <= len(few) <= 15, "\n".join(many)


def _release(ticket: Ticket) -> None:
    db.session.execute(
        sa.update(Ticket).where(Ticket.id == ticket.id).values(assignee_id=None, status="open", stage=1)
    )
