"""A39: an address of a company's domain opens nothing of that company."""

from __future__ import annotations

import pytest

from app.accounts import passwords
from app.accounts.actions import changing_email, registration
from app.accounts.actors import actor_for_person
from app.accounts.queries import find_by_email
from app.accounts.schemas import ChangeEmail, Registration
from app.core.actor import NOBODY
from app.core.uow import run_unit
from tests.support.accounts import PASSWORD, reload, signed_in, token_of


@pytest.mark.parametrize("email", ["x@gmail.com", "x@sub.musterwerk.example", "x@musterwerk.example"])
def test_a39_registering_never_joins_an_organisation(world, email):
    firm = world.organisation("Musterwerk")
    world.customer(email="chef@musterwerk.example", organisation_id=firm.id, manages_organisation=True)
    command = Registration(first_name="X", last_name="Y", email=email, password=PASSWORD)
    made = passwords.hashed(PASSWORD)
    run_unit(lambda: registration.register(command, made, actor=NOBODY))
    run_unit(lambda: registration.confirm(token_of("registration.started"), actor=NOBODY))
    person = find_by_email(email)
    assert (person.organisation_id, person.manages_organisation) == (None, False)
    assert actor_for_person(person).managed_organisation_id is None


def test_a39_moving_to_a_company_address_never_joins_an_organisation(world):
    firm = world.organisation("Musterwerk")
    world.customer(email="chef@musterwerk.example", organisation_id=firm.id)
    mia = world.customer()
    actor = signed_in(mia)
    run_unit(lambda: changing_email.ask(ChangeEmail(email="mia@musterwerk.example"), actor=actor))
    run_unit(lambda: changing_email.confirm(token_of("email.change_requested"), actor=actor))
    assert reload(mia).organisation_id is None
