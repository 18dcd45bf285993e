"""Senders who look like somebody else are shown to agents (A06)."""

from __future__ import annotations

import pytest

from app.mailroom import hints
from app.mailroom.suspicion import alike, names_another
from tests.support.letters import bring, kept, letter, tickets


@pytest.fixture
def desk(world):
    world.anna = world.agent(email="anna@firma-nord.example")
    return world


def marks(desk, sender):
    bring(desk.app, letter("Bitte überweisen", sender=sender))
    return kept()[-1].marks.split()


def test_a06_the_first_mail_of_an_address_is_marked_and_the_second_is_not(desk):
    assert marks(desk, "Eva <eva@fremd.example>") == ["first"]
    assert marks(desk, "Eva <eva@fremd.example>") == []


def test_a06_a_name_that_shows_another_address_is_marked(desk):
    assert marks(desk, '"chef@firma-nord.example" <eva@fremd.example>') == ["other_name", "first"]
    assert not names_another("Eva eva@FREMD.example", "eva@fremd.example")


@pytest.mark.parametrize(
    "domain", ["flrma-nord.example", "f1rma-nord.example", "firmanord.example", "firrna-nord.example"]
)
def test_a06_a_domain_that_looks_like_ours_is_marked(desk, domain):
    assert marks(desk, f"Anna <anna@{domain}>") == ["first", "alike"]


def test_our_own_domain_is_no_look_alike():
    assert not alike("firma-nord.example", ["firma-nord.example"])
    assert not alike("kunde.example", ["firma-nord.example"])


def test_people_we_know_are_not_marked(desk):
    desk.customer(email="mia@kunde.example")
    assert marks(desk, "Mia <mia@kunde.example>") == []
    assert marks(desk, "Anna <anna@firma-nord.example>") == []


def test_a06_the_ticket_says_so(desk):
    marks(desk, '"chef@firma-nord.example" <eva@fremd.example>')
    (ticket,) = tickets()
    assert len(hints.of_ticket(ticket)[0].warnings) == 2
    page = desk.browser(desk.anna).get(f"/tickets/{ticket.number}").get_data(as_text=True)
    assert "zeigt eine andere Adresse" in page and "erste E-Mail von dieser Adresse" in page
