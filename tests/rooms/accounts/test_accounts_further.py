"""Several addresses of one person: asked for, confirmed, added by staff, found by; and never with two people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import further, proofs
from app.accounts.actions import by_mail, people, sweeping
from app.accounts.actors import MAIL
from app.accounts.models import OneTimeToken, Person, PersonAddress
from app.accounts.queries import own_sign_ins
from app.accounts.schemas import NewPerson
from app.core.actor import NOBODY
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import Site
from tests.support.accounts import PASSWORD, facts, give_password, reload, signed_in, token_of
from tests.support.addresses import PRIVATE, add_for, ask, confirm, listed, who
from tests.support.at_once import at_once

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_an_address_finds_its_person_from_the_click_on(world):
    mia = world.customer()
    here = signed_in(mia)
    ask(here)
    assert (listed(mia), who(PRIVATE)) == ([(PRIVATE, False)], None)
    token = token_of("email.further_requested")
    assert confirm(token).email == PRIVATE
    assert listed(mia) == [(PRIVATE, True)]
    assert who(PRIVATE) == who("MIA@Privat.example") == mia.id
    assert reload(mia).email == mia.email
    assert len(own_sign_ins(here)) == 1
    assert facts("email.further_added")[-1] | {"token_id": 0} == {
        "further_id": further.of_person(mia.id)[0].id,
        "token_id": 0,
        "how": "confirmed",
        "actor": mia.id,
        "subject": mia.id,
    }
    assert confirm(token) is None


def test_an_address_of_the_list_is_not_asked_for_twice_but_its_link_is_sent_now(world):
    mia = world.customer()
    here = signed_in(mia)
    ask(here)
    first = token_of("email.further_requested")
    ask(here, "Mia@Privat.example")
    second = token_of("email.further_requested")
    assert (first != second, listed(mia)) == (True, [(PRIVATE, False)])
    assert confirm(first) is None
    assert confirm(second)
    for email in (PRIVATE, mia.email, mia.email.upper()):
        with pytest.raises(Invalid) as refused:
            ask(here, email)
        assert refused.value.problems == {"email": ["Diese Adresse ist schon eingetragen."]}


def test_links_of_two_addresses_work_beside_each_other(world):
    here = signed_in(world.customer())
    ask(here)
    first = token_of("email.further_requested")
    ask(here, "mia@verein.example")
    assert confirm(first) and confirm(token_of("email.further_requested"))


def test_ten_further_addresses_are_enough(world):
    mia = world.customer()
    for n in range(further.MOST):
        world.further(mia, f"mia{n}@privat.example", confirmed=n % 2 == 0)
    with pytest.raises(Invalid) as refused:
        ask(signed_in(mia))
    assert refused.value.problems == {"email": ["Mehr als 10 weitere Adressen sind nicht möglich."]}
    admin = signed_in(world.admin())
    with pytest.raises(Invalid):
        add_for(mia, PRIVATE, admin)


def test_staff_add_an_address_that_counts_at_once(world):
    mia, admin = world.customer(), signed_in(world.admin())
    world.further(mia, "wartet@privat.example", confirmed=False)
    for email in (PRIVATE, "Wartet@privat.example"):
        add_for(mia, email, admin)
        assert who(email) == mia.id
    fact = facts("email.further_added")[-1]
    assert (fact["how"], fact["actor"], fact["subject"]) == ("by_staff", admin.person_id, mia.id)
    row = db.session.get_one(OneTimeToken, fact["token_id"])
    assert (row.detail, row.former) == ("wartet@privat.example", mia.email)


def test_staff_are_told_why_an_address_cannot_be_had(world):
    anna = world.customer(first_name="Anna", last_name="Berger", email="anna@firma.example")
    world.further(anna, "anna@privat.example")
    run_unit(lambda: settings_actions.change(Site(support_email="hilfe@firma.example"), actor=NOBODY))
    mia, admin = world.customer(), signed_in(world.admin())
    for email, said in (
        ("Anna@firma.example", "Anna@firma.example gehört zu Anna Berger."),
        ("anna@privat.example", "anna@privat.example gehört zu Anna Berger."),
        ("hilfe@firma.example", "hilfe@firma.example ist ein Postfach dieses Helpdesks."),
        (mia.email, "Diese Adresse ist schon eingetragen."),
    ):
        with pytest.raises(Invalid) as refused:
            add_for(mia, email, admin)
        assert refused.value.problems == {"email": [said]}
    assert listed(mia) == []


def test_what_is_taken_meanwhile_stays_with_the_faster_one(world):
    mia = world.customer()
    ask(signed_in(mia))
    token = token_of("email.further_requested")
    faster = run_unit(lambda: by_mail.find_or_create(PRIVATE, "", actor=MAIL))
    with pytest.raises(Conflict):
        confirm(token)
    assert (who(PRIVATE), listed(mia)) == (faster.id, [(PRIVATE, False)])


def test_of_two_who_wait_for_one_address_the_click_decides(world):
    mia, anna = world.customer(), world.customer()
    ask(signed_in(mia))
    first = token_of("email.further_requested")
    ask(signed_in(anna))
    second = token_of("email.further_requested")
    assert confirm(second)
    with pytest.raises(Conflict):
        confirm(first)
    assert who(PRIVATE) == anna.id


def test_mail_from_a_further_address_makes_no_second_person(world):
    mia = world.customer()
    world.further(mia, PRIVATE)
    assert run_unit(lambda: by_mail.find_or_create(PRIVATE, "Mia privat", actor=MAIL)).id == mia.id
    new, admin = NewPerson(first_name="Mia", last_name="Zwei", email="MIA@privat.example"), world.admin()
    with pytest.raises(Invalid):
        run_unit(lambda: people.create(new, actor=world.actor(admin)))


def test_what_nobody_confirmed_is_forgotten_after_a_month(world):
    with time_machine.travel(NOW, tick=False) as travel:
        mia = world.customer()
        world.further(mia, PRIVATE)
        world.further(mia, "wartet@privat.example", confirmed=False)
        travel.shift(timedelta(days=29))
        run_unit(sweeping.forget_tokens)
        assert len(listed(mia)) == 2
        travel.shift(timedelta(days=2))
        run_unit(sweeping.forget_tokens)
        assert listed(mia) == [(PRIVATE, True)]


def test_the_password_is_asked_of_whoever_the_address_belongs_to(world):
    mia = give_password(world.customer())
    world.further(mia, PRIVATE)
    world.further(mia, "wartet@privat.example", confirmed=False)
    assert proofs.of_address("Mia@privat.example", PASSWORD).person_id == mia.id
    assert proofs.of_address("wartet@privat.example", PASSWORD).person_id == 0
    assert proofs.account_of(PRIVATE) == proofs.account_of(mia.email) == mia.email
    assert proofs.account_of("Wartet@privat.example") == "wartet@privat.example"
    assert proofs.account_of("Kein Name") == "kein name"


@pytest.mark.parametrize("rounds", range(5))
def test_a_new_person_and_a_further_address_at_once_are_not_two(house, world, rounds):
    """Two tables hold the keys of addresses; whoever comes second sees the first, whatever the order."""
    mia = world.customer()
    ask(signed_in(mia))
    row_id = further.of_person(mia.id)[0].id
    turns = iter(("further", "person", "further", "person"))

    def work():
        if next(turns) == "person":
            run_unit(lambda: by_mail.find_or_create(PRIVATE, "", actor=MAIL))
        else:
            run_unit(lambda: further.give(db.session.get_one(PersonAddress, row_id)))

    assert at_once(house, work) == []
    people_with = db.session.scalar(
        sa.select(sa.func.count()).select_from(Person).where(Person.email_key == PRIVATE)
    )
    assert people_with + [listed(mia) == [(PRIVATE, True)]].count(True) == 1


def test_taking_an_address_leaves_no_trace_among_people(world):
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Person))
    mia, admin = world.customer(), signed_in(world.admin())
    add_for(mia, PRIVATE, admin)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == before + 2
