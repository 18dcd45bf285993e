"""A59: whether somebody has an account here is told by no answer and by no amount of work."""

from __future__ import annotations

import re
from typing import Any

import bcrypt
import pytest

from app.accounts.actions import by_mail
from app.accounts.actors import MAIL
from app.core.uow import run_unit
from tests.support.accounts import PASSWORD, give_password

VARIABLE = re.compile(
    r'name="csrf_token" value="[^"]+"|content="[^"]+"|name="_once" value="[^"]+"|Referenz \w+'
)


@pytest.fixture
def work(monkeypatch):
    """Counts what costs time: every hash made or compared."""
    done: list[str] = []

    def counting(name: str) -> Any:
        original = getattr(bcrypt, name)

        def counted(*args: Any) -> Any:
            done.append(name)
            return original(*args)

        return counted

    for name in ("hashpw", "checkpw"):
        monkeypatch.setattr(bcrypt, name, counting(name))
    return done


@pytest.fixture
def addresses(world):
    """Every kind of address there is, and what it is."""
    give_password(world.customer(email="known@firma.example"))
    give_password(world.customer(email="closed@firma.example", is_active=False))
    world.customer(email="without@firma.example")
    run_unit(lambda: by_mail.find_or_create("mailed@firma.example", "", actor=MAIL))
    return [f"{kind}@firma.example" for kind in ("known", "closed", "without", "mailed", "nobody")]


def told(answer) -> tuple[int, str, dict[str, str]]:
    """Everything of an answer that somebody outside can compare."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("Date", "X-Request-ID", "Set-Cookie", "Content-Length")
    }
    body = VARIABLE.sub("", answer.text)
    return answer.status_code, re.sub(r"\w+@firma\.example", "", body), headers


def ask_all(world, work, addresses, path, data) -> tuple[list[Any], list[list[str]]]:
    answers, costs = [], []
    for email in addresses:
        browser = world.browser()
        browser.get("/auth/login")
        work.clear()
        answers.append(told(browser.post(path, data | {"email": email})))
        costs.append(list(work))
    return answers, costs


def test_a59_a_wrong_password_and_an_unknown_address_are_one(world, work, addresses):
    world.browser().post(
        "/auth/login", {"email": "x@y.example", "password": "x"}
    )  # makes the hash nobody has
    answers, costs = ask_all(world, work, addresses, "/auth/login", {"password": "falsch geraten"})
    assert all(answer == answers[0] for answer in answers)
    assert costs == [["checkpw"]] * len(addresses)


def test_a59_registering_a_known_address_looks_like_an_unknown_one(world, work, addresses):
    data = {"first_name": "Nina", "last_name": "Neu", "password": PASSWORD}
    answers, costs = ask_all(world, work, addresses, "/auth/register", data)
    assert all(answer == answers[0] for answer in answers)
    assert costs == [["hashpw"]] * len(addresses)


def test_a59_asking_for_a_link_tells_nothing(world, work, addresses, statements):
    answers, costs = ask_all(world, work, addresses, "/auth/password/forgot", {})
    assert all(answer == answers[0] for answer in answers)
    assert costs == [[]] * len(addresses)


def test_a59_asking_for_a_link_costs_about_the_same_statements(world, addresses, statements):
    counts = []
    for email in addresses:
        browser = world.browser()
        browser.get("/auth/login")
        with statements() as seen:
            browser.post("/auth/password/forgot", {"email": email})
        counts.append(len(seen))
    assert max(counts) - min(counts) <= 2, counts


def test_a59_moving_to_a_known_address_looks_like_an_unknown_one(world, addresses):
    answers = []
    for email in addresses:
        browser = world.browser(world.customer())
        browser.get("/auth/email")
        answers.append(told(browser.post("/auth/email", {"email": email})))
    assert all(answer == answers[0] for answer in answers)
