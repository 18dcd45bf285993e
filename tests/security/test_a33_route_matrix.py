"""A33: every route × role × own, foreign and missing things; the table says who may, and nobody learns what exists."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.web.kit.door import PUBLIC
from tests.security.sweep.answers import shape
from tests.security.sweep.asking import call, deed, send
from tests.security.sweep.rights import WHO
from tests.security.sweep.routes import DEEDS, PAGES, Line, routes
from tests.security.sweep.samples import filled, in_json
from tests.security.sweep.stage import ADMIN, AGENT, ANON, CUSTOMER, LEADER, ROLES, Stage
from tests.security.sweep.things import Variant, in_the_form, maker_of, ways
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
FINE = {200, 201, 202, 204, 303, 409, 422}
# Own things that answer otherwise, and why.
OTHERWISE: dict[str, tuple[set[int], str]] = {
    "health.figures": ({404}, "closed to everybody without the token of the monitoring"),
    "api.login": ({401}, "nobody has this address and password"),
    **dict.fromkeys(
        (
            "auth.to_microsoft", "auth.microsoft_account", "auth.connect_microsoft",
            "auth.confirm_at_microsoft", "auth.connect_mailbox",
        ),
        ({404}, "Microsoft is not set up on this stage"),
    ),
    "auth.oauth_callback": ({400}, "nobody left for Microsoft"),
    "api.by_microsoft": ({404}, "Microsoft is not set up on this stage"),
    "api.replace_user": ({403}, "an agent makes nobody an agent"),
    "api.refresh": ({401}, "there is no refresh token, or that of a call"),
}  # fmt: skip
NOT_THERE = {404, 410}


def ask(stage: Stage, role: str, line: Line, variant: Variant, data: dict[str, str]) -> Any:
    """One request."""
    if line.is_json:
        body = in_json(line.takes, data | in_the_form(line, variant) if data else data)
        return call(stage.program(role), line, line.path(variant.things), body)
    browser, path = stage.browser(role, fresh=line.allow == PUBLIC), line.path(variant.things)
    if line.is_page:
        return send(browser, "GET", path)
    return deed(browser, path, data | in_the_form(line, variant) if data else data)


def check_allowed(line: Line, variant: Variant, status: int, *, well_filled: bool) -> None:
    if variant.what == "own":
        assert status in FINE | OTHERWISE.get(line.endpoint, (set(), ""))[0]
    else:
        named = variant.what.split()[-1]
        assert status in (NOT_THERE if well_filled and named in line.parameters else NOT_THERE | {409, 422})


def check_refused(line: Line, role: str, answer: Any) -> None:
    if role != ANON:
        assert answer.status_code == 403
    elif line.is_json:
        assert (answer.status_code, answer.mimetype) == (401, "application/json")
    elif line.is_page:
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/auth/login")
    else:
        assert answer.status_code == 401


@pytest.mark.parametrize("line", routes(), ids=str)
def test_a_route_opens_for_those_it_is_for_and_for_their_own_things(world: World, line: Line) -> None:
    stage = Stage(world)
    for role in ROLES:
        allowed = role in WHO[line.allow]
        empty_too = allowed and line.takes is not None and not line.is_page
        for data in [filled(line.takes), {}] if empty_too else [filled(line.takes)]:
            shapes = {}
            for variant in ways(stage, line, role):
                answer = ask(stage, role, line, variant, data)
                try:
                    if allowed:
                        check_allowed(
                            line, variant, answer.status_code, well_filled=bool(data) or not line.takes
                        )
                    else:
                        check_refused(line, role, answer)
                except AssertionError as error:
                    asked = f"{line} as {role}, {variant.what}, form {sorted(data)}"
                    raise AssertionError(f"{asked}: {answer.status}") from error
                shapes[variant.what] = shape(answer)
            assert_foreign_is_missing(line, role, shapes)


def assert_foreign_is_missing(line: Line, role: str, shapes: dict[str, Any]) -> None:
    """What is there and not one's own looks exactly like what is not there."""
    for what, found in shapes.items():
        if what.startswith("foreign"):
            assert found == shapes[what.replace("foreign", "missing")], f"{line} as {role}: {what} shows"


def test_every_permission_of_a_route_is_in_the_table() -> None:
    assert {line.allow for line in routes()} - set(WHO) == set()


def test_every_parameter_of_an_address_is_known() -> None:
    for line in routes():
        for name in line.parameters:
            maker_of(name, line.rule)


def test_a_parameter_nobody_explained_is_found() -> None:
    with pytest.raises(AssertionError, match="planet"):
        maker_of("planet", "/portal/<planet>")


@pytest.mark.parametrize("rule", sorted({line.rule for line in routes()}))
def test_other_methods_are_refused(world: World, rule: str) -> None:
    stage = Stage(world)
    known = {line.method for line in routes() if line.rule == rule}
    line = next(line for line in routes() if line.rule == rule)
    path = line.path(ways(stage, line, ADMIN)[-1].things)
    browser = stage.browser(ADMIN)
    for method in {"GET", "POST", "PUT", "DELETE", "TRACE"} - known:
        answer = send(browser, method, path, data={"csrf_token": browser.token})
        assert answer.status_code == 405, f"{method} {path}: {answer.status}"


@pytest.mark.parametrize("line", PAGES, ids=str)
def test_asking_for_the_head_alone_says_no_more(world: World, line: Line) -> None:
    stage = Stage(world)
    for role in (ANON, CUSTOMER, ADMIN):
        path, browser = line.path(ways(stage, line, role)[-1].things), stage.browser(role)
        answer = send(browser, "HEAD", path)
        assert answer.status_code == send(browser, "GET", path).status_code
        assert answer.get_data() == b""


def test_the_sweep_sees_every_door(app: Flask) -> None:
    assert {line.endpoint.split(".")[0] for line in routes()} == set(app.blueprints)
    assert len(PAGES) > 50
    assert len(DEEDS) > 50


def test_an_agent_of_level_four_manages_agents_below(world: World) -> None:
    stage = Stage(world)
    senior = world.browser(world.agent(support_level=4))
    assert senior.get(f"/people/{stage.colleague(3).id}/role").status_code == 200
    assert senior.get(f"/people/{stage.colleague(4).id}/role").status_code == 403
    assert senior.get(f"/people/{stage.people[LEADER].id}/role").status_code == 403
    assert stage.browser(AGENT).get(f"/people/{stage.colleague(1).id}/role").status_code == 403
