"""A13, A59: the door for programs tells nobody who has an account, and sends nobody more mail than the pages."""

from __future__ import annotations

import re
from typing import Any

import bcrypt
import pytest

from app.accounts.actions import by_mail
from app.accounts.actors import MAIL
from app.core.uow import run_unit
from tests.support.accounts import PASSWORD, facts, give_password, limits_on
from tests.support.programs import AUTH, Program

CALLS: dict[str, dict[str, str]] = {
    f"{AUTH}/register": {"first_name": "Nina", "last_name": "Neu", "password": PASSWORD},
    f"{AUTH}/password/forgot": {},
}
CHANGING = {"Date", "X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset"}


@pytest.fixture
def addresses(world) -> list[str]:
    """Every kind of address there is, and one that nobody has."""
    give_password(world.customer(email="known@firma.example"))
    give_password(world.customer(email="closed@firma.example", is_active=False))
    world.further(world.customer(), "further@firma.example")
    world.further(world.customer(), "waiting@firma.example", confirmed=False)
    run_unit(lambda: by_mail.find_or_create("mailed@firma.example", "", actor=MAIL))
    kinds = ("known", "closed", "further", "waiting", "mailed", "nobody")
    return [f"{kind}@firma.example" for kind in kinds]


@pytest.fixture
def work(monkeypatch) -> list[str]:
    """Counts what costs time: every hash made or compared."""
    done: list[str] = []
    for name in ("hashpw", "checkpw"):
        original = getattr(bcrypt, name)

        def counted(*args: Any, name: str = name, original: Any = original) -> Any:
            done.append(name)
            return original(*args)

        monkeypatch.setattr(bcrypt, name, counted)
    return done


def told(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.data, {k: v for k, v in answer.headers.items() if k not in CHANGING}


@pytest.mark.parametrize("path", CALLS)
def test_a59_every_address_gets_the_same_answer_for_the_same_work(
    world, addresses, work, statements, path
) -> None:
    answers, hashes, counts = [], [], []
    for email in addresses:
        program = Program(world.app)
        work.clear()
        with statements() as seen:
            answers.append(told(program.post(path, CALLS[path] | {"email": email})))
        hashes.append(list(work))
        counts.append(len(seen))
    assert answers[0][:2] == (202, b"")
    assert all(answer == answers[0] for answer in answers)
    assert hashes == [["hashpw"] if "register" in path else []] * len(addresses)
    if "forgot" in path:
        assert max(counts) - min(counts) <= 3, counts


@pytest.mark.parametrize("path", CALLS)
def test_a59_what_is_refused_is_refused_for_every_address(world, addresses, path) -> None:
    bad = {"password": "kurz"} if "register" in path else {"unknown": "1"}
    answers = [Program(world.app).post(path, CALLS[path] | {"email": one} | bad) for one in addresses]
    shapes = {re.sub(r'"request_id":"[^"]+"', "", answer.text) for answer in answers}
    assert {answer.status_code for answer in answers} == {422}
    assert len(shapes) == 1


def test_a59_the_limit_is_reached_alike_for_known_and_unknown_addresses(world, addresses) -> None:
    with limits_on():
        for email in (addresses[0], addresses[-1]):
            program = Program(world.app)
            asked = [program.post(f"{AUTH}/password/forgot", {"email": email}) for _ in range(4)]
            assert [answer.status_code for answer in asked] == [202, 202, 202, 429]
            assert asked[-1].json["details"] == {}


def test_a13_a_network_sends_thirty_links_an_hour_and_an_address_gets_three(world, addresses) -> None:
    program = Program(world.app)
    with limits_on():
        here = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.77"}}
        for path, body in CALLS.items():
            for _ in range(4):
                program.post(path, body | {"email": addresses[0]}, **here)
        assert len(facts("password.reset_requested")) == 3
        more = [
            program.post(f"{AUTH}/password/forgot", {"email": f"n{n}@firma.example"}, **here).status_code
            for n in range(30)
        ]
    assert more == [202] * 22 + [429] * 8
