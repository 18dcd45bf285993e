"""A59 to A62 where people have several addresses: nobody learns who is here, gets a link or guesses more."""

from __future__ import annotations

import re

import pytest

from app.accounts import further
from app.accounts.actions import further_addresses, resetting
from app.accounts.models import Person
from app.accounts.schemas import ChangeEmail
from app.core.actor import NOBODY
from app.core.db import db
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import Site
from tests.support import post
from tests.support.accounts import (
    ANOTHER,
    PASSWORD,
    facts,
    give_password,
    limits_on,
    link_of,
    reload,
    signed_in,
    token_of,
    try_sign_in,
)
from tests.support.addresses import PRIVATE, ask
from tests.support.smtp_sink import SmtpSink


@pytest.fixture
def ours(world):
    run_unit(lambda: settings_actions.change(Site(support_email="hilfe@firma.example"), actor=NOBODY))


# Enumeration


VARIABLE = re.compile(
    r'name="csrf_token" value="[^"]+"|content="[^"]+"|name="_once" value="[^"]+"|addresses/\d+'
)


def told(answer, email: str) -> tuple[int, str | None, str]:
    return (
        answer.status_code,
        answer.headers.get("Location"),
        VARIABLE.sub("", answer.text).replace(email, "X"),
    )


@pytest.fixture
def kinds(world, ours):
    """Every kind of address somebody could ask about."""
    give_password(world.customer(email="known@firma.example"))
    give_password(world.customer(email="closed@firma.example", is_active=False))
    world.further(give_password(world.customer()), "further@firma.example")
    world.further(world.customer(), "claimed@firma.example", confirmed=False)
    return [f"{kind}@firma.example" for kind in ("known", "closed", "further", "claimed", "hilfe", "nobody")]


def test_a59_adding_an_address_tells_nothing_about_it(world, kinds, statements):
    seen_by, costs = [], []
    for email in kinds:
        person = world.customer(first_name="Mia", last_name="Muster", email=f"mia.{email}")
        browser = world.browser(person)
        browser.get("/auth/addresses/new")
        with statements() as seen:
            answer = browser.post("/auth/addresses/new", {"email": email})
        costs.append(len(seen))
        page = browser.get("/auth/addresses").text
        assert email in page
        table = page[page.index("<table") : page.index("</table>")]
        seen_by.append((told(answer, email), VARIABLE.sub("", table).replace(email, "X")))
    assert all(one == seen_by[0] for one in seen_by)
    assert max(costs) - min(costs) <= 2, costs


def test_a59_the_mails_to_ones_own_mailbox_are_the_same_for_every_address(world, kinds):
    for email in kinds:
        mia = world.customer(email=f"mia.{email}")
        here = signed_in(mia)
        with SmtpSink() as sink, post.servers(smtp=sink):
            ask(here, email)
            world.relay()
            own = [mail for mail in sink.mails if mail.recipients == (mia.email,)]
            assert len(own) == 1
            others = [mail.recipients for mail in sink.mails if mail not in own]
            assert others == ([(email,)] if email.startswith(("nobody", "claimed")) else [])


def test_a59_sign_in_registration_and_reset_answer_for_a_further_address_as_for_none(world, kinds):
    asked = {
        "/auth/login": {"password": "falsch geraten"},
        "/auth/register": {"first_name": "Nina", "last_name": "Neu", "password": PASSWORD},
        "/auth/password/forgot": {},
    }
    world.browser().post("/auth/login", {"email": "x@y.example", "password": "x"})
    for path, data in asked.items():
        answers = []
        for email in ("further@firma.example", "claimed@firma.example", "nobody@firma.example"):
            browser = world.browser()
            browser.get("/auth/login")
            answers.append(told(browser.post(path, data | {"email": email}), email))
        assert answers[0] == answers[1] == answers[2]


# Links for a new password


def test_a60_a_link_goes_to_the_address_that_was_typed(world):
    mia = give_password(world.customer(email="mia@firma.example"))
    world.further(mia, PRIVATE)
    with SmtpSink() as sink, post.servers(smtp=sink):
        for typed, mailbox in ((PRIVATE.upper(), PRIVATE), ("MIA@firma.example", "mia@firma.example")):
            run_unit(lambda email=typed: resetting.ask(email, actor=NOBODY))
            world.relay()
            assert sink.mails[-1].recipients == (mailbox,)
    browser = world.browser()
    browser.get("/auth/login")
    assert browser.post(link_of("password.reset_requested"), {"password": ANOTHER}).status_code == 303
    assert try_sign_in(world.browser(), PRIVATE, ANOTHER).status_code == 303


