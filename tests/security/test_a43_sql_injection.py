"""A43: what is typed into a search, a filter or an address is a value, never a piece of a question to the database."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from tests.security.sweep.answers import shape
from tests.security.sweep.asking import deed, send
from tests.security.sweep.rights import doer
from tests.security.sweep.routes import FORMS, QUERIES, Line
from tests.security.sweep.samples import fields, filled, texts
from tests.security.sweep.stage import Stage
from tests.security.sweep.state import snapshot
from tests.security.sweep.things import ways
from tests.support.world import World

INJECTIONS = [
    *("'", '"', "\\", "`", ";", "--", "/*", "#", ")", "%", "_", "%%", "\\%", "%' OR '1'='1", "' OR 1=1 --"),
    *("1 OR 1=1", "1; DROP TABLE person; --", "1) UNION SELECT password_hash FROM person --"),
    *(
        "' UNION SELECT NULL, NULL --",
        "' AND SLEEP(5) --",
        "'; SELECT pg_sleep(5); --",
        "' || (SELECT 1) || '",
    ),
    *(
        '{"$gt": ""}',
        "(select password_hash from person)",
        "id DESC, (select 1)",
        ":a",
        "%s",
        "%(x)s",
        "?",
        "{0}",
    ),
    *(
        "+drucker -x*",
        '"offen',
        "*",
        "a*",
        "(",
        "a AND",
        "NEAR/3",
        "~",
        "@8",
        "<->",
        "!!",
        "a:*",
        "NULL",
        "\u2019",
    ),
]
WILD = ["%", "_", "%%", "_%", "*", "?", "\\%", "%a%", "[a-z]"]
NONSENSE = "qzxjkwv"
STRAY = {
    "order_by": "(select 1)",
    "sort": "password_hash",
    "filter": "1=1",
    "fields": "password_hash",
    "where": "1",
}


def without(answer: Any, term: str) -> tuple[int, str, str]:
    """The shape of an answer with every spelling of a term taken out."""
    status, kind, body = shape(answer)
    spellings = {term, html.escape(term), quote(term), quote_plus(term), quote(term, safe="")}
    for spelled in sorted(spellings, key=len, reverse=True):
        body = body.replace(spelled, "·")
    return status, kind, body.replace("··", "·")


def asked(stage: Stage, line: Line, role: str, path: str, query: dict[str, str]) -> Any:
    answer = send(stage.browser(role), "GET", path, query_string=query)
    assert answer.status_code == 200 or 300 <= answer.status_code < 500, f"{line}?{query}: {answer.status}"
    return answer


@pytest.mark.parametrize("line", QUERIES, ids=str)
def test_an_injection_in_a_query_finds_no_more_than_nonsense(world: World, line: Line) -> None:
    assert line.takes is not None
    stage, role = Stage(world), doer(line)
    path = line.path(ways(stage, line, role)[-1].things)
    free = texts(line.takes)
    for name in fields(line.takes):
        nothing = without(asked(stage, line, role, path, {name: NONSENSE}), NONSENSE)
        for value in INJECTIONS:
            answer = asked(stage, line, role, path, {name: value})
            if (
                name in free
                and answer.status_code == 200
                and value.strip("'\"\\`;-/*#)( ")
                and nothing[0] == 200
            ):
                assert len(without(answer, value)[2]) <= len(nothing[2]) + 400, (
                    f"{line}?{name}={value} finds more"
                )


@pytest.mark.parametrize("line", QUERIES, ids=str)
def test_a_wildcard_is_a_letter_like_any_other(world: World, line: Line) -> None:
    assert line.takes is not None
    stage, role = Stage(world), doer(line)
    stage.own_request(role if role in stage.people else "customer")
    path = line.path(ways(stage, line, role)[-1].things)
    for name in texts(line.takes):
        if name in ("cursor", "next"):
            continue
        nothing = without(asked(stage, line, role, path, {name: NONSENSE}), NONSENSE)
        for value in WILD:
            found = without(asked(stage, line, role, path, {name: value}), value)
            assert found[0] == nothing[0], f"{line}?{name}={value}: {found[0]} instead of {nothing[0]}"
            assert abs(len(found[2]) - len(nothing[2])) < 100, f"{line}?{name}={value} finds something"


@pytest.mark.parametrize("line", QUERIES, ids=str)
def test_nobody_sorts_or_filters_by_what_the_page_does_not_offer(world: World, line: Line) -> None:
    assert line.takes is not None
    stage, role = Stage(world), doer(line)
    path = line.path(ways(stage, line, role)[-1].things)
    stray = {name: value for name, value in STRAY.items() if name not in line.takes.model_fields}
    plain, odd = asked(stage, line, role, path, {}), asked(stage, line, role, path, stray)
    assert shape(odd)[:2] == shape(plain)[:2] or odd.status_code == 422
    for name in set(STRAY) & set(line.takes.model_fields):
        answer = asked(stage, line, role, path, {name: STRAY[name]})
        assert answer.status_code == 422 or without(answer, STRAY[name])[2] == without(plain, "")[2]


@pytest.mark.parametrize("line", FORMS, ids=str)
def test_an_injection_in_a_form_is_only_text(world: World, line: Line) -> None:
    assert line.takes is not None
    stage, role = Stage(world), doer(line)
    path = line.path(ways(stage, line, role)[-1].things)
    people = len(snapshot()["person"])
    for value in INJECTIONS[::5]:
        free = {name: value[:most] for name, most in texts(line.takes).items() if name != "email"}
        answer = deed(stage.browser(role, fresh="/auth/" in path), path, filled(line.takes) | free)
        assert answer.status_code < 500, f"{line} with {value!r}: {answer.status}"
    assert len(snapshot()["person"]) >= people


def test_a_search_that_finds_somebody_would_be_noticed(world: World) -> None:
    stage = Stage(world)
    line = next(line for line in QUERIES if line.rule == "/people")
    nothing = without(asked(stage, line, "agent", "/people", {"q": NONSENSE}), NONSENSE)
    found = without(asked(stage, line, "agent", "/people", {"q": "Nachbarin"}), "Nachbarin")
    assert len(found[2]) > len(nothing[2]) + 400
