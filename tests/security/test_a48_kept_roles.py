"""A48: a role that Microsoft gave goes when Microsoft takes it, and nothing here makes it stay."""

from __future__ import annotations

from app.accounts.identities import identity_of
from app.accounts.queries import find_by_email
from app.accounts.words import Role
from app.core.db import db
from tests.support.accounts import facts, give_password, reload, try_sign_in
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]
GROUP = "5a1e2c3d-2222-4000-8000-00000000beef"


def with_password(tenant, person):
    """A browser in which somebody gave the password just now."""
    browser = tenant.world.browser()
    try_sign_in(browser, give_password(person).email)
    browser.get("/auth/profile")
    return browser


def test_a48_the_last_administrator_loses_a_role_that_was_taken_once_there_is_another_one(tenant):
    ada = tenant.ms.people["admin"]
    tenant.sign_in(ada)
    tenant.ms.change(ada, roles=[])
    tenant.sign_in(ada)
    person = find_by_email(ada.upn)
    assert person.role is Role.ADMIN
    tenant.world.admin()
    tenant.sign_in(ada)
    assert reload(person).role is Role.CUSTOMER


def test_a48_nobody_keeps_a_role_of_microsoft_by_leaving_microsoft(tenant):
    agent, anton = tenant.world.customer(email="anton@anders.example"), tenant.ms.people["agent"]
    browser = with_password(tenant, agent)
    tenant.sign_in(anton, browser, "/auth/microsoft/connect")
    assert reload(agent).role is Role.SUPPORT_AGENT
    assert "Trennen" not in browser.get("/auth/microsoft/account").text
    answer = browser.post("/auth/microsoft/disconnect")
    assert (answer.status_code, "bei Microsoft bekommen" in answer.text) == (409, True)
    assert identity_of(agent.id).object_id == anton.object_id


def test_a48_somebody_with_a_role_of_ours_leaves_as_before(tenant):
    agent = tenant.world.agent()
    browser = with_password(tenant, agent)
    tenant.sign_in(tenant.ms.people["customer"], browser, "/auth/microsoft/connect")
    assert browser.post("/auth/microsoft/disconnect").status_code == 303
    assert len(facts("person.disconnected")) == 1


def test_a48_a_group_somebody_named_like_a_role_gives_none(tenant):
    anton = tenant.ms.people["agent"]
    tenant.set_up(agents=GROUP)
    tenant.ms.next_claims(roles=[], groups=["Helpdesk.Admin"])
    tenant.sign_in(anton)
    assert find_by_email(anton.upn).role is Role.CUSTOMER
    tenant.ms.next_claims(roles=[], groups=["Helpdesk.Admin", GROUP])
    tenant.sign_in(anton)
    assert find_by_email(anton.upn).role is Role.SUPPORT_AGENT


def test_a46_a_directory_of_others_is_no_way_into_an_account_of_staff(tenant):
    foreign = tenant.ms.people["foreign"]
    tenant.ms.multi_tenant = True
    tenant.set_up(further_tenants=foreign.tenant_id)
    admin = tenant.world.admin()
    answer = tenant.sign_in(foreign, with_password(tenant, admin), "/auth/microsoft/connect")
    assert (answer.status_code, "gehört zu einer anderen Organisation" in answer.text) == (403, True)
    db.session.rollback()
    assert identity_of(admin.id) is None


def test_a46_customers_connect_their_account_in_a_directory_that_is_let_in(tenant):
    foreign = tenant.ms.people["foreign"]
    tenant.ms.multi_tenant = True
    tenant.set_up(further_tenants=foreign.tenant_id)
    mia = tenant.world.customer()
    tenant.sign_in(foreign, with_password(tenant, mia), "/auth/microsoft/connect")
    assert identity_of(mia.id).tenant_id == foreign.tenant_id
