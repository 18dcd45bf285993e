"""The log's words: every kind belongs to one room, is registered once, carries ids and words, and can be told."""

from __future__ import annotations

import ast
import importlib
import re
import types
import typing
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from enum import Enum
from typing import Any

import pytest

from app.events import kinds
from app.events.kinds import Fact
from app.events.words import Visibility
from app.notifications.table import TABLE
from app.notifications.tellers import TELLERS
from tests.architecture.source import Module, module, modules

pytestmark = pytest.mark.sqlite_only
# Whose words a room may use: the first part of a kind names a thing of the room.
THINGS = {
    "accounts": {
        *(
            "api_key",
            "device",
            "email",
            "organisation",
            "password",
            "people",
            "person",
            "registration",
            "sign_in",
            "team",
            "totp",
        ),
    },
    "events": {"audit", "delivery"},
    "mailroom": {"mail", "mailbox", "recipient", "sender"},
    "notifications": {"notification", "preferences"},
    "settings": {"settings"},
    "sla": {"sla"},
    "tickets": {"category", "ticket"},
    "webhooks": {"webhook"},
}
# Texts of people stay in their own tables: the log outlives an erasure, so nothing in it may need one.
BODIES = re.compile(
    r"body|text|html|email|address|phone|content|comment$|description|subject|title|password|secret|token$|link|url"
)
PLAIN = (int, float, bool, str, date, type(None))


def facts() -> list[type[Fact]]:
    """Every fact of the product."""
    for one in modules():
        if "(Fact)" in one.text:
            importlib.import_module(one.name)
    found = [kinds.fact_type(kind) for kind in kinds.known_kinds()]
    return [fact for fact in found if fact is not None and fact.__module__.startswith("app.")]


def written(found: Iterable[Module]) -> Iterator[tuple[str, str]]:
    """Kinds as the source says them, with the module."""
    for one in found:
        for node in ast.walk(one.tree):
            if not isinstance(node, ast.ClassDef) or "Fact" not in [ast.unparse(base) for base in node.bases]:
                continue
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "kind":
                    yield ast.literal_eval(line.value), one.name


def repeated(found: Iterable[Module]) -> set[str]:
    """Kinds that are written down twice."""
    return {kind for kind, times in Counter(kind for kind, _module in written(found)).items() if times > 1}


def misplaced(fact: type[Fact]) -> str:
    """What is wrong with a kind's name, if anything."""
    room = fact.__module__.split(".")[1]
    if not re.fullmatch(r"[a-z_]+\.[a-z_]+", fact.kind) or len(fact.kind) > 60:
        return f"{fact.kind}: a kind is a thing and what happened to it"
    if fact.kind.split(".")[0] not in THINGS.get(room, set()):
        return f"{fact.kind}: no thing of {room}"
    return ""


def offending_fields(fact: type[Fact]) -> list[str]:
    """Fields that could carry what people wrote, or that are no plain values."""
    wrong = []
    for name, field in fact.model_fields.items():
        if BODIES.search(name) or not _plain(field.annotation):
            wrong.append(f"{fact.kind}.{name}")
    return wrong


def _plain(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType, list, tuple, set, frozenset, typing.Literal, dict):
        return all(_plain(part) for part in typing.get_args(annotation))
    if isinstance(annotation, str | int) or annotation is Ellipsis:
        return True
    return isinstance(annotation, type) and issubclass(annotation, (*PLAIN, Enum))


def untold(known: Iterable[str], told: Iterable[str]) -> set[str]:
    """Kinds of a ticket's story that the timeline would leave out."""
    return {kind for kind in known if kind.startswith("ticket.")} - set(told)


def test_every_kind_is_named_after_a_thing_of_its_room() -> None:
    assert [wrong for fact in facts() if (wrong := misplaced(fact))] == []
    assert len(facts()) > 40


def test_every_fact_in_the_source_has_a_kind_and_is_registered() -> None:
    source = {kind for kind, _module in written(modules())}
    classes = sum(one.text.count("(Fact):") for one in modules())
    assert source == {fact.kind for fact in facts()}
    assert classes == len(source)


def test_no_kind_is_written_down_twice() -> None:
    assert repeated(modules()) == set()


def test_every_thing_belongs_to_one_room() -> None:
    counted = Counter(thing for things in THINGS.values() for thing in things)
    assert [thing for thing, times in counted.items() if times > 1] == []


def test_every_kind_has_a_version_and_a_visibility() -> None:
    assert [fact.kind for fact in facts() if not (isinstance(fact.version, int) and fact.version >= 1)] == []
    assert [fact.kind for fact in facts() if not isinstance(fact.visibility, Visibility)] == []


def test_facts_carry_ids_words_and_numbers() -> None:
    assert [field for fact in facts() for field in offending_fields(fact)] == []


def test_every_kind_of_a_ticket_can_be_told_on_its_timeline() -> None:
    assert untold(kinds.known_kinds(), TELLERS) == set()


def test_nobody_is_told_of_kinds_that_do_not_exist() -> None:
    known = {fact.kind for fact in facts()}
    assert set(TABLE) - known == set()
    assert set(TELLERS) - known == set()


def planted(kind: str, **fields: Any) -> type[Fact]:
    """A fact of the tickets room that nobody keeps."""
    before = dict(kinds._register)
    try:
        body = {"kind": kind, "__module__": "app.tickets.events", "__annotations__": fields}
        return types.new_class("Planted", (Fact,), exec_body=lambda space: space.update(body))
    finally:
        kinds._register.clear()
        kinds._register.update(before)


@pytest.mark.parametrize(
    "kind", ["opened", "Ticket.Opened", "ticket.", "person.opened", "ticket.a.b", "ticket." + "x" * 60]
)
def test_a_kind_with_a_wrong_name_is_found(kind: str) -> None:
    assert misplaced(planted(kind))


@pytest.mark.parametrize(
    "fields",
    [
        {"body": str},
        {"new_title": str},
        {"email": str},
        {"comment": str},
        {"reply_text": str},
        {"token": str},
    ],
)
def test_a_fact_that_carries_what_people_wrote_is_found(fields: dict[str, Any]) -> None:
    assert offending_fields(planted("ticket.planted", **fields))


@pytest.mark.parametrize("kind_of_value", [object, dict[str, Any], bytes, list[bytes]])
def test_a_fact_with_a_value_that_is_not_plain_is_found(kind_of_value: Any) -> None:
    assert offending_fields(planted("ticket.planted", value=kind_of_value))


def test_a_fact_of_ids_and_words_passes() -> None:
    fine = planted("ticket.planted", person_id=int | None, tags=list[str], until=date, how=Visibility)
    assert offending_fields(fine) == []
    assert misplaced(fine) == ""


def test_a_kind_written_down_twice_is_found_and_refused() -> None:
    text = "class A(Fact):\n    kind = 'ticket.opened'\n"
    assert repeated([module("app.tickets.events", text), module("app.sla.events", text)]) == {"ticket.opened"}
    facts()
    with pytest.raises(TypeError, match=r"ticket\.opened"):
        planted("ticket.opened")


def test_a_kind_nobody_can_tell_is_found() -> None:
    assert untold(["ticket.opened", "ticket.sung_about", "team.created"], TELLERS) == {"ticket.sung_about"}
