"""A48: whoever signs in with Microsoft has no second way in beside it, and loses it there within the hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import identities, tokens
from app.accounts.models import Person, SignIn
from app.accounts.queries import find_by_email
from app.accounts.words import Role, TokenPurpose
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.jobs import rechecking
from tests.support.accounts import facts, try_sign_in
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]


@pytest.fixture
def carla(tenant):
    """Somebody of the directory, signed in; her browser is ``tenant.hers``."""
    tenant.hers = tenant.world.browser()
    tenant.sign_in(tenant.ms.people["customer"], tenant.hers)
    return tenant.ms.people["customer"]


def recheck():
    """The clock asks Microsoft."""
    db.session.rollback()
    rechecking.ask_about_all()
    db.session.rollback()


@pytest.mark.parametrize("password", ["", " ", "irgendetwas-langes", "None"])
def test_there_is_no_password_to_guess(tenant, carla, password):
    assert try_sign_in(tenant.world.browser(), carla.upn, password).status_code == 422


def test_a_forgotten_password_is_answered_by_pointing_to_microsoft(tenant, carla):
    browser = tenant.world.browser()
    browser.get("/auth/password/forgot")
    answer = browser.post("/auth/password/forgot", {"email": carla.upn})
    assert answer.headers["Location"] == "/auth/mail-sent"
    assert len(facts("password.not_needed")) == 1
    assert facts("password.reset_requested") == []


def test_a_link_that_was_sent_before_makes_no_password(tenant, carla):
    person_id = find_by_email(carla.upn).id
    token = run_unit(lambda: tokens.issue(person_id, TokenPurpose.RESET).id)
    link = tokens.link_for(token).removeprefix("http://localhost")
    browser = tenant.world.browser()
    browser.get(link)
    assert browser.post(link, {"password": "Ostsee-Wind-im-Herbst"}).status_code == 410
    assert db.session.get_one(Person, person_id).password_hash == ""


@pytest.mark.parametrize("path", ["password-link", "welcome"])
def test_no_colleague_sends_a_link_for_a_password(tenant, carla, path):
    person_id = find_by_email(carla.upn).id
    browser = tenant.world.browser(tenant.world.admin())
    browser.get("/people")
    answer = browser.post(f"/people/{person_id}/{path}")
    assert (answer.status_code, "meldet sich mit Microsoft an" in answer.text) == (409, True)
    assert facts("password.reset_requested") == []
    assert facts("person.welcomed") == []


def test_somebody_who_was_disabled_is_out_within_the_hour(tenant, carla):
    begun = clock.now()
    tenant.ms.disable(carla)
    assert tenant.hers.get("/portal").status_code == 200
    with time_machine.travel(begun + timedelta(minutes=31), tick=False):
        recheck()
        assert tenant.hers.get("/portal").headers["Location"].startswith("/auth/login")
    assert facts("sign_in.all_ended")[-1]["how"] == "microsoft"


def test_somebody_who_is_still_there_stays_for_another_hour(tenant, carla):
    begun = clock.now()
    for minutes in (35, 70, 105, 140):
        with time_machine.travel(begun + timedelta(minutes=minutes), tick=False):
            recheck()
    with time_machine.travel(begun + timedelta(minutes=195), tick=False):
        assert tenant.hers.get("/portal").status_code == 200


def test_nobody_is_asked_about_before_half_an_hour(tenant, carla):
    tenant.ms.log.clear()
    recheck()
    assert [one for one in tenant.ms.log if "/oauth2/" in one.path] == []


def test_an_outage_of_microsoft_ends_nobodys_day_and_lasts_no_longer_than_the_hour(tenant, carla):
    begun = clock.now()
    tenant.ms.faults.add("503", times=50, path="oauth2")
    with time_machine.travel(begun + timedelta(minutes=35), tick=False):
        recheck()
        assert tenant.hers.get("/portal").status_code == 200
    with time_machine.travel(begun + timedelta(minutes=61), tick=False):
        assert tenant.hers.get("/portal").headers["Location"].startswith("/auth/login")


def test_a_role_that_was_taken_away_is_gone_at_the_next_question(tenant):
    anton = tenant.ms.people["agent"]
    browser = tenant.world.browser()
    tenant.sign_in(anton, browser)
    tenant.ms.change(anton, roles=[])
    with time_machine.travel(clock.now() + timedelta(minutes=35), tick=False):
        recheck()
        assert browser.get("/tickets").status_code == 403
    db.session.expire_all()
    assert find_by_email(anton.upn).role is Role.CUSTOMER


def test_the_refresh_token_is_kept_encrypted_and_changes(tenant, carla):
    first = db.session.scalars(sa.select(SignIn.refresh_secret)).one()
    assert first.startswith("gAAAA")
    with time_machine.travel(clock.now() + timedelta(minutes=35), tick=False):
        assert len(identities.due(10)) == 1
        recheck()
    db.session.expire_all()
    assert db.session.scalars(sa.select(SignIn.refresh_secret)).one() != first


@pytest.mark.parametrize("fault", ["503", "html"])
def test_too_many_groups_that_cannot_be_asked_for_mean_least_rights(tenant, fault):
    viktor = tenant.ms.people["crowded"]
    tenant.set_up(agents=viktor.groups[-1], admins=viktor.groups[0])
    tenant.ms.grants_delegated.add("GroupMember.Read.All")
    tenant.ms.faults.add(fault, times=20, path="memberOf|MemberOf")
    tenant.sign_in(viktor)
    assert find_by_email(viktor.upn).role is Role.CUSTOMER
