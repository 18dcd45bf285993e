"""A61: guessing ends after a handful of tries, and the owner of the account still gets in."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from app.accounts import second_factor
from app.accounts.actions import second_factor as factors
from app.core.uow import run_unit
from tests.support.accounts import (
    ANOTHER,
    PASSWORD,
    give_password,
    limits_on,
    signed_in,
    token_of,
    try_sign_in,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_networks = itertools.count(1)


@pytest.fixture(autouse=True)
def limits(house):
    with limits_on():
        yield


def somewhere(address: str = "") -> dict:
    """A network no other test of this run came from."""
    n = next(_networks)
    return {"environ_overrides": {"REMOTE_ADDR": address or f"203.0.{n // 250}.{n % 250}"}}


def guess(world, email: str, times: int, **options) -> list[int]:
    browser = world.browser()
    return [
        try_sign_in(
            browser,
            email,
            f"geraten {n}",
            **{key: value(n) if callable(value) else value for key, value in options.items()},
        ).status_code
        for n in range(times)
    ]


def test_a61_a_forged_forwarded_for_is_no_other_network(world):
    here = somewhere()["environ_overrides"]
    answers = guess(
        world,
        "niemand@firma.example",
        11,
        environ_overrides=here,
        headers=lambda n: {"X-Forwarded-For": f"198.51.100.{n}", "X-Real-IP": f"198.51.100.{n}"},
    )
    assert answers[:5] == [422] * 5
    assert answers[10] == 429


def test_a61_one_network_tries_ten_accounts_a_minute(world):
    here = somewhere()
    browser = world.browser()
    answers = [
        try_sign_in(browser, f"person{n}@firma.example", "geraten", **here).status_code for n in range(11)
    ]
    assert answers == [422] * 10 + [429]


def test_a61_an_ipv6_neighbour_is_the_same_network(world):
    browser = world.browser()
    answers = [
        try_sign_in(
            browser, f"sechs{n}@firma.example", "geraten", **somewhere(f"2001:db8:1:2::{n + 1:x}")
        ).status_code
        for n in range(11)
    ]
    assert answers == [422] * 10 + [429]


def test_a61_capitals_and_blanks_are_the_same_account(world):
    mia = give_password(world.customer(email="mia.m@firma.example"))
    browser = world.browser()
    spelled = [
        "mia.m@firma.example",
        "MIA.M@firma.example",
        "Mia.M@Firma.Example",
        " mia.m@firma.example ",
        "mia.m@FIRMA.example",
    ]
    answers = [
        try_sign_in(browser, email, "geraten", **somewhere()).status_code for email in (*spelled, mia.email)
    ]
    assert answers == [422] * 5 + [429]


def test_a61_the_owner_gets_in_from_a_browser_that_was_here_before(world):
    mia = give_password(world.customer(email="opfer@firma.example"))
    known, fresh = world.browser(), world.browser()
    home = somewhere()
    assert try_sign_in(known, mia.email, **home).status_code == 303
    known.get("/auth/profile")
    known.post("/auth/logout")
    assert 429 in [
        try_sign_in(world.browser(), mia.email, f"geraten {n}", **somewhere()).status_code for n in range(6)
    ]
    assert try_sign_in(fresh, mia.email, **somewhere()).status_code == 429
    assert try_sign_in(known, mia.email, **home).status_code == 303


def test_a61_the_mark_of_a_browser_is_good_for_its_account_only_and_has_a_limit_of_its_own(world):
    mia, anna = (
        give_password(world.customer(email=f"{name}@firma.example")) for name in ("mark.a", "mark.b")
    )
    known = world.browser()
    try_sign_in(known, mia.email, **somewhere())
    known.get("/auth/profile")
    known.post("/auth/logout")
    guesses = [try_sign_in(known, mia.email, f"geraten {n}", **somewhere()).status_code for n in range(6)]
    assert guesses == [422] * 5 + [429]
    for n in range(5):
        try_sign_in(world.browser(), anna.email, f"geraten {n}", **somewhere())
    assert try_sign_in(known, anna.email, **somewhere()).status_code == 429


def test_a61_the_owner_gets_in_by_mail(world):
    mia = give_password(world.customer(email="ausgesperrt@firma.example"))
    for n in range(6):
        try_sign_in(world.browser(), mia.email, f"geraten {n}", **somewhere())
    browser, home = world.browser(), somewhere()
    browser.get("/auth/login")
    browser.post("/auth/password/forgot", {"email": mia.email}, **home)
    path = f"/auth/password/reset/{token_of('password.reset_requested')}"
    assert browser.post(path, {"password": ANOTHER}, **home).status_code == 303
    assert try_sign_in(browser, mia.email, ANOTHER, **home).status_code == 303


def test_a61_codes_are_guessed_five_times_a_minute(world):
    with time_machine.travel(NOW, tick=False) as travel:
        mia = give_password(world.customer(email="codes@firma.example"))
        actor, secret = signed_in(mia), second_factor.new_secret()
        run_unit(lambda: factors.enrol(secret, pyotp.TOTP(secret).at(NOW), actor=actor))
        travel.shift(timedelta(seconds=90))
        browser = world.browser()
        try_sign_in(browser, mia.email, **somewhere())
        browser.get("/auth/login/code")
        answers = [
            browser.post("/auth/login/code", {"code": f"{n:06d}"}, **somewhere()).status_code
            for n in range(6)
        ]
        assert answers == [422] * 5 + [429]


def test_a61_the_present_password_is_guessed_five_times_a_minute(world):
    browser = world.browser(give_password(world.customer()))
    browser.get("/auth/password")
    answers = [
        browser.post("/auth/password", {"current": f"geraten {n}", "password": ANOTHER}).status_code
        for n in range(6)
    ]
    assert answers == [422] * 5 + [429]
    assert browser.post("/auth/confirm-password", {"password": PASSWORD}).status_code == 429