def test_a60_registering_with_a_further_address_sends_its_owner_there(world):
    mia = give_password(world.customer())
    world.further(mia, PRIVATE)
    data = {"first_name": "Nina", "last_name": "Neu", "password": PASSWORD, "email": PRIVATE}
    browser = world.browser()
    browser.get("/auth/login")
    with SmtpSink() as sink, post.servers(smtp=sink):
        browser.post("/auth/register", data)
        world.relay()
        assert [mail.recipients for mail in sink.mails] == [(PRIVATE,)]
    assert facts("password.reset_requested")[-1]["subject"] == mia.id


@pytest.mark.parametrize("then", ["removed", "made main"])
def test_a60_a_link_that_went_to_an_address_ends_when_the_addresses_change(world, then):
    mia = give_password(world.customer())
    here, row = signed_in(mia), world.further(mia, PRIVATE)
    run_unit(lambda: resetting.ask(PRIVATE, actor=NOBODY))
    link = link_of("password.reset_requested")
    deed = further_addresses.remove if then == "removed" else further_addresses.make_main
    run_unit(lambda: deed(row.id, actor=here))
    browser = world.browser()
    browser.get("/auth/login")
    assert browser.post(link, {"password": ANOTHER}).status_code == 410
    with SmtpSink() as sink, post.servers(smtp=sink):
        world.relay()
        assert not any("/auth/password/reset/" in str(mail.message) for mail in sink.mails)


def test_a60_a_link_to_a_further_address_does_not_confirm_the_main_one(world):
    mia = world.customer(verified_at=None)
    world.further(mia, PRIVATE)
    run_unit(lambda: resetting.ask(PRIVATE, actor=NOBODY))
    made = give_password(world.customer()).password_hash
    run_unit(lambda: resetting.reset(token_of("password.reset_requested"), made, actor=NOBODY))
    assert reload(mia).verified_at is None


# Guessing


def test_a61_further_addresses_give_no_further_guesses(world):
    mia = give_password(world.customer(email="raten@firma.example"))
    for n in range(6):
        world.further(mia, f"raten{n}@privat.example")
    with limits_on():
        answers = [
            try_sign_in(
                world.browser(),
                f"raten{n}@privat.example",
                "geraten",
                environ_overrides={"REMOTE_ADDR": f"198.51.{n}.7"},
            ).status_code
            for n in range(6)
        ]
    assert answers == [422] * 5 + [429]


# What the owner hears


def test_a62_the_main_address_is_told_of_every_change(world):
    mia, admin = give_password(world.customer(email="mia@firma.example")), signed_in(world.admin())
    here = signed_in(mia)

    def told_by(deed) -> list[tuple[str, ...]]:
        with SmtpSink() as sink, post.servers(smtp=sink):
            run_unit(deed)
            world.relay()
            return sorted(mail.recipients for mail in sink.mails)

    def person():
        return db.session.get_one(Person, mia.id)

    main, further_one = (mia.email,), (PRIVATE,)
    assert told_by(lambda: further_addresses.ask(ChangeEmail(email=PRIVATE), actor=here)) == [
        main,
        further_one,
    ]
    token = token_of("email.further_requested")
    assert told_by(lambda: further_addresses.confirm(token, actor=NOBODY)) == [main]
    (row,) = further.of_person(mia.id)
    assert told_by(lambda: further_addresses.make_main(row.id, actor=here)) == [main, further_one]
    assert told_by(lambda: further_addresses.remove_for(person(), row.id, actor=admin)) == [further_one]
    added = ChangeEmail(email="neu@privat.example")
    assert told_by(lambda: further_addresses.add_for(person(), added, actor=admin)) == [further_one]


def test_facts_about_addresses_carry_none(world):
    mia, admin = world.customer(), signed_in(world.admin())
    ask(signed_in(mia), PRIVATE)
    (row,) = further.of_person(mia.id)
    person = db.session.get_one(Person, mia.id)
    run_unit(lambda: further_addresses.remove_for(person, row.id, actor=admin))
    for kind in ("email.further_requested", "email.further_withdrawn"):
        assert "@" not in str(facts(kind))
