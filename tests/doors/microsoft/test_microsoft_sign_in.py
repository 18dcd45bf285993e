"""Signing in with Microsoft: who comes in, as what, and what is taken over from the directory."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.identities import identity_of
from app.accounts.models import Membership, Person, SignIn
from app.accounts.queries import find_by_email
from app.accounts.words import Role
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from tests.support.accounts import facts, give_password, try_sign_in


def whoever_came(person):
    """The account of somebody of the directory, read anew."""
    db.session.expire_all()
    found = find_by_email(person.upn)
    assert found is not None
    return found


def test_somebody_new_gets_an_account_with_what_the_directory_knows(tenant):
    carla = tenant.ms.people["customer"]
    browser = tenant.world.browser()
    answer = tenant.sign_in(carla, browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert browser.get("/").headers["Location"] == "/portal"
    made = whoever_came(carla)
    assert (made.full_name, made.role) == ("Carla Kunde", Role.CUSTOMER)
    assert (made.department, made.position) == (carla.department, carla.job_title)
    assert made.verified_at is not None
    assert made.avatar_sha256
    assert made.password_hash == ""
    assert identity_of(made.id).object_id == carla.object_id
    assert facts("person.created")[-1]["how"] == "microsoft"
    assert facts("sign_in.succeeded")[-1]["factor"] == "microsoft"


@pytest.mark.parametrize(
    ("who", "role", "home"),
    [
        ("agent", Role.SUPPORT_AGENT, "/tickets"),
        ("leader", Role.TEAM_LEADER, "/tickets/board"),
        ("admin", Role.ADMIN, "/admin/health"),
    ],
)
def test_an_app_role_gives_the_role_here_and_a_team_to_work_in(tenant, who, role, home):
    browser = tenant.world.browser()
    tenant.sign_in(tenant.ms.people[who], browser)
    assert browser.get("/").headers["Location"] == home
    made = whoever_came(tenant.ms.people[who])
    assert made.role is role
    membership = db.session.scalars(sa.select(Membership).where(Membership.person_id == made.id)).one()
    assert (membership.team_id, membership.leads) == (tenant.world.team.id, role is Role.TEAM_LEADER)


def test_the_level_of_an_agent_follows_the_highest_app_role(tenant):
    anton = tenant.ms.people["agent"]
    tenant.ms.change(anton, roles=["Helpdesk.Agent", "Helpdesk.Agent.3"])
    tenant.sign_in(anton)
    assert whoever_came(anton).support_level == 3


def test_a_role_that_came_from_microsoft_goes_when_it_is_named_no_more(tenant):
    anton = tenant.ms.people["agent"]
    tenant.sign_in(anton)
    tenant.ms.change(anton, roles=[])
    tenant.sign_in(anton)
    made = whoever_came(anton)
    assert (made.role, made.support_level) == (Role.CUSTOMER, 0)
    assert facts("person.role_changed")[-1]["after"] == "customer"


def test_a_role_given_here_stays_while_microsoft_names_none(tenant):
    carla = tenant.ms.people["customer"]
    tenant.sign_in(carla)

    def promote() -> None:
        found = db.session.get_one(Person, whoever_came(carla).id)
        found.role, found.support_level = Role.SUPPORT_AGENT, 1

    run_unit(promote)
    tenant.sign_in(carla)
    assert whoever_came(carla).role is Role.SUPPORT_AGENT


def test_the_last_administrator_keeps_the_role(tenant):
    ada = tenant.ms.people["admin"]
    tenant.sign_in(ada)
    tenant.ms.change(ada, roles=[])
    tenant.sign_in(ada)
    assert whoever_came(ada).role is Role.ADMIN


def test_a_group_gives_a_role_from_the_token(tenant):
    group = tenant.ms.people["agent"].groups[0]
    tenant.set_up(agents="", agents_2=group)
    tenant.ms.change(tenant.ms.people["agent"], roles=[])
    tenant.sign_in(tenant.ms.people["agent"])
    assert whoever_came(tenant.ms.people["agent"]).support_level == 2


def test_more_groups_than_a_token_carries_are_asked_for(tenant):
    viktor = tenant.ms.people["crowded"]
    tenant.set_up(agents=viktor.groups[-1])
    tenant.ms.grants_delegated.add("GroupMember.Read.All")
    tenant.sign_in(viktor)
    assert whoever_came(viktor).role is Role.SUPPORT_AGENT


def test_a_second_sign_in_is_the_same_person_with_fresh_details(tenant):
    carla = tenant.ms.people["customer"]
    tenant.sign_in(carla)
    first = whoever_came(carla).id
    tenant.ms.change(carla, department="Einkauf")
    tenant.sign_in(carla)
    again = whoever_came(carla)
    assert (again.id, again.department) == (first, "Einkauf")


def test_a_picture_chosen_here_stays(tenant):
    carla = tenant.ms.people["customer"]
    tenant.sign_in(carla)
    person_id = whoever_came(carla).id
    run_unit(lambda: setattr(db.session.get_one(Person, person_id), "avatar_sha256", "a" * 64))
    tenant.sign_in(carla)
    assert whoever_came(carla).avatar_sha256 == "a" * 64


def test_nobody_is_kept_out_because_graph_does_not_answer(tenant):
    tenant.ms.faults.add("503", times=20, path="/v1.0/")
    answer = tenant.sign_in(tenant.ms.people["customer"])
    assert answer.headers["Location"] == "/"
    assert whoever_came(tenant.ms.people["customer"]).department == ""


def test_the_way_leads_back_to_the_page_somebody_wanted(tenant):
    answer = tenant.sign_in(tenant.ms.people["customer"], path="/auth/microsoft?next=/portal/new")
    assert answer.headers["Location"] == "/portal/new"


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_the_way_back_never_leads_to_another_site(tenant, wanted):
    browser = tenant.world.browser()
    address = browser.get("/auth/microsoft", query_string={"next": wanted}).headers["Location"]
    answer = tenant.come_back(browser, tenant.ms.visitor.choose(address, tenant.ms.people["customer"]))
    assert answer.headers["Location"] == "/"


def test_the_button_is_there_with_microsoft_and_absent_without(tenant, world):
    assert "Mit Microsoft anmelden" in world.browser().get("/auth/login").text
    tenant.set_up(client_id="")
    page = world.browser().get("/auth/login")
    assert (page.status_code, "Mit Microsoft anmelden" in page.text) == (200, False)
    assert world.browser().get("/auth/microsoft").status_code == 404


def test_signing_out_ends_both(tenant):
    carla = tenant.ms.people["customer"]
    browser = tenant.world.browser()
    tenant.sign_in(carla, browser)
    browser.get("/portal")
    answer = browser.post("/auth/logout")
    assert answer.headers["Location"] == "/auth/signed-out"
    page = browser.get("/auth/signed-out")
    assert f"{tenant.ms.pages_url}/{tenant.ms.tenant_id}/oauth2/v2.0/logout?" in page.text
    assert browser.get("/portal").headers["Location"].startswith("/auth/login")
    assert browser.get("/auth/signed-out").headers["Location"] == "/auth/login"


def test_signing_out_of_a_password_sign_in_stays_here(tenant, world):
    mia = give_password(world.customer())
    browser = world.browser()
    try_sign_in(browser, mia.email)
    browser.get("/portal")
    assert browser.post("/auth/logout").headers["Location"] == "/auth/login"


def test_signing_out_at_microsoft_ends_the_sign_in_here(tenant):
    browser = tenant.world.browser()
    address = tenant.ms.visitor.choose(tenant.go(browser), tenant.ms.people["customer"])
    tenant.come_back(browser, address)
    assert db.session.scalars(sa.select(SignIn.microsoft_session)).one()
    session = tenant.ms.visitor.parameters(address)["session_state"]
    stranger = tenant.world.browser()
    assert stranger.get("/auth/microsoft/signed-out?sid=unknown").status_code == 204
    assert browser.get("/portal").status_code == 200
    assert stranger.get(f"/auth/microsoft/signed-out?sid={session}").status_code == 204
    assert browser.get("/portal").headers["Location"].startswith("/auth/login")
    assert facts("sign_in.ended")[-1]["how"] == "microsoft"


def test_an_hour_without_microsoft_ends_a_sign_in(tenant):
    browser = tenant.world.browser()
    tenant.sign_in(tenant.ms.people["customer"], browser)
    with time_machine.travel(clock.now() + timedelta(minutes=59), tick=False):
        assert browser.get("/portal").status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        assert browser.get("/portal").headers["Location"].startswith("/auth/login")
