"""A63: wrong kinds of values in forms, queries and addresses get an answer that says so, never an error of ours."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.security.sweep.asking import call, send
from tests.security.sweep.rights import doer
from tests.security.sweep.routes import DEEDS, FORMS, QUERIES, Line, routes
from tests.security.sweep.samples import fields, filled, texts
from tests.security.sweep.stage import Stage
from tests.security.sweep.things import ways
from tests.support.world import World

HUGE = "1" + "0" * 400
NUL = "a\x00b"
SURROGATE = b"a\xed\xa0\x80b"
VALUES: list[str | bytes] = [
    *("true", "null", "[]", "NaN", "-1", "1e5", "١٢", " ", "2026-02-30"),
    *(HUGE, "9223372036854775808", NUL, "a\rb\nc\u202e\u200b\ufeff", "😀" * 300, SURROGATE, b"\xff\xfe"),
]
LONG = "x" * 300_000
# What no field takes: these have to be refused, not only survived.
NEVER = {NUL}
REFUSED = (400, 409, 413, 422)
ADDRESSES = [
    *("0", "-1", "9223372036854775807", "9223372036854775808", HUGE, "1" * 5000, "1.0", "a%00b", "%D9%A1"),
    *(
        "%ED%A0%80",
        "..%2F..%2Fetc%2Fpasswd",
        "'",
        "x" * 5000,
        "TICKET-0",
        "TICKET-" + "9" * 30,
        "1~2~3",
        "a~1~b",
    ),
]
NOT_THERE = (303, 308, 400, 404, 405, 410, 422)
# 0 is how the example of a new calendar is asked for.
READ_AS = {
    ("key", "0"),
}
# The engines differ in how they take numbers and letters; SQLite is asked everything, the others these.
TELLING: list[str | bytes] = [HUGE, "9223372036854775808", NUL, SURROGATE, "😀" * 300, "NaN"]
TELLING_ADDRESSES = [
    "9223372036854775807",
    "9223372036854775808",
    HUGE,
    "%ED%A0%80",
    "TICKET-" + "9" * 30,
    "a~1~b",
]
JSONS: list[Any] = [[], None, {"title": {"$gt": [[[[]]]]}, "code": True}]


def encoded(form: dict[str, str], poison: list[tuple[str, str | bytes]]) -> bytes:
    """A form on the wire, where names may repeat and bytes need not be text."""
    return urlencode([*form.items(), *poison]).encode()


def post(
    stage: Stage, line: Line, role: str, path: str, form: dict[str, str], *poison: tuple[str, str | bytes]
) -> Any:
    """Send a form with some poison in it."""
    browser = stage.browser(role)
    body = encoded({"csrf_token": browser.token} | form, list(poison))
    return send(browser, "POST", path, data=body, content_type="application/x-www-form-urlencoded")


def one_of_each(names: list[str]) -> list[str]:
    """One field of each family (``day0_1_from``, ``day0_2_from`` … are one)."""
    families: dict[str, str] = {}
    for name in names:
        families.setdefault(re.sub(r"\d+", "#", name), name)
    return list(families.values())


@pytest.mark.sqlite_only
@pytest.mark.parametrize("line", FORMS, ids=str)
def test_a_value_of_the_wrong_kind_in_a_form_is_survived(world: World, line: Line) -> None:
    assert line.takes is not None
    stage, role = Stage(world), doer(line)
    path = line.path(ways(stage, line, role)[-1].things)
    names = list(fields(line.takes))
    for value in [*VALUES, LONG]:
        everywhere = [(name, value) for name in (names if value != LONG else names[:1])]
        answer = post(stage, line, role, path, {}, *everywhere)
        assert answer.status_code < 500, f"{line} with {value[:20]!r} everywhere: {answer.status}"
        assert value not in NEVER or answer.status_code in REFUSED


@pytest.mark.parametrize("line", FORMS, ids=str)
def test_a_wrong_value_in_one_field_of_a_good_form_is_survived(
    world: World, engine_name: str, line: Line
) -> None:
    values = (NUL, HUGE, SURROGATE, "9223372036854775807", "😀" * 40, "Infinity")
    assert line.takes is not None
    stage, role = Stage(world), doer(line)
    path = line.path(ways(stage, line, role)[-1].things)
    for name in one_of_each(list(fields(line.takes))):
        form = filled(line.takes)
        form.pop(name, None)
        for value in values if engine_name == "sqlite" else values[:4]:
            answer = post(stage, line, role, path, form, (name, value))
            assert answer.status_code < 500, f"{line} with {value[:20]!r} in {name}: {answer.status}"
            assert value not in NEVER or answer.status_code in REFUSED, f"{line}: {name}"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("line", FORMS, ids=str)
def test_a_field_that_is_sent_twice_or_nested_is_refused(world: World, line: Line) -> None:
    assert line.takes is not None
    stage, role = Stage(world), doer(line)
    path = line.path(ways(stage, line, role)[-1].things)
    form, wants = filled(line.takes), fields(line.takes)
    for name in one_of_each(list(wants)):
        if wants[name].get("type") != "array":
            without = {key: value for key, value in form.items() if key != name}
            answer = post(stage, line, role, path, without, (name, form.get(name, "1")), (name, "2"))
            assert answer.status_code in REFUSED, f"{line} with {name} twice: {answer.status}"
        for nested in (f"{name}[x]", f"{name}[]"):
            answer = post(stage, line, role, path, form, (nested, "1"))
            assert answer.status_code in REFUSED, f"{line} with {nested}: {answer.status}"


@pytest.mark.parametrize("line", QUERIES, ids=str)
def test_a_value_of_the_wrong_kind_in_a_query_is_survived(world: World, engine_name: str, line: Line) -> None:
    assert line.takes is not None
    values = VALUES if engine_name == "sqlite" else TELLING
    stage, role = Stage(world), doer(line)
    path = line.path(ways(stage, line, role)[-1].things)
    for name in fields(line.takes):
        for value in values:
            once, twice = urlencode({name: value}), urlencode([(name, "1"), (name, value)])
            for query in (once, twice, f"{name}[x]={quote(value)}"):
                answer = send(stage.browser(role), "GET", f"{path}?{query}")
                assert answer.status_code < 500, f"{line}?{query[:60]}: {answer.status}"
                assert value not in NEVER or query != once or answer.status_code in REFUSED


@pytest.mark.parametrize("line", routes(lambda line: bool(line.parameters)), ids=str)
def test_an_address_nobody_made_is_not_found(world: World, engine_name: str, line: Line) -> None:
    addresses = ADDRESSES if engine_name == "sqlite" else TELLING_ADDRESSES
    stage, role = Stage(world), doer(line)
    things = ways(stage, line, role)[-1].things
    for name in line.parameters:
        for value in addresses:
            if (name, value) in READ_AS:
                continue
            path = line.path(things | {name: value})
            if line.is_json:
                answer = call(stage.program(role), line, path, filled(line.takes))
                assert answer.status_code in NOT_THERE, f"{line.method} {path[:80]}: {answer.status}"
                continue
            browser = stage.browser(role)
            data = {"csrf_token": browser.token} | filled(line.takes) if line.method == "POST" else None
            answer = send(browser, line.method, path, data=data)
            assert answer.status_code in NOT_THERE, f"{line.method} {path[:80]}: {answer.status}"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("line", DEEDS, ids=str)
def test_json_where_a_form_is_expected_is_survived(world: World, line: Line) -> None:
    stage, role = Stage(world), doer(line)
    path = line.path(ways(stage, line, role)[-1].things)
    for value in JSONS:
        browser = stage.browser(role, fresh="/auth/" in path)
        answer = send(browser, "POST", path, json=value, headers={"X-CSRFToken": browser.token})
        assert answer.status_code < 500, f"{line} with {value!r}: {answer.status}"


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nno end',
        ),
        ("application/x-www-form-urlencoded", b"%"),
        ("application/x-www-form-urlencoded", b"&=&=&" * 1000),
        ("application/x-www-form-urlencoded; charset=utf-7", b"title=+AEE-"),
        ("text/xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
        ("\xff", b"x"),
        ("application/json", b"[" * 10_000),
        ("application/json", b'{"title": NaN, "title": 1e999}'),
    ],
)
def test_a_body_that_is_broken_is_survived(world: World, kind: str, body: bytes) -> None:
    stage = Stage(world)
    browser = stage.browser("customer")
    for path in ("/portal/new", "/auth/login", "/auth/profile"):
        headers = {"X-CSRFToken": browser.token}
        answer = send(browser, "POST", path, data=body, content_type=kind, headers=headers)
        assert 400 <= answer.status_code < 500


@pytest.mark.sqlite_only
def test_the_sweep_poisons_texts_as_well_as_numbers() -> None:
    kinds = {str(field.get("type")) for line in FORMS if line.takes for field in fields(line.takes).values()}
    assert kinds >= {"string", "integer", "boolean", "array"}
    assert sum(len(texts(line.takes)) for line in FORMS if line.takes) > 40
