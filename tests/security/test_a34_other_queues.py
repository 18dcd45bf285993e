"""A34: an agent of another team finds nothing of a queue, by no page and no deed; and the check is live."""

from __future__ import annotations

import re
import secrets

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.settings import queries as settings
from app.settings.schemas import TicketRules
from app.tickets.actions import tagging
from app.tickets.models import Ticket

pytestmark = pytest.mark.sqlite_only
LISTS = (
    *(
        "",
        "?view=open",
        "?view=mine",
        "?view=unassigned",
        "?view=overdue",
        "?view=all_active",
        "?view=watched",
    ),
    *(
        "?status=open",
        "?priority=medium",
        "?tag=CANARY",
        "?team=TEAM",
        "?requester=REQUESTER",
        "?sort=priority",
    ),
)
DEEDS = {
    "reply": {"body": "x"},
    "note": {"body": "x"},
    "reply/draft": {"text": "x"},
    "note/draft": {"text": "x"},
    "presence": {"mode": "reading"},
    "status": {"status": "closed", "version": "1"},
    "priority": {"priority": "low", "version": "1"},
    "team": {"team_id": "2", "version": "1"},
    "category": {"category_id": "", "version": "1"},
    "title": {"title": "x", "version": "1"},
    "assignee": {"assignee": "me", "version": "1"},
    "tags": {"tags": "x"},
    "escalate": {"level": "3", "reason": "weil"},
    "reopen": {},
    "watch": {},
    "unwatch": {},
    "participants": {"email": "x@firma.example"},
}


@pytest.fixture
def stage(world):
    """A ticket of team 1 full of canaries, and an agent of team 2."""
    world.canary = "kanarie" + secrets.token_hex(6)
    world.agent_1 = world.agent()
    world.cust_a = world.customer(last_name=f"Von{world.canary}")
    world.hidden = world.ticket(world.cust_a, title=f"Titel {world.canary}", description=world.canary)
    world.say(world.agent_1, world.hidden, world.canary, is_internal=True)
    run_unit(lambda: tagging.change_tags(world.actor(world.agent_1), world.hidden.id, [world.canary]))
    world.agent_2 = world.agent(teams=[world.make_team("Zwei")])
    world.stranger = world.browser(world.agent_2)
    return world


def unseen(stage, path):
    page = stage.stranger.get(path).get_data(as_text=True)
    assert stage.canary not in page.replace(f"Von{stage.canary}", ""), path
    return page


def test_no_list_and_no_figure_shows_it(stage):
    words = {"CANARY": stage.canary, "TEAM": str(stage.team.id), "REQUESTER": str(stage.cust_a.id)}
    for query in LISTS:
        for word, value in words.items():
            query = query.replace(word, value)
        answer = stage.stranger.get(f"/tickets{query}")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert f'id="t{stage.hidden.id}"' not in page
        assert f"Titel {stage.canary}" not in page
        assert not re.search(r'side-count[^"]*">[1-9]', page), query


def test_no_search_finds_it(stage):
    for q in (stage.canary, f"Titel {stage.canary}", str(stage.hidden.id), stage.hidden.number):
        page = stage.stranger.get("/tickets/search", query_string={"q": q})
        assert page.status_code == 200
        assert f'href="/tickets/{stage.hidden.number}"' not in page.get_data(as_text=True)


def test_no_page_of_it_opens(stage):
    base = f"/tickets/{stage.hidden.number}"
    for path in (base, f"{base}?tab=history", f"{base}?tab=times", f"{base}?tab=files", f"{base}?before=99"):
        assert stage.stranger.get(path).status_code == 404
        unseen(stage, path)


@pytest.mark.parametrize("deed", DEEDS)
def test_no_deed_reaches_it(stage, deed):
    base = f"/tickets/{stage.hidden.number}"
    before = _version(stage)
    stage.stranger.get("/tickets")
    answer = stage.stranger.post(f"{base}/{deed}", DEEDS[deed])
    missing = stage.stranger.post(f"/tickets/TICKET-987654/{deed}", DEEDS[deed])
    assert answer.status_code == missing.status_code == 404
    assert stage.canary not in answer.get_data(as_text=True)
    assert _version(stage) == before


def _version(stage):
    db.session.rollback()
    return db.session.scalar(sa.select(Ticket.version).where(Ticket.id == stage.hidden.id))


def test_leaders_of_others_see_no_confidential_queue(world):
    secret = world.make_team("Personal", is_confidential=True)
    hidden = world.ticket(world.customer(), title="Vertraulich")
    run_unit(lambda: _move(hidden.id, secret.id))
    for person in (world.leader(), world.admin()):
        browser = world.browser(person)
        assert browser.get(f"/tickets/{hidden.number}").status_code == 404
        assert browser.get(f"/tickets/board?team={secret.id}").status_code == 404
        for path in ("/tickets?view=all_active", f"/tickets?team={secret.id}", "/tickets/board", "/tickets"):
            assert "Vertraulich" not in browser.get(path).get_data(as_text=True)
    member = world.browser(world.admin(teams=[secret]))
    assert member.get(f"/tickets/{hidden.number}").status_code == 200


def _move(ticket_id: int, team_id: int) -> None:
    ticket = db.session.get_one(Ticket, ticket_id)
    ticket.team_id, ticket.assignee_id = team_id, None


def test_the_setting_that_opens_all_queues_works(stage, monkeypatch):
    base = f"/tickets/{stage.hidden.number}"
    assert stage.stranger.get(base).status_code == 404
    monkeypatch.setitem(settings._kept, "tickets", (1e12, TicketRules(agents_see_all_teams=True)))
    assert stage.stranger.get(base).status_code == 200
    assert stage.canary in stage.stranger.get("/tickets?view=all_active").get_data(as_text=True)
