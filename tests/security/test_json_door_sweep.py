"""A32, A36, A57, A63 at the door for programs: every call there is, read from its table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from app.web.kit.door import PUBLIC
from tests.security.sweep.answers import told
from tests.security.sweep.asking import call, send
from tests.security.sweep.canaries import Canaries
from tests.security.sweep.rights import WHO, doer
from tests.security.sweep.routes import BODIES, CALLS, Line
from tests.security.sweep.samples import fields, filled, in_json
from tests.security.sweep.stage import ADMIN, ANON, ROLES, Stage
from tests.security.sweep.state import changed, snapshot
from tests.security.sweep.things import ways
from tests.support.programs import Program
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
CLOSED = [line for line in CALLS if line.allow != PUBLIC]
WRONG: list[Any] = [7, -1, 1.5, True, None, [], [[]], {}, {"$gt": ""}, ["x"], "\ufeff", "'; --", 2**53]


def path_of(stage: Stage, line: Line, role: str) -> str:
    return line.path(ways(stage, line, role)[-1].things)


def body_of(line: Line) -> dict[str, Any]:
    """What somebody who means well would send."""
    return in_json(line.takes, filled(line.takes))


def fits(model: type[BaseModel], body: dict[str, Any]) -> bool:
    """Whether a value is of the right kind here after all: null where it leaves things as they are."""
    try:
        model.model_validate_json(json.dumps(body), strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("line", CLOSED, ids=str)
def test_a57_a_cookie_opens_nothing_and_changes_nothing(world: World, line: Line) -> None:
    """Neither with the token of our forms, nor from a page of ours: only a bearer token counts."""
    stage = Stage(world)
    browser, path = stage.browser(ADMIN), path_of(stage, line, ADMIN)
    before = snapshot()
    for headers in ({}, {"X-CSRFToken": browser.token}, {"Origin": "http://localhost"}):
        body = None if line.is_page else body_of(line)
        answer = send(browser, line.method, path, json=body, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, "not_signed_in"), f"{line}: {headers}"
        assert "Set-Cookie" not in answer.headers
    assert changed(before) == []


@pytest.mark.parametrize("line", CALLS, ids=str)
def test_a57_a_call_that_is_refused_changes_nothing_and_reading_never_does(world: World, line: Line) -> None:
    stage = Stage(world)
    for role in ROLES:
        if role in WHO[line.allow] and not line.is_page:
            continue
        path, program = path_of(stage, line, role), stage.program(role)
        before = snapshot()
        for method in ("GET", "HEAD") if line.is_page else (line.method,):
            assert program.send(method, path).status_code < 500
        assert changed(before) == [], f"{line} as {role}"


@pytest.mark.parametrize("line", CALLS, ids=str)
def test_a32_no_answer_tells_what_its_reader_must_not_know(world: World, line: Line) -> None:
    stage = Canaries(world)
    for role in ROLES:
        for body in (body_of(line), {}):
            for variant in ways(stage, line, role):
                answer = call(stage.program(role), line, line.path(variant.things), body)
                assert stage.leaks(told(answer), role) == [], f"{line} as {role}, {variant.what}"


@pytest.mark.parametrize("line", BODIES, ids=str)
def test_a36_a_field_a_call_does_not_have_is_refused_and_nothing_is_done(world: World, line: Line) -> None:
    stage, role = Stage(world), doer(line)
    path, program = path_of(stage, line, role), stage.program(role)
    before = snapshot()
    for name in ("role", "is_active", "person_id", "id", "__class__", "_once", "csrf_token"):
        answer = call(program, line, path, body_of(line) | {name: "1"})
        assert (answer.status_code, list(answer.json["details"])) == (422, [name]), f"{line}: {name}"
    assert changed(before) == []


@pytest.mark.parametrize(
    "line",
    [
        line
        for line in CLOSED
        if line.takes is None and not line.is_page and not (line.brings_file or line.brings_bytes)
    ],
    ids=str,
)
def test_a36_a_call_without_a_body_takes_none(world: World, line: Line) -> None:
    stage, role = Stage(world), doer(line)
    path, program = path_of(stage, line, role), stage.program(role)
    assert program.send(line.method, path, json={"role": "admin"}).status_code == 422
    assert program.send(line.method, path, data="role=admin", content_type="text/plain").status_code == 415
    assert program.send(line.method, path, json={}).status_code < 400


@pytest.mark.parametrize("line", BODIES, ids=str)
def test_a63_a_value_of_the_wrong_kind_is_refused(world: World, line: Line) -> None:
    assert line.takes is not None
    stage, role = Stage(world), doer(line)
    path, program = path_of(stage, line, role), stage.program(role)
    for name in fields(line.takes):
        for value in WRONG:
            body = body_of(line) | {name: value}
            answer = call(program, line, path, body)
            assert answer.status_code < 500, f"{line}: {name}={value!r}"
            assert answer.status_code >= 400 or fits(line.takes, body), f"{line}: {name}={value!r}"
            assert answer.mimetype == "application/json" or not answer.data


@pytest.mark.parametrize("line", CALLS, ids=str)
def test_a_slash_at_the_end_is_the_same_address(world: World, line: Line) -> None:
    stage = Stage(world)
    program = Program(world.app)
    path = path_of(stage, line, ANON)
    bodies = {"json": json.loads(json.dumps(body_of(line)))} if line.takes and not line.is_page else {}
    plain, slashed = (program.send(line.method, path + end, **bodies) for end in ("", "/"))
    assert (plain.status_code, plain.mimetype) == (slashed.status_code, slashed.mimetype)
    assert plain.status_code not in (301, 308)


def test_the_sweep_sees_the_door_for_programs() -> None:
    assert {line.endpoint.split(".")[0] for line in CALLS} == {"api"}
    assert all(line.rule.startswith("/api/v1/") for line in CALLS)
    assert len(CALLS) >= 4
    assert BODIES
    assert CLOSED
