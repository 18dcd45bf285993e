"""A40: a key that is limited to teams finds, hears of and moves nothing of another."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from app.accounts.key_words import Scope
from app.accounts.models import Person
from app.accounts.words import Role
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.tickets.models import Attachment
from app.tickets.words import AttachmentState
from tests.support import feeds
from tests.support.api_keys import OF_TICKETS, keyed
from tests.support.programs import Program, ids, refused
from tests.support.world import World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TICKETS = "/api/v1/tickets"
FILES = "/api/v1/attachments"


def put(thing: Any, **values: Any) -> None:
    """Change columns of a row."""

    def work() -> None:
        row = db.session.get_one(type(thing), thing.id)
        for name, value in values.items():
            setattr(row, name, value)

    run_unit(work)


def file_of(world: World, ticket: Any) -> int:
    """A stored file of a ticket."""
    kept = world.app.extensions["storage"].put(BytesIO(b"plain text"), 10**6)
    made = Attachment(
        ticket_id=ticket.id,
        sha256=kept.sha256,
        filename="notes.txt",
        content_type="text/plain",
        size=kept.size,
        state=AttachmentState.CLEAN,
        created_at=clock.now(),
    )
    run_unit(lambda: db.session.add(made))
    return made.id


@pytest.fixture
def teams(world: World) -> Any:
    """Two teams with a ticket each; whoever the keys act for sees both and has something to do with both."""

    class Stage:
        one, two = world.make_team("Eins"), world.make_team("Zwei")

        def __init__(self) -> None:
            self.agent = world.agent(teams=[self.one, self.two])
            leader = world.leader()
            self.leader, self.admin = leader, world.admin()
            requester = world.customer()
            self.here, self.there = (self._ticket(requester, team.id) for team in (self.one, self.two))

        def _ticket(self, requester: Person, team_id: int) -> Any:
            made = world.ticket(requester)
            program = keyed(world, self.admin, Scope.TICKETS_WRITE)
            answer = program.send("PATCH", f"{TICKETS}/{made.id}", json={"team": team_id})
            assert answer.status_code == 200, answer.text
            assert program.post(f"{TICKETS}/{made.id}/assign", {"assignee": self.agent.id}).status_code == 200
            return made

    return Stage()


@pytest.mark.parametrize("who", ["agent", "leader", "admin"])
def test_a40_a_key_of_one_team_finds_nothing_of_another(world: World, teams: Any, who: str) -> None:
    person = getattr(teams, who)
    whole = keyed(world, person, *OF_TICKETS)
    assert ids(whole.get(TICKETS)) == {teams.here.id, teams.there.id}
    program = keyed(world, person, *OF_TICKETS, teams=(teams.one,))
    sorts = [f"sort={sort}" for sort in ("due_at", "priority", "created_at", "-created_at")]
    named = [f"team={teams.one.id}", f"assignee={teams.agent.id}", f"requester={teams.here.requester_id}"]
    for asked in ("", *(f"?{one}" for one in (*sorts, *named, "status=open&status=in_progress"))):
        listed = program.get(TICKETS + asked)
        assert (ids(listed), listed.json["count"]) == ({teams.here.id}, 1), asked
    closed = program.get(f"{TICKETS}?team={teams.two.id}")
    assert (ids(closed), closed.json["count"]) == (set(), 0)
    mine = program.get(f"{TICKETS}?assignee=me")
    assert ids(mine) <= {teams.here.id}
    path = f"{TICKETS}/{teams.there.id}"
    for method, where, body in (
        ("GET", path, None),
        ("GET", f"{TICKETS}/{teams.there.number}", None),
        ("GET", f"{path}/comments", None),
        ("GET", f"{path}/timeline", None),
        ("PATCH", path, {"title": "x"}),
        ("POST", f"{path}/comments", {"content": "x"}),
        ("POST", f"{path}/close", {}),
    ):
        answer = program.send(method, where, **({} if body is None else {"json": body}))
        assert refused(answer, 404, "not_found"), where
    assert program.get(f"{TICKETS}/{teams.here.id}").status_code == 200
    here, there = (str(file_of(world, ticket)) for ticket in (teams.here, teams.there))
    for end in ("", "/content"):
        assert program.get(f"/api/v1/attachments/{here}{end}").status_code == 200
        assert refused(program.get(f"/api/v1/attachments/{there}{end}"), 404, "not_found")
    assert [team["name"] for team in program.get("/api/v1/teams").json["results"]] == ["Eins"]


def test_a40_a_key_of_one_team_hears_of_its_tickets_alone(world: World, teams: Any) -> None:
    world.relay()
    heard = feeds.told(keyed(world, teams.admin, *OF_TICKETS, teams=(teams.one,)))
    everything = feeds.told(keyed(world, teams.admin))
    assert {one["ticket"]["id"] for one in heard} == {teams.here.id}
    assert {one["ticket"]["id"] for one in everything} == {teams.here.id, teams.there.id}


def test_a40_a_key_of_one_team_gives_no_ticket_away_and_takes_none(world: World, teams: Any) -> None:
    program = keyed(world, teams.admin, *OF_TICKETS, teams=(teams.one,))
    moved = program.send("PATCH", f"{TICKETS}/{teams.here.id}", json={"team": teams.two.id})
    assert refused(moved, 422, "invalid") and list(moved.json["details"]) == ["team"]
    body = {"title": "Neu", "description": "Neu", "team": teams.two.id}
    assert refused(program.post(TICKETS, body), 422, "invalid")
    made = program.post(TICKETS, body | {"team": teams.one.id})
    assert made.status_code == 201, made.text
    assert ids(program.get(TICKETS)) == {teams.here.id, made.json["id"]}


def test_a40_a_key_never_opens_a_confidential_team_its_person_is_not_in(world: World) -> None:
    secret = world.make_team("Personal", is_confidential=True)
    insider, admin = world.agent(teams=[secret]), world.admin()
    ticket = world.ticket(world.customer())
    put(ticket, team_id=secret.id)
    for person, seen in ((admin, set()), (insider, {ticket.id})):
        assert ids(keyed(world, person, *OF_TICKETS, teams=(secret,)).get(TICKETS)) == seen


def test_a40_what_a_customer_asked_for_stays_visible_whatever_teams_the_key_has(world: World) -> None:
    """The key was made when its person still worked in a team."""
    one, two = world.make_team("Eins"), world.make_team("Zwei")
    agent = world.agent(teams=[one])
    program = keyed(world, agent, *OF_TICKETS, teams=(one,))
    ticket = world.ticket(agent)
    put(ticket, team_id=two.id)
    assert ids(program.get(TICKETS)) == set()
    put(agent, role=Role.CUSTOMER)
    assert ids(program.get(TICKETS)) == {ticket.id}


def test_a40_a_key_of_one_team_has_only_the_files_that_came_with_it(world: World, teams: Any) -> None:
    """What its person sent for another team waits in no ticket yet."""
    person = Program(world.app, teams.agent)
    program, other = (
        keyed(world, teams.agent, *OF_TICKETS, teams=(team,)) for team in (teams.one, teams.two)
    )
    own, foreign = (_sent(one) for one in (program, person))
    begun, secret = (
        one.post(f"{FILES}/uploads", {"filename": "a.txt", "size": 3}).json["id"] for one in (program, person)
    )
    for path in (f"{foreign}", f"{foreign}/content", f"uploads/{secret}"):
        assert refused(program.get(f"{FILES}/{path}"), 404, "not_found"), path
    part = {"data": b"abc", "content_type": "application/octet-stream"}
    assert refused(program.send("PUT", f"{FILES}/uploads/{secret}/parts/1", **part), 404, "not_found")
    for method, path in (("POST", f"uploads/{secret}/finish"), ("DELETE", f"uploads/{secret}")):
        assert refused(program.send(method, f"{FILES}/{path}"), 404, "not_found"), path
    where = f"{TICKETS}/{teams.here.id}/comments"
    for number in (foreign, own):
        said = program.post(where, {"content": "x", "attachment_ids": [number]})
        assert said.status_code == (201 if number == own else 422), said.text
    assert refused(other.get(f"{FILES}/uploads/{begun}"), 404, "not_found")
    for one in (program, person, keyed(world, teams.agent, *OF_TICKETS)):
        assert one.get(f"{FILES}/uploads/{begun}").status_code == 200
    assert person.get(f"{FILES}/{foreign}/content").status_code == 200


def _sent(program: Any) -> int:
    """The id of a file that was sent and waits."""
    form = {"file": (BytesIO(b"for one team alone"), "a.txt")}
    answer = program.post(FILES, data=form, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.text
    return int(answer.json["id"])
