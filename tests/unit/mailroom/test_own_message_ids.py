"""Our own Message-IDs: nobody else can make one, and each says what it is about."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from app.core import environment
from app.integrations.compose import MESSAGE_ID
from app.mailroom import own_ids
from app.mailroom.own_ids import OwnId

pytestmark = pytest.mark.sqlite_only


@pytest.fixture(autouse=True)
def house_of_its_own(app: Flask) -> Iterator[None]:
    before = environment.environment()
    yield
    environment.use(before)


def test_what_goes_in_comes_out() -> None:
    made = own_ids.make("ticket", 42, 17, 5)
    assert own_ids.read(made) == OwnId("ticket", 42, 17, 5)
    assert own_ids.read(own_ids.make("person", 5, 17, 5, "new")) == OwnId("person", 5, 17, 5)
    assert made.endswith("@localhost>")
    assert MESSAGE_ID.fullmatch(made)


def test_the_same_mail_has_the_same_id_and_another_another() -> None:
    made = own_ids.make("ticket", 42, 17, 5)
    assert made == own_ids.make("ticket", 42, 17, 5)
    others = {
        own_ids.make("ticket", 43, 17, 5), own_ids.make("ticket", 42, 18, 5), own_ids.make("ticket", 42, 17, 6),
        own_ids.make("person", 42, 17, 5), own_ids.make("ticket", 42, 17, 5, "new"),
    }  # fmt: skip
    assert len(others | {made}) == 6


@pytest.mark.parametrize(
    ("old", "new"), [("ticket.42", "ticket.43"), (".17.", ".18."), (".5.", ".6."), ("ticket.", "person.")]
)
def test_an_altered_id_is_nobodys(old: str, new: str) -> None:
    assert not own_ids.is_ours(own_ids.make("ticket", 42, 17, 5).replace(old, new, 1))


@pytest.mark.parametrize(
    "value", ["", "<x@y>", "<ticket.42.17.5.abc@localhost>", "ticket.42.17.5", "<ticket.42>" * 500]
)
def test_what_is_none_of_ours_is_told_apart(value: str) -> None:
    assert own_ids.read(value) is None


def test_an_id_stays_ours_when_the_address_of_the_site_or_the_key_changes() -> None:
    made = own_ids.make("ticket", 42, 17, 5)
    house = environment.environment()
    environment.use(
        dataclasses.replace(
            house,
            site_url="https://neu.firma.example",
            secret_key="a-new-key",
            secret_key_fallbacks=(house.secret_key,),
        )
    )
    assert own_ids.is_ours(made)
    assert own_ids.make("ticket", 42, 17, 5).endswith("@neu.firma.example>")


def test_a_key_that_was_given_up_proves_nothing() -> None:
    made = own_ids.make("ticket", 42, 17, 5)
    environment.use(dataclasses.replace(environment.environment(), secret_key="a-new-key"))
    assert not own_ids.is_ours(made)


def test_a_site_without_a_name_gets_an_id_too() -> None:
    environment.use(dataclasses.replace(environment.environment(), site_url="http://[::1]:8000"))
    made = own_ids.make("ticket", 42, 17, 5)
    assert own_ids.is_ours(made)
    assert MESSAGE_ID.fullmatch(made)
