"""A48: whoever has rights from Microsoft comes in by Microsoft, so that leaving there ends them."""

from __future__ import annotations

from app.accounts.queries import find_by_email
from tests.support.accounts import facts, give_password, try_sign_in
from tests.support.microsoft import microsoft, microsoft_of_this_run
from tests.support.tenant import tenant

__all__ = ["microsoft", "microsoft_of_this_run", "tenant"]
SENTENCE = "Bitte melden Sie sich mit Microsoft an."


def agent_of_microsoft(tenant):
    """An agent by a role of Microsoft, with a password beside it."""
    anton = tenant.ms.people["agent"]
    tenant.sign_in(anton)
    return give_password(find_by_email(anton.upn))


def test_the_right_password_leads_to_microsoft(tenant):
    anton = agent_of_microsoft(tenant)
    answer = try_sign_in(tenant.world.browser(), anton.email)
    assert (answer.status_code, SENTENCE in answer.text) == (422, True)
    assert facts("sign_in.failed")[-1]["reason"] == "at_microsoft"


def test_a_wrong_password_learns_nothing_of_it(tenant):
    anton = agent_of_microsoft(tenant)
    answer = try_sign_in(tenant.world.browser(), anton.email, "falsch geraten")
    assert (answer.status_code, SENTENCE in answer.text) == (422, False)


def test_programs_hear_the_same(tenant):
    anton = agent_of_microsoft(tenant)
    answer = tenant.world.app.test_client().post(
        "/api/v1/auth/login", json={"email": anton.email, "password": "Ostsee-Wind-7"}
    )
    assert (answer.status_code, answer.get_json()["code"]) == (403, "microsoft_needed")


def test_a_role_given_here_and_a_customer_keep_their_password(tenant):
    staff = give_password(tenant.world.agent())
    carla = tenant.ms.people["customer"]
    tenant.sign_in(carla)
    customer = give_password(find_by_email(carla.upn))
    for person in (staff, customer):
        assert try_sign_in(tenant.world.browser(), person.email).headers["Location"] == "/"


def test_where_microsoft_is_gone_nobody_is_locked_out(tenant):
    anton = agent_of_microsoft(tenant)
    tenant.set_up(client_id="")
    assert try_sign_in(tenant.world.browser(), anton.email).headers["Location"] == "/"
