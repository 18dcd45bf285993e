"""What API.md says of sign-in is so: its example runs against a server, its shapes and codes are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.accounts.words import Refusal
from app.web.api import door, microsoft, sign_in
from app.web.kit import json_answers
from tests.support.accounts import PASSWORD, facts, give_password
from tests.support.programs import LOGIN, Program

TEXT = (Path(__file__).resolve().parents[3] / "API.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(json|python)\n(.*?)```", re.DOTALL)
OURS = TEXT[TEXT.index("## Below /api") : TEXT.index("## Health")]
BLOCKS = [(kind, body) for kind, body in BLOCK.findall(OURS)]


def test_the_example_in_python_runs(world, address, capsys, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    give_password(world.customer(email="mia.muster@firma.example", first_name="Mia", last_name="Muster"))
    code = next(body for kind, body in BLOCKS if kind == "python")
    assert PASSWORD in code
    exec(  # noqa: S102 the document is ours
        compile(code.replace("https://help.example.com", address), "API.md", "exec"), {"__name__": "example"}
    )
    assert capsys.readouterr().out == "Mia Muster\n"
    assert facts("sign_in.ended")[-1]["how"] == "sign_out"


def test_the_example_renews_its_pair_by_itself(world, address, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    mia = give_password(world.customer())
    code = next(body for kind, body in BLOCKS if kind == "python").split("\ndesk = ")[0]
    scope: dict = {}
    exec(compile(code, "API.md", "exec"), scope)  # noqa: S102 the document is ours
    desk = scope["Helpdesk"](address)
    desk.login(mia.email, PASSWORD)
    before = desk.pair["refresh_token"]
    desk.pair["access_token"] += "x"
    assert desk.call("GET", "/auth/profile")["id"] == mia.id
    assert desk.pair["refresh_token"] != before


@pytest.mark.sqlite_only
def test_the_shapes_are_those_that_are_given():
    refusal, signed_in = (json.loads(body) for kind, body in BLOCKS if kind == "json")
    assert json_answers.Refusal.model_validate(refusal)
    assert sign_in.SignedIn.model_validate_json(json.dumps(signed_in))
    assert list(signed_in) == list(sign_in.SignedIn.model_fields)
    assert list(signed_in["user"]) == list(sign_in.User.model_fields)


@pytest.mark.sqlite_only
def test_a_refusal_looks_as_it_is_shown(world):
    shown = json.loads(next(body for kind, body in BLOCKS if kind == "json"))
    given = Program(world.app).post(LOGIN, {"password": "x"}, headers={"Accept-Language": "en"}).json
    assert {name: given[name] for name in given if name != "request_id"} == {
        name: shown[name] for name in shown if name != "request_id"
    }


@pytest.mark.sqlite_only
def test_every_code_is_told():
    table = OURS[OURS.index("| Status | `code` |") : OURS.index("## Sign-in")]
    told = {word for word in re.findall(r"`([a-z_0-9]+)`", table)} - {"code", "details"}
    words = {
        kind.word
        for module in (sign_in, microsoft)
        for kind in vars(module).values()
        if isinstance(kind, type)
        and kind.__module__ == module.__name__
        and isinstance(getattr(kind, "word", ""), str)
        and hasattr(kind, "word")
    }
    known = set(json_answers.CODES.values()) | set(json_answers.SENTENCES) | words | set(Refusal)
    assert told == known - {"error"}


@pytest.mark.sqlite_only
def test_every_call_is_told():
    """By its method and address, whatever its parameters are called."""
    told = re.sub(r"\{\w+\}", "{}", TEXT)
    rules = {(route.method, re.sub(r"<[^>]+>", "{}", route.rule)) for route in door.table}
    told_rules = {rule for rule in rules if f"`{rule[0]} {rule[1]}" in told or f"`{rule[1]}`" in told}
    assert rules - told_rules == set()
