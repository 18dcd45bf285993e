"""A29: what is refused lies in no store, files that come at once are counted in turn, pictures have a limit."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from app.tickets.actions import files
from tests.support.accounts import limits_on
from tests.support.at_once import at_once
from tests.support.parts import BYTES, UPLOADS, at, begun, put, stored
from tests.support.programs import Program, refused
from tests.support.world import World

FILES = "/api/v1/attachments"
PICTURE = "/api/v1/auth/profile/avatar"


def form(data: bytes, name: str = "a.txt") -> dict[str, Any]:
    return {"data": {"file": (io.BytesIO(data), name)}, "content_type": "multipart/form-data"}


def picture(number: int) -> bytes:
    """A picture that no other number has."""
    made = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 2 * number, 3 * number)).save(made, "PNG")
    return made.getvalue()


@pytest.mark.sqlite_only
def test_a29_more_than_a_day_may_have_is_refused_before_it_is_stored(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "DAILY_BYTES", 10)
    agent, ticket = world.agent(), world.ticket(world.customer())
    program, desk = Program(world.app, agent), world.browser(agent)
    assert program.post(FILES, **form(b"12345678")).status_code == 201
    desk.get(f"/tickets/{ticket.number}")
    before = stored(world.app)
    for number in range(3):
        data = b"1234567%d" % (number + 1)
        assert refused(program.post(FILES, **form(data)), 429, "too_many")
        sent = {"body": "x", "files": [(io.BytesIO(b"a" + data), "a.txt"), (io.BytesIO(b"b"), "b.txt")]}
        assert desk.post(f"/tickets/{ticket.number}/reply", sent).status_code == 422
    assert stored(world.app) == before
    assert program.post(FILES, **form(b"12")).status_code == 201


def test_a29_of_several_files_at_once_each_counts_those_before_it(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "DAILY_BYTES", 1000)
    person = world.customer()
    programs, answers = [Program(world.app, person) for _ in range(6)], []

    def announce() -> None:
        answers.append(programs.pop().post(UPLOADS, {"filename": "a.txt", "size": 1000}).status_code)

    assert at_once(world.app, announce, 6) == []
    assert sorted(answers) == [201] + [429] * 5


@pytest.mark.sqlite_only
def test_a29_pictures_of_oneself_have_a_limit_by_programs_and_pages_together(world: World) -> None:
    person = world.customer()
    program, browser = Program(world.app, person), world.browser(person)
    browser.get("/auth/profile")
    with limits_on():
        for number in range(19):
            assert program.send("PUT", PICTURE, **form(picture(number), "a.png")).status_code == 200
        sent = {"avatar": (io.BytesIO(picture(20)), "a.png")}
        assert browser.post("/auth/profile/avatar", sent).status_code == 303
        before = stored(world.app)
        for number in (21, 22):
            assert refused(program.send("PUT", PICTURE, **form(picture(number), "a.png")), 429, "too_many")
            sent = {"avatar": (io.BytesIO(picture(number)), "a.png")}
            assert browser.post("/auth/profile/avatar", sent).status_code == 429
        assert stored(world.app) == before
        assert (
            Program(world.app, world.customer()).send("PUT", PICTURE, **form(picture(1), "a.png")).status_code
            == 200
        )


@pytest.mark.sqlite_only
def test_a29_a_file_sent_again_gets_its_first_answer_also_when_the_day_is_full(
    world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(files, "DAILY_BYTES", 10)
    program, key = Program(world.app, world.customer()), {"Idempotency-Key": "photo"}
    first = program.post(FILES, headers=key, **form(b"12345678"))
    again = program.post(FILES, headers=key, **form(b"12345678"))
    assert (again.status_code, again.json) == (201, first.json)
    assert refused(program.post(FILES, headers=key, **form(b"87654321")), 409, "conflict")


@pytest.mark.sqlite_only
def test_a29_a_part_whose_line_was_cut_is_none_and_lies_nowhere(world: World) -> None:
    """A web server that marks the end of bodies itself (`wsgi.input_terminated`) tells nobody that one was cut."""
    program = Program(world.app, world.customer())
    upload, whole = begun(program, size=1000), b"x" * 1000
    before = stored(world.app)
    for there in (b"", whole[:1], whole[:-1]):
        wire = {"wsgi.input": io.BytesIO(there), "CONTENT_LENGTH": "1000", "wsgi.input_terminated": True}
        cut = program.send("PUT", at(upload, 1), content_type=BYTES, environ_overrides=wire)
        assert refused(cut, 400, "malformed")
    assert stored(world.app) == before
    assert list((world.app.extensions["storage"].root / "unfinished").iterdir()) == []
    assert program.get(at(upload)).json["received"] == []
    assert put(program, upload, 1, whole).json["received"] == [1]
