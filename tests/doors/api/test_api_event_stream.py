"""The feed as a stream: it goes on where it ended, ends by itself, and asks at each look who reads (A34, A40, A42)."""

from __future__ import annotations

import contextvars
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app.accounts.access import person_for
from app.accounts.actions import people, signing_out
from app.accounts.actors import SHELL, actor_for_access
from app.accounts.words import Need
from app.core import bus
from app.core.db import db
from app.core.uow import must_be_outside, run_unit
from app.events import relay
from app.tickets.actions import triage
from app.tickets.actions.replying import add_comment
from app.tickets.schemas import NewComment
from app.web.kit import streams
from tests.support.programs import Program, refused
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
PATH = "/api/v1/events"
STREAM = {"Accept": "text/event-stream"}
WAIT_SECONDS = 10.0


class Script:
    """What happens while a stream waits: one step for each wait, then nothing until its time is over."""

    def __init__(self, app: Flask) -> None:
        self.app, self.steps, self.seconds, self.waits = app, [], 0.0, 0

    def then(self, step: Callable[[], object]) -> None:
        self.steps.append(step)

    def wait(self, seconds: float) -> bool:
        must_be_outside()
        self.waits += 1
        self.seconds += seconds
        if not self.steps:
            return False
        with self.app.app_context():
            self.steps.pop(0)()
        return True


@pytest.fixture
def script(world: World, monkeypatch: pytest.MonkeyPatch) -> Script:
    made = Script(world.app)
    monkeypatch.setattr(bus, "wait", made.wait)
    monkeypatch.setattr(streams, "monotonic", lambda: made.seconds)
    return made


def heard(answer: Any) -> list[tuple[int, dict[str, Any] | None]]:
    """Positions and what came with them, if anything."""
    found = []
    for block in answer.get_data(as_text=True).split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "id" in lines:
            found.append((int(lines["id"]), json.loads(lines["data"]) if "data" in lines else None))
    return found


def kinds(answer: Any) -> list[str]:
    return [one["kind"] for _position, one in heard(answer) if one]


def work(world: World, mia: Any) -> None:
    world.ticket(mia)
    relay.run()


def test_a_stream_tells_what_comes_while_it_is_open_and_ends_by_itself(world: World, script: Script) -> None:
    mia, anton = world.customer(), world.agent()
    script.then(lambda: work(world, mia))
    answer = Program(world.app, anton).get(PATH, headers=STREAM)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    assert answer.get_data(as_text=True).startswith("retry: 3000\n\n")
    assert kinds(answer).count("ticket.opened") == 1
    assert script.seconds >= streams.LIFE_SECONDS and script.waits > 50
    assert answer.headers["X-Accel-Buffering"] == "no" and answer.headers["Cache-Control"] == "no-store"
    assert all(one is None or one["position"] == position for position, one in heard(answer))


def test_it_says_every_few_seconds_that_it_is_there_and_names_the_position(
    world: World, script: Script
) -> None:
    world.ticket(world.customer())
    world.relay()
    answer = Program(world.app, world.customer()).get(PATH, headers=STREAM)
    beats = [position for position, one in heard(answer) if one is None]
    most = streams.LIFE_SECONDS / streams.BEAT_SECONDS + 1
    assert most / 2 < len(beats) <= most
    assert len(set(beats)) == 1 and beats[0] > 0


