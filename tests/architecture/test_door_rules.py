"""Doors: no route without a permission, nothing parsed twice, and a page to read that changes something is a bug."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask, Response
from pydantic import BaseModel

from app import wiring
from app.accounts import permissions
from app.accounts.models import Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import UnitError, current_unit, unit_of_work
from app.web.kit.door import PUBLIC, SIGNED_IN, Door, DoorError
from tests.architecture.source import Module, calls, module, modules

# Routes that belong to no door: the browser's files, the same for everybody.
BESIDE_THE_DOORS = {"static", "bundle", "brand"}
MAKERS = {"app.web.kit.door", "app.web.kit.json_door", "app.web.kit.assets", "app.web.kit.brand"}
DECLARES = ("door.page", "door.deed", "door.read", "door.change", "door.file", "door.upload")
PARSED = {"form", "args", "values", "json", "get_json", "data", "get_data"}


class Caught(Door):
    """A door whose routes are kept for the test instead of being hung into an application."""

    def __init__(self) -> None:
        super().__init__("planted", __name__)
        self.views: dict[str, Callable[..., Any]] = {}

    def add_url_rule(
        self, rule: str, endpoint: Any = None, view_func: Any = None, *_: Any, **__: Any
    ) -> None:
        self.views[str(endpoint)] = view_func


def table() -> dict[str, str]:
    """What every route of every door demands, by endpoint."""
    return {route.endpoint: route.allow for door in wiring.DOORS for route in door.table}


def undeclared(app: Flask) -> set[str]:
    """Endpoints that can be reached and stand in no door's table."""
    reachable = {rule.endpoint for rule in app.url_map.iter_rules()}
    return reachable - set(table()) - BESIDE_THE_DOORS


def plain_routes(found: Iterable[Module]) -> Iterator[str]:
    """Routes made without a door."""
    for one in found:
        if one.package != "web" or one.name in MAKERS:
            continue
        for called, call in calls(one.tree):
            last = called.rsplit(".", 1)[-1]
            if last in ("route", "add_url_rule", "Blueprint", "register_blueprint") or (
                called.startswith(("app.", "door.")) and last in ("get", "post", "put", "patch", "delete")
            ):
                yield f"{one.path}:{call.lineno} {called}"


def without_allow(found: Iterable[Module]) -> Iterator[str]:
    """Pages and deeds whose permission does not stand there in plain words."""
    for one in found:
        for called, call in calls(one.tree):
            if one.package != "web" or not called.endswith(DECLARES):
                continue
            allow = next((word.value for word in call.keywords if word.arg == "allow"), None)
            if not isinstance(allow, ast.Constant) and ast.unparse(allow or ast.Constant("")) not in (
                "PUBLIC",
                "SIGNED_IN",
            ):
                yield f"{one.path}:{call.lineno}"


def parsing(found: Iterable[Module]) -> Iterator[str]:
    """Views that read the request themselves instead of saying what they take."""
    for one in found:
        if one.package != "web" or one.name.startswith("app.web.kit"):
            continue
        for node in ast.walk(one.tree):
            if (
                isinstance(node, ast.Attribute)
                and ast.unparse(node.value) == "request"
                and node.attr in PARSED
            ):
                yield f"{one.path}:{node.lineno} request.{node.attr}"


def hanging_loose(found: Iterable[Module], hung: Iterable[Door]) -> set[str]:
    """Doors that were built and never hung."""
    return (
        {one.name for one in found if one.name.endswith(".door")}
        - MAKERS
        - {door.import_name for door in hung}
    )


def test_every_route_belongs_to_a_door(app: Flask) -> None:
    assert undeclared(app) == set()


def test_a_route_beside_the_doors_is_found() -> None:
    app = Flask("planted")
    app.add_url_rule("/back", "back_entrance", lambda: "")
    assert undeclared(app) == {"back_entrance"}


@pytest.mark.sqlite_only
def test_no_view_is_hung_without_a_door() -> None:
    assert list(plain_routes(modules())) == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "text",
    [
        "door.add_url_rule('/x', 'x', view)",
        "side = Blueprint('side', __name__)",
        "@door.route('/x')\ndef x(): pass",
        "@door.get('/x')\ndef x(): pass",
    ],
)
def test_a_view_without_a_door_is_found(text: str) -> None:
    assert list(plain_routes([module("app.web.admin.planted", text)]))


@pytest.mark.sqlite_only
def test_every_door_is_hung() -> None:
    assert hanging_loose(modules(folder="app/web"), wiring.DOORS) == set()


