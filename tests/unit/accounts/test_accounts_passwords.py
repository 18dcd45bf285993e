"""Passwords: what is refused, how they are hashed; addresses and one-time codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts import addresses, passwords, second_factor
from app.accounts.guessable import is_guessable
from app.web.auth.browser import described

OWN = ["Mia", "Muster", "mia.muster@firma.example"]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "password",
    [
        "password",
        "Passwort1",
        "P@ssw0rd!",
        "Sommer2026!",
        "qwertz123",
        "12345678",
        "11111111",
        "abcabcabc",
        "19850312",
        "12.03.1985",
        "asdfghjkl",
        "1qay2wsx",
        "FCBayern1900",
        "trustno1",
        "iloveyou1",
        "muster2026",
        "Mia.Muster1",
    ],
)
def test_a_password_everybody_would_try_is_refused(password: str) -> None:
    assert is_guessable(password, OWN)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "password",
    [
        "Ostsee-Wind-7",
        "richtig pferd batterie",
        "kX9#mPq2",
        "7k2-93h4",
        "blauer Elefant tanzt",
        "84629173",
        "sonne wasser feuer schatz",
        "x1y2z3w4",
    ],
)
def test_a_password_nobody_would_try_is_taken(password: str) -> None:
    assert not is_guessable(password, OWN)


@pytest.mark.sqlite_only
def test_seven_characters_are_too_few_and_eight_are_enough() -> None:
    assert passwords.weaknesses("kX9#mPq")
    assert passwords.weaknesses("kX9#mPq2") == []


def test_nothing_of_a_long_password_is_cut_off(house) -> None:
    long = "ä" * 100
    kept = passwords.hashed(long + "x")
    assert passwords.matches(long + "x", kept)
    assert not passwords.matches(long + "y", kept)


def test_blanks_and_the_two_ways_to_write_an_umlaut_do_not_lock_anybody_out(house) -> None:
    kept = passwords.hashed(" Bl\u00e4tter im Wind ")
    assert passwords.matches(" Bla\u0308tter im Wind ", kept)
    assert not passwords.matches("Bl\u00e4tter im Wind", kept)


def test_an_account_without_a_password_never_matches(house) -> None:
    assert not passwords.matches("", "")
    assert not passwords.matches("anything", "")


@pytest.mark.sqlite_only
@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_judged(text: str) -> None:
    assert isinstance(is_guessable(text or "x", [text]), bool)
    assert isinstance(addresses.key(text), str)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Mia@Firma.Example", "mia@firma.example"),
        (" mia@firma.example ", "mia@firma.example"),
        ("mia@xn--bro-hoa.example", "mia@büro.example"),
        ("mia@firma.local", "mia@firma.local"),
    ],
)
def test_addresses_are_compared_without_capitals(typed: str, kept: str) -> None:
    assert addresses.key(typed) == kept


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "mia",
        "mia@",
        "@firma.example",
        "m i a@firma.example",
        "mía@firma.example",
        "a@b@c.example",
        "x" * 300,
    ],
)
def test_what_is_no_plain_address_belongs_to_nobody(typed: str) -> None:
    assert addresses.key(typed) == ""


@pytest.mark.sqlite_only
def test_a_code_fits_its_own_half_minute_and_the_neighbours() -> None:
    secret, at = second_factor.new_secret(), datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    code = pyotp.TOTP(secret).at(at)
    step = int(at.timestamp()) // 30
    assert second_factor.step_of(secret, code, at) == step
    assert second_factor.step_of(secret, f" {code[:3]} {code[3:]}", at + timedelta(seconds=30)) == step
    assert second_factor.step_of(secret, code, at + timedelta(seconds=90)) is None
    assert second_factor.step_of(secret, "", at) is None
    assert second_factor.step_of(secret, "１２３４５６", at) is None


@pytest.mark.sqlite_only
def test_recovery_codes_are_ten_different_long_ones_and_forgive_how_they_are_typed() -> None:
    codes = second_factor.new_recovery_codes()
    assert len(set(codes)) == 10
    assert second_factor.is_recovery_code(codes[0])
    assert second_factor.recovery_hash(codes[0].upper().replace("-", " ")) == second_factor.recovery_hash(
        codes[0]
    )
    assert not second_factor.is_recovery_code("123456")


@pytest.mark.sqlite_only
def test_the_picture_needs_nothing_from_elsewhere() -> None:
    picture = second_factor.picture(
        second_factor.address(second_factor.new_secret(), account="mia@firma.example", issuer="Helpdesk")
    )
    assert picture.startswith("data:image/svg+xml;base64,")


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("says", "shown"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox, Windows",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge, Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5", ""),
        ("", ""),
    ],
)
def test_browsers_are_named_in_words(says: str, shown: str) -> None:
    assert described(says) == shown