def test_last_event_id_goes_on_where_a_stream_ended_whatever_its_address_says(
    world: World, script: Script
) -> None:
    mia, anton = world.customer(), world.agent()
    world.ticket(mia)
    world.relay()
    program = Program(world.app, anton)
    first = heard(program.get(f"{PATH}?after=0", headers=STREAM))
    told = [position for position, one in first if one]
    again = heard(program.get(f"{PATH}?after=0", headers=STREAM | {"Last-Event-ID": str(told[0])}))
    assert [position for position, one in again if one] == told[1:]
    for wrong in ("x", "-1", "9" * 30, "٣"):
        answer = program.get(PATH, headers=STREAM | {"Last-Event-ID": wrong.encode().decode("latin-1")})
        assert refused(answer, 422, "invalid")


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "application/json, text/event-stream;q=0.5"]
)
def test_whoever_takes_json_gets_json(world: World, accept: str) -> None:
    answer = Program(world.app, world.customer()).get(PATH, headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")


def deactivated(world: World, person_id: int) -> None:
    run_unit(lambda: people.deactivate(person_for(SHELL, person_id, Need.MANAGE, lock=True), actor=SHELL))


def test_a_person_who_is_deactivated_hears_nothing_more(world: World, script: Script) -> None:
    mia, anton = world.customer(), world.agent()
    program = Program(world.app, anton)
    script.then(lambda: work(world, mia))
    script.then(lambda: (deactivated(world, anton.id), work(world, mia)))
    answer = program.get(PATH, headers=STREAM)
    assert kinds(answer).count("ticket.opened") == 1
    assert script.seconds < 20
    assert refused(program.get(PATH, headers=STREAM), 401, "not_signed_in")


def test_a_program_that_signed_out_hears_nothing_more(world: World, script: Script) -> None:
    mia, anton = world.customer(), world.agent()
    program = Program(world.app, anton)

    def leave() -> None:
        found = actor_for_access(program.access)
        assert found is not None
        run_unit(lambda: signing_out.sign_out(actor=found[0]))
        work(world, mia)

    script.then(leave)
    assert kinds(program.get(PATH, headers=STREAM)) == []
    assert script.seconds < 20


def test_a34_a_ticket_that_goes_to_another_team_is_told_of_no_more(world: World, script: Script) -> None:
    other = world.make_team("Netz")
    mia, anton, leader = world.customer(), world.agent(), world.leader()
    ticket = world.ticket(mia)
    world.relay()

    program = Program(world.app, anton)
    chief, ticket_id, other_id = world.actor(leader), ticket.id, other.id
    note = NewComment(body="Nur für das andere Team", is_internal=True)

    def move() -> None:
        run_unit(lambda: triage.change_team(chief, ticket_id, other_id))
        run_unit(lambda: add_comment(chief, ticket_id, note))
        relay.run()

    script.then(move)
    assert kinds(program.get(PATH, headers=STREAM)) == []
    assert script.waits > 50


def test_between_two_looks_no_connection_is_kept(world: World, script: Script) -> None:
    seen: list[int] = []
    script.then(lambda: seen.append(db.engine.pool.checkedout()))
    Program(world.app, world.agent()).get(PATH, headers=STREAM)
    assert seen == [0]


def opened(program: Program, method: str = "GET") -> Any:
    headers = STREAM | {"Authorization": f"Bearer {program.access}"}
    call = partial(program.client.open, PATH, method=method, headers=headers, buffered=False)
    return contextvars.Context().run(call)


def test_a_person_has_two_streams_and_a_house_a_quarter_of_its_threads(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = (Program(world.app, world.agent()) for _ in range(3))
    open_ones = [opened(one), opened(one)]
    third = opened(one)
    assert (third.status_code, third.json["code"]) == (429, "too_many")
    assert int(third.headers["Retry-After"]) >= 1
    open_ones += [opened(two), opened(two)]
    full = opened(three)
    assert (full.status_code, full.json["code"]) == (503, "unavailable")
    assert int(full.headers["Retry-After"]) >= 1
    assert three.get(PATH).status_code == 200
    open_ones.pop().close()
    open_ones.append(opened(three))
    assert open_ones[-1].status_code == 200
    for answer in open_ones:
        answer.close()
    assert streams.seats.taken == 0


def test_a_stream_nobody_reads_gives_its_seat_back(world: World) -> None:
    program = Program(world.app, world.agent())
    for _ in range(5):
        answer = opened(program, "HEAD")
        assert answer.status_code == 200
        answer.close()
    assert streams.seats.taken == 0


class Quiet(WSGIRequestHandler):
    def log(self, *_args: object) -> None:
        """Nothing is said."""


@pytest.fixture
def place(house: Flask) -> Iterator[tuple[str, int]]:
    """The house on a socket of loopback."""
    server = make_server("127.0.0.1", 0, house, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield "127.0.0.1", server.server_port
    server.shutdown()
    thread.join(WAIT_SECONDS)
    server.server_close()


def test_over_a_real_line_an_event_arrives_while_the_answer_is_still_open(
    world: World, place: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.05)
    mia, anton = world.customer(), world.agent()
    line = http.client.HTTPConnection(*place, timeout=WAIT_SECONDS)
    line.request(
        "GET", PATH, headers=STREAM | {"Authorization": f"Bearer {Program(world.app, anton).access}"}
    )
    answer = line.getresponse()
    assert answer.readline() == b"retry: 3000\n"
    while not answer.readline().startswith(b"id: "):
        pass
    work(world, mia)
    while not (said := answer.readline()).startswith(b"data: "):
        assert said
    assert json.loads(said[6:])["kind"] == "ticket.opened"
    line.close()


def test_waiting_ends_with_a_commit_of_this_process() -> None:
    told: list[bool] = []
    waiter = threading.Thread(target=lambda: told.append(bus.wait(WAIT_SECONDS)))
    waiter.start()
    while waiter.is_alive():
        bus.wake()
        waiter.join(0.01)
    assert told == [True]
    assert bus.wait(0.001) is False