@pytest.mark.sqlite_only
def test_a_door_that_was_never_hung_is_found() -> None:
    assert hanging_loose([module("app.web.attic.door", "")], wiring.DOORS) == {"app.web.attic.door"}


@pytest.mark.sqlite_only
def test_every_route_says_its_permission_in_plain_words() -> None:
    assert list(without_allow(modules())) == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "text",
    [
        "@door.page('/x')\ndef x(): pass",
        "@door.deed('/x', allow=rule())\ndef x(): pass",
        "@door.read('/x', gives=Shape)\ndef x(): pass",
        "@door.change('/x', allow=rule())\ndef x(): pass",
    ],
)
def test_a_route_without_a_plain_permission_is_found(text: str) -> None:
    assert list(without_allow([module("app.web.admin.planted", text)]))


@pytest.mark.sqlite_only
def test_every_permission_is_one_of_the_table() -> None:
    asked = {allow for allow in table().values() if allow not in (PUBLIC, SIGNED_IN)}
    assert {name for name in asked if not permissions.known(name)} == set()


@pytest.mark.sqlite_only
def test_a_door_refuses_a_route_that_does_not_say_who_may_pass() -> None:
    door = Door("planted", __name__)
    with pytest.raises(DoorError):
        door.route("/x")
    with pytest.raises(DoorError):
        door.get("/x")(lambda: "")
    with pytest.raises(TypeError):
        door.page("/x")  # type: ignore[call-arg]
    with pytest.raises(DoorError):
        door.page("/x", allow="tickets.teleport")(lambda actor: "")
    with pytest.raises(DoorError):
        door.deed("/x", allow=PUBLIC, takes=BaseModel)
    assert isinstance(door, Blueprint)
    assert door.table == []


@pytest.mark.sqlite_only
def test_only_the_kit_reads_forms_and_queries() -> None:
    assert list(parsing(modules())) == []


@pytest.mark.sqlite_only
@pytest.mark.parametrize("name", sorted(PARSED))
def test_a_view_that_parses_by_itself_is_found(name: str) -> None:
    assert list(parsing([module("app.web.admin.planted", f"def x(actor):\n    return request.{name}\n")]))


@pytest.mark.sqlite_only
def test_every_form_refuses_fields_it_does_not_know() -> None:
    lax = [
        route.endpoint
        for door in wiring.DOORS
        for route in door.table
        if route.method != "GET" and route.takes and route.takes.model_config.get("extra") != "forbid"
    ]
    assert lax == []


def _add_team(name: str) -> None:
    db.session.add(Team(name=name, created_at=clock.now()))
    db.session.flush()


def _teams(name: str) -> int:
    found = db.session.scalar(sa.select(sa.func.count()).select_from(Team).where(Team.name == name))
    return found or 0


def _run(house: Flask, view: Callable[[Actor], Any], *, deed: bool, own_unit: bool = False) -> Response:
    door = Caught()
    if deed:
        door.deed("/planted", allow=PUBLIC, own_unit=own_unit)(view)
    else:
        door.page("/planted", allow=PUBLIC)(view)
    with house.test_request_context("/planted", method="POST" if deed else "GET"):
        return house.make_response(door.views[view.__name__]())


def test_a_page_to_read_that_changes_something_is_a_bug(house: Flask) -> None:
    def dirty(_actor: Actor) -> str:
        _add_team("Dirty")
        return ""

    with pytest.raises(UnitError):
        _run(house, dirty, deed=False)
    db.session.rollback()
    assert _teams("Dirty") == 0


def test_a_deed_is_committed_when_its_view_is_done(house: Flask) -> None:
    def doing(_actor: Actor) -> str:
        _add_team("Done")
        return ""

    _run(house, doing, deed=True)
    db.session.rollback()
    assert _teams("Done") == 1


def test_the_view_of_a_deed_opens_no_unit(house: Flask) -> None:
    def nesting(_actor: Actor) -> str:
        with unit_of_work():
            return ""

    with pytest.raises(UnitError):
        _run(house, nesting, deed=True)
    _run(house, nesting, deed=True, own_unit=True)


@pytest.mark.parametrize(
    ("status", "kept", "left"), [(422, False, 0), (500, False, 0), (422, True, 1), (200, False, 1)]
)
def test_a_refusal_takes_everything_back_unless_it_is_to_be_remembered(
    house: Flask, status: int, kept: bool, left: int
) -> None:
    def refusing(_actor: Actor) -> Any:
        _add_team("Refused")
        if kept:
            current_unit().keep()
        return "", status

    assert _run(house, refusing, deed=True).status_code == status
    db.session.rollback()
    assert _teams("Refused") == left
