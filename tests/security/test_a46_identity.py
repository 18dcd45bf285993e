"""A46: an address in a token opens nobody's account."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts import mailboxes
from app.accounts.identities import identity_of
from app.accounts.models import Person, SignIn
from app.accounts.words import Role
from app.core.db import db
from app.core.uow import run_unit
from tests.support.accounts import PASSWORD, facts, give_password, try_sign_in
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]


def untouched(person):
    """Whether an account is as it was: nobody came in, nothing at Microsoft belongs to it."""
    signed_in = db.session.scalar(sa.select(sa.func.count()).where(SignIn.person_id == person.id))
    return signed_in == 0 and identity_of(person.id) is None


@pytest.fixture
def ada(tenant):
    """An administrator who has the address of the directory's administrator."""
    return tenant.world.admin(email=tenant.ms.people["admin"].upn)


def test_another_tenant_with_the_address_of_an_administrator(tenant, ada):
    tenant.ms.multi_tenant = True
    tenant.set_up(further_tenants="5a1e2c3d-0000-4000-8000-00000000cafe")
    answer = tenant.sign_in(tenant.ms.people["foreign"])
    assert answer.status_code == 403
    assert "gehört zu einer anderen Organisation" in answer.text
    assert untouched(ada)


def test_a_tenant_that_is_let_in_does_not_get_accounts_of_ours_either(tenant):
    foreign = tenant.ms.people["foreign"]
    tenant.ms.multi_tenant = True
    tenant.set_up(further_tenants=foreign.tenant_id)
    mia = tenant.world.customer(email=foreign.upn)
    answer = tenant.sign_in(foreign)
    assert (answer.status_code, "schon ein Konto" in answer.text) == (403, True)
    assert untouched(mia)


def test_a_tenant_that_is_let_in_gives_no_roles(tenant):
    foreign = tenant.ms.people["foreign"]
    tenant.ms.multi_tenant = True
    tenant.set_up(further_tenants=foreign.tenant_id)
    tenant.ms.change(foreign, roles=["Helpdesk.Admin"])
    tenant.sign_in(foreign)
    made = db.session.scalars(sa.select(Person).where(Person.email == foreign.upn)).one()
    assert made.role is Role.CUSTOMER


def test_the_same_tenant_with_a_changed_address(tenant, ada):
    carla = tenant.ms.people["customer"]
    tenant.ms.change(carla, mail=ada.email)
    tenant.ms.optional_claims.add("email")
    tenant.sign_in(carla)
    assert untouched(ada)
    assert facts("sign_in.succeeded")[-1]["actor"] != ada.id


def test_a_guest_with_the_address_of_an_administrator(tenant, ada):
    guest = tenant.ms.people["guest"]
    tenant.ms.change(guest, mail=ada.email)
    answer = tenant.sign_in(guest)
    assert answer.status_code == 403
    assert "Gastkonten" in answer.text
    assert untouched(ada)


@pytest.mark.parametrize("role", [Role.SUPPORT_AGENT, Role.TEAM_LEADER, Role.ADMIN])
def test_an_account_that_can_do_more_is_connected_by_its_owner_only(tenant, role):
    carla = tenant.ms.people["customer"]
    staff = tenant.world.person(role, email=carla.upn)
    answer = tenant.sign_in(carla)
    assert (answer.status_code, "schon ein Konto" in answer.text) == (403, True)
    assert untouched(staff)


def test_a_customer_with_a_proved_address_is_known_by_the_sign_in_name(tenant):
    carla = tenant.ms.people["customer"]
    mia = give_password(tenant.world.customer(email=carla.upn))
    tenant.sign_in(carla)
    assert identity_of(mia.id).object_id == carla.object_id
    assert facts("person.connected")[-1]["how"] == "address"
    assert try_sign_in(tenant.world.browser(), mia.email).headers["Location"] == "/"


def test_what_a_stranger_registered_with_the_address_is_worth_nothing(tenant):
    carla = tenant.ms.people["customer"]
    squatter = give_password(tenant.world.customer(email=carla.upn, verified_at=None))
    tenant.sign_in(carla)
    assert identity_of(squatter.id) is not None
    assert try_sign_in(tenant.world.browser(), carla.upn, PASSWORD).status_code == 422


def test_a_further_address_finds_nobody(tenant):
    carla = tenant.ms.people["customer"]
    mia = tenant.world.customer()
    tenant.world.further(mia, carla.upn)
    assert tenant.sign_in(carla).status_code == 403
    assert untouched(mia)


def test_another_object_with_the_same_sign_in_name_is_somebody_else(tenant):
    carla = tenant.ms.people["customer"]
    tenant.sign_in(carla)
    tenant.ms.change(carla, object_id="5a1e2c3d-1111-4000-8000-00000000aaaa")
    assert tenant.sign_in(carla).status_code == 403


def test_the_sign_in_name_of_a_mailbox_of_ours_makes_no_account(tenant):
    carla = tenant.ms.people["customer"]
    tenant.ms.change(carla, upn="unbekannt@localhost.invalid")
    mailboxes.also("test", lambda: [carla.upn])
    try:
        assert tenant.sign_in(carla).status_code == 403
    finally:
        mailboxes.also("test", list)


def test_a_closed_account_stays_closed(tenant):
    carla = tenant.ms.people["customer"]
    tenant.sign_in(carla)

    def close() -> None:
        db.session.execute(sa.update(Person).where(Person.email == carla.upn).values(is_active=False))

    run_unit(close)
    answer = tenant.sign_in(carla)
    assert (answer.status_code, "deaktiviert" in answer.text) == (403, True)


def test_without_sign_up_strangers_stay_outside(tenant):
    tenant.set_up(sign_up=False)
    answer = tenant.sign_in(tenant.ms.people["customer"])
    assert (answer.status_code, "noch kein Konto" in answer.text) == (403, True)
