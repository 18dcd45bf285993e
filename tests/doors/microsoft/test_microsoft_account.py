"""Connecting the own account at Microsoft, leaving it, and proving oneself there."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import sqlalchemy as sa
import time_machine

from app.accounts.actors import SHELL
from app.accounts.identities import identity_of
from app.accounts.models import Person, SignIn
from app.accounts.queries import find_by_email
from app.core import clock, crypto
from app.core.db import db
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import SignInRules
from tests.support.accounts import PASSWORD, facts, give_password, try_sign_in

LATER = timedelta(minutes=11)


def by_password(tenant, person):
    """A browser in which somebody signed in with the password."""
    browser = tenant.world.browser()
    try_sign_in(browser, give_password(person).email)
    browser.get("/auth/profile")
    return browser


def connected(tenant, person, somebody, browser=None):
    """A person with a password who connected somebody's account at Microsoft."""
    browser = browser or by_password(tenant, person)
    answer = tenant.sign_in(somebody, browser, "/auth/microsoft/connect")
    assert answer.headers["Location"] == "/auth/microsoft/account"
    return browser


def test_a_colleague_connects_and_comes_in_by_microsoft_from_then_on(tenant, world):
    agent, anton = world.agent(email="anton@anders.example"), tenant.ms.people["agent"]
    browser = by_password(tenant, agent)
    assert "nicht verbunden" in browser.get("/auth/microsoft/account").text
    connected(tenant, agent, anton, browser)
    page = browser.get("/auth/microsoft/account").text
    assert anton.upn in page
    assert "Trennen" not in page  # the role came from there
    assert facts("person.connected")[-1]["how"] == "by_person"
    another = world.browser()
    tenant.sign_in(anton, another)
    assert another.get("/").headers["Location"] == "/tickets"
    assert find_by_email(anton.upn) is None


def test_connecting_wants_the_password_of_these_minutes(tenant, world):
    browser = by_password(tenant, world.customer())
    with time_machine.travel(clock.now() + LATER, tick=False):
        answer = browser.get("/auth/microsoft/connect")
    assert answer.headers["Location"] == "/auth/confirm-password?next=/auth/microsoft/connect"


def test_an_account_at_microsoft_belongs_to_one_person(tenant, world):
    carla = tenant.ms.people["customer"]
    tenant.sign_in(carla)
    browser = by_password(tenant, world.customer())
    answer = tenant.sign_in(carla, browser, "/auth/microsoft/connect")
    assert answer.status_code == 403
    assert "ein anderes" in answer.text


def test_whoever_left_for_microsoft_is_who_comes_back(tenant, world):
    first = by_password(tenant, world.customer())
    address = tenant.ms.visitor.choose(
        tenant.go(first, "/auth/microsoft/connect"), tenant.ms.people["customer"]
    )
    first.post("/auth/logout")
    try_sign_in(first, give_password(world.customer()).email)
    assert tenant.come_back(first, address).status_code == 400
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 2
    assert facts("person.connected") == []


def test_leaving_ends_what_came_by_microsoft_and_keeps_the_password(tenant, world):
    mia = world.customer()
    browser = connected(tenant, mia, tenant.ms.people["customer"])
    other = world.browser()
    tenant.sign_in(tenant.ms.people["customer"], other)
    assert browser.post("/auth/microsoft/disconnect").status_code == 303
    assert identity_of(mia.id) is None
    assert other.get("/portal").headers["Location"].startswith("/auth/login")
    assert browser.get("/portal").status_code == 200


def test_nobody_leaves_the_only_way_in(tenant, world):
    browser = world.browser()
    tenant.sign_in(tenant.ms.people["customer"], browser)
    page = browser.get("/auth/microsoft/account").text
    assert "Dieses Konto hat kein Passwort" in page
    assert "Trennen" not in page
    tenant.sign_in(tenant.ms.people["customer"], browser, "/auth/microsoft/confirm")
    assert browser.post("/auth/microsoft/disconnect").status_code == 409


def test_without_a_password_one_proves_oneself_at_microsoft(tenant, world):
    carla = tenant.ms.people["customer"]
    browser = world.browser()
    tenant.sign_in(carla, browser)
    with time_machine.travel(clock.now() + LATER, tick=False):
        assert browser.get("/auth/email").headers["Location"].startswith("/auth/confirm-password")
        page = browser.get("/auth/confirm-password?next=/auth/email").text
        assert "Bei Microsoft bestätigen" in page
        assert 'name="password"' not in page
        answer = tenant.sign_in(carla, browser, "/auth/microsoft/confirm?next=/auth/email")
        assert answer.headers["Location"] == "/auth/email"
        assert browser.get("/auth/email").status_code == 200


def test_somebody_elses_account_proves_nothing(tenant, world):
    browser = world.browser()
    tenant.sign_in(tenant.ms.people["customer"], browser)
    with time_machine.travel(clock.now() + LATER, tick=False):
        answer = tenant.sign_in(tenant.ms.people["agent"], browser, "/auth/microsoft/confirm")
        assert answer.status_code == 403
        assert browser.get("/auth/email").headers["Location"].startswith("/auth/confirm-password")


def test_an_administrator_without_a_factor_at_microsoft_gives_the_own_one(tenant, world):
    ada = tenant.ms.people["admin"]
    tenant.sign_in(ada)
    secret = pyotp.random_base32()
    person_id = find_by_email(ada.upn).id
    run_unit(lambda: setattr(db.session.get_one(Person, person_id), "totp_secret", crypto.encrypt(secret)))
    rules = SignInRules(admins_need_second_factor=True)
    run_unit(lambda: settings_actions.change(rules, actor=SHELL))
    browser = world.browser()
    tenant.sign_in(ada, browser)
    run_unit(lambda: db.session.execute(sa.update(SignIn).values(is_strong=False)))
    assert browser.get("/admin/health").headers["Location"] == "/auth/second-factor"
    assert "Bitte geben Sie Ihren zweiten Faktor an" in browser.get("/auth/second-factor").text
    wrong = browser.post("/auth/second-factor/code", {"code": "000000"})
    assert wrong.status_code == 422
    right = browser.post("/auth/second-factor/code", {"code": pyotp.TOTP(secret).now()})
    assert right.status_code == 303
    assert browser.get("/admin/health").status_code == 200


def test_the_password_page_says_where_the_password_is(tenant, world):
    browser = world.browser()
    tenant.sign_in(tenant.ms.people["customer"], browser)
    page = browser.get("/auth/password").text
    assert "Ihr Passwort ändern Sie dort" in page
    assert PASSWORD not in page


def test_connecting_what_is_connected_already_changes_nothing(tenant, world):
    mia, carla = world.customer(), tenant.ms.people["customer"]
    connected(tenant, mia, carla, connected(tenant, mia, carla))
    assert len(facts("person.connected")) == 1
