"""A36: a form takes the fields it shows and no other, whoever sends it."""

from __future__ import annotations

import pytest

from tests.security.sweep.asking import deed
from tests.security.sweep.rights import WHO
from tests.security.sweep.routes import DEEDS, FORMS, Line
from tests.security.sweep.samples import filled
from tests.security.sweep.stage import ADMIN, ANON, CUSTOMER, Stage
from tests.security.sweep.state import changed, snapshot
from tests.security.sweep.things import ways
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
REFUSED = (409, 422)
WISHES = {
    "internal": "1",
    "is_internal": "1",
    "status": "closed",
    "assignee_id": "1",
    "queue_id": "1",
    "team_id": "1",
    "requester_id": "1",
    "role": "admin",
    "org_id": "1",
    "organisation_id": "1",
    "is_active": "1",
    "created_at": "2020-01-01",
    "id": "1",
    "person_id": "1",
    "password_hash": "x",
    "verified_at": "2020-01-01",
    "__class__": "x",
    "actor": "1",
}


def ends(line: Line) -> list[str]:
    """Those who may use a form, the one with the fewest and the one with the most rights."""
    may = [role for role in WHO[line.allow] if role != ANON] or [ANON]
    return sorted({may[0], may[-1]})


@pytest.mark.parametrize("line", FORMS, ids=str)
def test_a_field_the_form_does_not_have_is_refused_and_nothing_is_done(world: World, line: Line) -> None:
    assert line.takes is not None
    stage = Stage(world)
    unknown = {name: value for name, value in WISHES.items() if name not in line.takes.model_fields}
    for role in ends(line):
        path, form = line.path(ways(stage, line, role)[-1].things), filled(line.takes)
        browser = stage.browser(role)
        before = snapshot()
        for extra in [unknown, *({name: value} for name, value in list(unknown.items())[:3])]:
            answer = deed(browser, path, form | extra)
            assert answer.status_code in REFUSED, f"{line} as {role} with {sorted(extra)}: {answer.status}"
        assert changed(before) == [], f"{line} as {role}"


@pytest.mark.parametrize("line", [line for line in DEEDS if line.takes is None], ids=str)
def test_a_deed_without_a_form_listens_to_no_field(world: World, line: Line) -> None:
    """What it does is the same with and without the wishes: no row holds any of them afterwards."""
    stage = Stage(world)
    role = ends(line)[-1]
    mark = "wished-for-4711"
    answer = deed(
        stage.browser(role), line.path(ways(stage, line, role)[-1].things), dict.fromkeys(WISHES, mark)
    )
    assert answer.status_code < 500
    rows = {name: [row for row in table if mark in repr(row)] for name, table in snapshot().items()}
    assert {name: found for name, found in rows.items() if found} == {}


def test_a_customer_cannot_open_a_request_for_somebody_else_or_in_a_team(world: World) -> None:
    stage = Stage(world)
    line = next(line for line in FORMS if line.rule == "/portal/new")
    for name in ("requester_id", "team_id", "tags", "assignee_id", "priority", "status"):
        answer = deed(stage.browser(CUSTOMER), "/portal/new", filled(line.takes) | {name: "1"})
        assert answer.status_code == 422
        assert stage.browser(ADMIN).get("/portal/tickets").status_code == 200
