"""A03: nobody gets mail, sign-in or account of somebody else by claiming the address."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.actions import resetting
from app.accounts.models import OneTimeToken, Person
from app.accounts.queries import find_by_email
from app.core.actor import NOBODY
from app.core.db import db
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import Site
from app.tickets.models import Ticket
from tests.support.accounts import (
    ANOTHER,
    PASSWORD,
    facts,
    give_password,
    link_of,
    signed_in,
    try_sign_in,
)
from tests.support.addresses import PRIVATE, ask
from tests.support.letters import bring

VICTIM = "opfer@firma.example"
MAIL = b"From: %s\r\nTo: hilfe@firma.example\r\nSubject: Drucker\r\nMessage-ID: <%s@x.example>\r\n\r\nGeht nicht.\r\n"


@pytest.fixture
def ours(world):
    run_unit(lambda: settings_actions.change(Site(support_email="hilfe@firma.example"), actor=NOBODY))


def requester_of_newest() -> int:
    return db.session.scalars(sa.select(Ticket.requester_id).order_by(Ticket.id.desc()).limit(1)).one()


def written(sender: str, mark: str) -> bytes:
    return MAIL % (sender.encode(), mark.encode())


def test_a03_mail_from_a_claimed_address_is_not_the_claimers(house, world, ours):
    mallory = world.customer(email="mallory@firma.example")
    ask(signed_in(mallory), VICTIM)
    bring(house, written(VICTIM, "1"))
    victim = find_by_email(VICTIM)
    assert victim.id == requester_of_newest() != mallory.id
    browser = world.browser()
    browser.get("/auth/login")
    assert browser.post(link_of("email.further_requested")).status_code == 409
    assert find_by_email(VICTIM).id == victim.id


def test_a03_mail_from_a_confirmed_further_address_is_its_persons(house, world, ours):
    mia = world.customer()
    world.further(mia, PRIVATE)
    bring(house, written("Mia privat <Mia@Privat.example>", "1"))
    assert requester_of_newest() == mia.id


def test_a03_mail_from_an_address_of_somebody_deactivated_is_nobodys(house, world, ours):
    mia = world.customer(is_active=False)
    world.further(mia, PRIVATE)
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Person))
    bring(house, written(PRIVATE, "1"))
    assert requester_of_newest() != mia.id
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) <= before + 1


def test_a03_our_own_mailbox_becomes_nobodys_further_address(world, ours):
    mia = world.customer()
    ask(signed_in(mia), "Hilfe@firma.example")
    assert facts("email.further_requested")[-1]["reason"] == "ours"
    assert token_is_dead()
    assert find_by_email("hilfe@firma.example") is None


def token_is_dead() -> bool:
    row = db.session.get_one(OneTimeToken, facts("email.further_requested")[-1]["token_id"])
    return row.used_at is not None and row.sealed == ""


def test_an_unconfirmed_claim_keeps_nobody_from_the_address(world):
    mallory = world.customer()
    world.further(mallory, VICTIM, confirmed=False)
    data = {"first_name": "Olga", "last_name": "Opfer", "password": PASSWORD, "email": VICTIM}
    browser = world.browser()
    browser.get("/auth/login")
    assert browser.post("/auth/register", data).headers["Location"] == "/auth/mail-sent"
    assert browser.post(link_of("registration.started")).status_code == 303
    assert find_by_email(VICTIM).id != mallory.id
    assert try_sign_in(world.browser(), VICTIM).status_code == 303


def test_a_claim_opens_neither_sign_in_nor_reset(world):
    mia = give_password(world.customer())
    world.further(mia, PRIVATE, confirmed=False)
    assert try_sign_in(world.browser(), PRIVATE).status_code == 422
    run_unit(lambda: resetting.ask(PRIVATE, actor=NOBODY))
    assert facts("password.reset_requested") == []
    assert [fact["reason"] for fact in facts("password.reset_refused")] == ["unknown"]


@pytest.mark.parametrize("how", ["reset", "changed", "deactivated"])
def test_a_claim_made_in_a_stolen_session_ends_with_it(world, how):
    mia = give_password(world.customer())
    thief = world.browser(mia)
    thief.get("/auth/addresses/new")
    thief.post("/auth/addresses/new", {"email": "dieb@privat.example"})
    link = link_of("email.further_requested")
    if how == "reset":
        run_unit(lambda: resetting.ask(mia.email, actor=NOBODY))
        answer = world.browser().post(link_of("password.reset_requested"), {"password": ANOTHER})
        assert answer.status_code == 303
    elif how == "changed":
        owner = world.browser(mia)
        owner.get("/auth/password")
        owner.post("/auth/password", {"current": PASSWORD, "password": ANOTHER})
    else:
        staff = world.browser(world.admin())
        staff.get("/people")
        staff.post(f"/people/{mia.id}/deactivate")
    assert world.browser().post(link).status_code == 410
    assert find_by_email("dieb@privat.example") is None
