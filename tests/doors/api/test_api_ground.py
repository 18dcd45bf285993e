"""The ground of the door for programs: one shape for every refusal, strict JSON, limits, no cookies, no pages."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.core.actor import Actor
from tests.support.accounts import limits_on
from tests.support.programs import LOGIN, LOGOUT, PROFILE, Program, refused

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def program(world):
    return Program(world.app)


@contextmanager
def database_away():
    """Every statement fails as it does when nobody answers."""

    def fail(*_rest: Any) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("Connection refused"))

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", fail)


def test_a_database_that_is_away_is_told_and_nobody_is_taken_for_signed_out(world):
    program = Program(world.app, world.customer())
    for ask in (
        lambda: program.get(PROFILE),
        lambda: program.post(LOGOUT),
        lambda: program.post(LOGIN, {"email": "mia@firma.example", "password": "x"}, token=""),
        program.renew,
    ):
        with database_away():
            answer = ask()
        assert refused(answer, 503, "unavailable")
        assert int(answer.headers["Retry-After"]) >= 1
    assert program.get(PROFILE).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v1/nowhere", "/api/v2/auth/login", "/api//v1"]
)
def test_an_address_that_is_not_there_is_told_in_json(program, path):
    assert refused(program.get(path), 404, "not_found")
    assert refused(program.post(path, {}), 404, "not_found")


def test_another_method_is_told_with_those_there_are(program):
    answer = program.get(LOGIN)
    assert refused(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]
    assert refused(program.send("DELETE", PROFILE), 405, "method_not_allowed")
    assert refused(program.send("TRACE", f"{PROFILE}/"), 405, "method_not_allowed")


def test_an_unknown_host_is_told_in_json(program):
    assert refused(program.get(PROFILE, headers={"Host": "evil.example"}), 400, "malformed")


def test_a_bug_is_told_without_its_insides(world, program, monkeypatch):
    def broken(_actor: Actor) -> Any:
        raise RuntimeError("geheim: SELECT")

    monkeypatch.setattr("app.web.api.profile.own_user", broken)
    monkeypatch.setitem(world.app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = Program(world.app, world.customer()).get(PROFILE)
    assert refused(answer, 500, "internal")
    assert "geheim" not in answer.text


def test_sentences_are_in_the_language_of_the_reader(world, program):
    german = program.get(PROFILE, headers={"Accept-Language": "de"})
    english = program.get(PROFILE, headers={"Accept-Language": "en"})
    assert german.json["error"] == "Bitte melden Sie sich an."
    assert english.json["error"] == "Please sign in."
    own = Program(world.app, world.customer(language="en"))
    assert own.get("/api/v1/nowhere", headers={"Accept-Language": "de"}).json["error"].startswith("This is")


BROKEN: dict[str, tuple[int, bytes, str]] = {
    "nothing": (400, b"", "application/json"),
    "no JSON": (400, b"email=a", "application/json"),
    "cut": (400, b'{"email": "a', "application/json"),
    "two of them": (400, b"{}{}", "application/json"),
    "a list": (400, b"[]", "application/json"),
    "text": (400, b'"x"', "application/json"),
    "null": (400, b"null", "application/json"),
    "a name twice": (400, b'{"email": "a", "email": "b", "password": "x"}', "application/json"),
    "a name twice, once escaped": (
        400,
        b'{"email": "a", "\\u0065mail": "b", "password": "x"}',
        "application/json",
    ),
    "a name twice inside": (400, b'{"email": {"a": 1, "a": 2}, "password": "x"}', "application/json"),
    "NUL": (400, b'{"email": "a\\u0000", "password": "x"}', "application/json"),
    "NUL in a name": (400, b'{"em\\u0000ail": "a", "password": "x"}', "application/json"),
    "half a sign": (400, b'{"email": "\\ud800", "password": "x"}', "application/json"),
    "half a sign in a name": (400, b'{"\\udc00": "x"}', "application/json"),
    "a bare control sign": (400, b'{"email": "a\nb"}', "application/json"),
    "no UTF-8": (400, b'{"email": "\xff"}', "application/json"),
    "UTF-16": (400, '{"email": "a"}'.encode("utf-16"), "application/json"),
    "a mark in front": (400, b'\xef\xbb\xbf{"email": "a", "password": "x"}', "application/json"),
    "no number": (400, b'{"email": NaN}', "application/json"),
    "infinite": (400, b'{"email": -Infinity}', "application/json"),
    "a number beyond any": (400, b'{"email": 1e999}', "application/json"),
    "many digits": (400, b'{"email": ' + b"9" * 5000 + b"}", "application/json"),
    "many digits behind the point": (400, b'{"email": 0.' + b"9" * 5000 + b"}", "application/json"),
    "depth": (400, b'{"email": ' + b"[" * 33 + b"]" * 33 + b"}", "application/json"),
    "depth without end": (400, b"[" * 200_000, "application/json"),
    "objects without end": (400, b'{"a":' * 100_000, "application/json"),
    "a form": (415, b"email=a&password=x", "application/x-www-form-urlencoded"),
    "plain text": (415, b'{"email": "a", "password": "x"}', "text/plain"),
    "no type": (415, b'{"email": "a", "password": "x"}', ""),
    "another charset": (415, b'{"email": "a", "password": "x"}', "application/json; charset=utf-7"),
    "too large": (413, b'{"email": "' + b"a" * 2_000_000 + b'"}', "application/json"),
}
CODES = {400: "malformed", 413: "too_large", 415: "unsupported_type"}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("name", BROKEN)
def test_a63_json_that_could_mean_something_else_is_refused_before_anybody_looks(program, name, statements):
    status, body, kind = BROKEN[name]
    with statements() as seen:
        answer = program.post(
            LOGIN, data=body, content_type=kind, headers={"Content-Type": kind} if not kind else {}
        )
    assert refused(answer, status, CODES[status])
    assert seen == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"]
)
def test_json_comes_with_its_name(program, kind):
    body = json.dumps({"email": "ä@firma.example", "password": "🎉"}).encode()
    assert refused(program.post(LOGIN, data=body, content_type=kind), 401, "wrong_credentials")


def test_a_page_of_another_site_gets_nothing_that_its_browser_may_read(world, program):
    answer = program.post(LOGIN, {"email": "a", "password": "x"}, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = program.send("OPTIONS", LOGIN, headers=asked)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_every_answer_says_how_many_calls_are_left(world):
    program = Program(world.app, world.customer())
    with limits_on(), time_machine.travel(NOW, tick=False):
        program = Program(world.app, world.customer())
        first, second = program.get(PROFILE), program.get(f"{PROFILE}/")
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("300", "299")
    assert second.headers["RateLimit-Remaining"] == "298"
    assert 1 <= int(second.headers["RateLimit-Reset"]) <= 61


def test_the_calls_of_a_person_are_counted_whichever_program_makes_them(world, monkeypatch):
    monkeypatch.setattr("app.web.kit.quota.CALLS", "3/minute")
    mia = world.customer()
    one, two, other = Program(world.app, mia), Program(world.app, mia), Program(world.app, world.customer())
    with limits_on():
        assert [one.get(PROFILE).status_code for _ in range(2)] == [200, 200]
        assert two.get(PROFILE).status_code == 200
        answer = two.get(PROFILE)
        assert refused(answer, 429, "too_many")
        assert 1 <= int(answer.headers["Retry-After"]) <= 61
        assert answer.headers["RateLimit-Remaining"] == "0"
        assert other.get(PROFILE).status_code == 200


def test_logging_out_needs_no_body(world):
    assert (
        Program(world.app, world.customer()).post(LOGOUT, content_type="application/json").status_code == 204
    )
