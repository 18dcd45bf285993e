"""A door for programs of its own, hung nowhere: what the calls to come stand on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.accounts.models import Team
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, PasswordNeeded, Unavailable
from app.core.schema import Command, Id, Title
from app.web.kit.door import PUBLIC, SIGNED_IN, DoorError
from app.web.kit.json_answers import Answer
from app.web.kit.json_door import JsonDoor

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Thing(Answer):
    id: int
    at: datetime
    name: str


class NewThing(Command):
    name: Title
    team: Id | None = None


class Search(Command):
    name: Title = ""
    limit: int = 25


def _make(actor: Actor, command: NewThing) -> Thing:
    if command.name == "taken":
        raise Conflict("Das gibt es schon.")
    if command.name == "wrong":
        raise Invalid({"name": "So nicht."})
    row = Team(name=command.name, created_at=clock.now())
    db.session.add(row)
    db.session.flush()
    return Thing(id=row.id, at=clock.now(), name=row.name)


def _find(_actor: Actor, query: Search) -> Thing:
    return Thing(id=query.limit, at=NOW, name=query.name)


class Planted:
    """The views of a door that is hung nowhere, called as its routes would be."""

    def __init__(self, house: Flask) -> None:
        self.house = house
        self.views: dict[str, Callable[..., Any]] = {}
        planted = self

        class Kept(JsonDoor):
            def add_url_rule(self, rule: str, endpoint: Any = None, view_func: Any = None, **_: Any) -> None:
                planted.views[endpoint] = view_func

        self.door = Kept("planted", __name__, url_prefix="/api/planted")
        self.door.change("/tags/things", allow=PUBLIC, takes=NewThing, gives=Thing, status=201)(_make)
        self.door.read("/tags/things", allow=PUBLIC, gives=Thing, query=Search)(_find)

    def ask(self, name: str, path: str = "/api/planted/things", **options: Any) -> Any:
        """What a call is answered, refusals included."""
        with self.house.test_request_context(path, **options):
            try:
                return self.house.make_response(self.views[name]())
            except Exception as error:
                return self.house.make_response(self.house.handle_user_exception(error))
            finally:
                db.session.rollback()


@pytest.fixture
def planted(house):
    return Planted(house)


def test_what_a_view_gives_is_told_in_its_shape(planted):
    with time_machine.travel(NOW, tick=False):
        answer = planted.ask("_make", method="POST", json={"name": "Muster"})
    assert answer.status_code == 201
    assert answer.json["at"] == "2026-11-20T09:00:00Z"


def test_a_conflict_and_a_problem_of_a_room_are_told_with_their_words(planted):
    taken = planted.ask("_make", method="POST", json={"name": "taken"})
    assert (taken.status_code, taken.json["code"], taken.json["error"]) == (
        409,
        "conflict",
        "Das gibt es schon.",
    )
    wrong = planted.ask("_make", method="POST", json={"name": "wrong"})
    assert (wrong.status_code, wrong.json["details"]) == (422, {"name": ["So nicht."]})


def test_a_call_with_a_key_takes_effect_once(planted):
    key = {"Idempotency-Key": "einmal"}
    first, again = (planted.ask("_make", method="POST", json={"name": "Eins"}, headers=key) for _ in range(2))
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert again.mimetype == "application/json"
    other = planted.ask("_make", method="POST", json={"name": "Zwei"}, headers=key)
    assert (other.status_code, other.json["code"]) == (409, "conflict")


@pytest.mark.parametrize("value", ["7", 7.0, True, [7], -1, 0, 2**63])
def test_numbers_are_numbers(planted, value):
    answer = planted.ask("_make", method="POST", json={"name": "x", "team": value})
    assert (answer.status_code, list(answer.json["details"])) == (422, ["team"])


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=x", "limit"), ("limit=1&limit=2", "limit"), ("other=1", "other"), ("name=%00", "name")],
)
def test_a_query_is_as_strict_as_a_body(planted, query, field):
    answer = planted.ask("_find", f"/api/planted/things?{query}")
    assert (answer.status_code, list(answer.json["details"])) == (422, [field])


def test_a_query_is_read(planted):
    answer = planted.ask("_find", "/api/planted/things?limit=7&name=Muster")
    assert (answer.status_code, answer.json["id"], answer.json["name"]) == (200, 7, "Muster")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound(), 404, "not_found"),
        (PasswordNeeded(), 403, "password_needed"),
        (Unavailable(), 503, "unavailable"),
    ],
)
def test_refusals_of_rooms_have_their_codes(planted, error, status, code):
    def failing(_actor: Actor) -> Any:
        raise error

    planted.door.change("/tags/fail", allow=PUBLIC)(failing)
    answer = planted.ask("failing", "/api/planted/fail", method="POST")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert (answer.headers.get("Retry-After") is not None) == (status == 503)


def test_a_view_that_gives_another_shape_is_a_bug(planted):
    def lying(_actor: Actor) -> Any:
        return {"password_hash": "x"}

    planted.door.read("/tags/lie", allow=PUBLIC, gives=Thing)(lying)
    with planted.house.test_request_context("/api/planted/lie"), pytest.raises(TypeError, match="Thing"):
        planted.views["lying"]()


def test_a_json_door_refuses_what_is_for_pages():
    door = JsonDoor("planted", __name__, url_prefix="/api/planted")
    with pytest.raises(DoorError):
        door.page("/x", allow=PUBLIC)
    with pytest.raises(DoorError):
        door.deed("/x", allow=PUBLIC)
    with pytest.raises(DoorError):
        door.change("/tags/x", allow=SIGNED_IN, method="GET")
    with pytest.raises(DoorError):
        door.read("/tags/x", allow="tickets.teleport", gives=Thing)(lambda actor: None)
    with pytest.raises(TypeError):
        door.read("/tags/x", gives=Thing)  # type: ignore[call-arg]
    assert door.table == []


def test_a_call_no_scope_opens_is_refused_when_it_is_declared(planted):
    def view(_actor):
        return None

    with pytest.raises(DoorError, match="scopes"):
        planted.door.read("/things", allow=SIGNED_IN, gives=Thing)(view)
    with pytest.raises(DoorError, match="scopes"):
        planted.door.change("/events", allow=SIGNED_IN)(view)
    planted.door.change("/auth/things", allow=SIGNED_IN)(view)
    assert (planted.door.table[-1].by_key, planted.door.table[-1].scope) == (False, "")
