"""Programs come by a token of Microsoft: by the rules of the browser, and out within the hour (A46 to A50)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.access import person_for
from app.accounts.actions import people
from app.accounts.actors import SHELL
from app.accounts.models import SignIn
from app.accounts.queries import find_by_email
from app.accounts.words import Need
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import SignInRules
from tests.support.accounts import facts, give_password, limits_on
from tests.support.programs import LOGOUT, MICROSOFT, PROFILE, Program, refused

HOUR = timedelta(minutes=60)


@pytest.fixture
def program(world):
    return Program(world.app)


def token_for(tenant, who, **claims):
    return tenant.ms.issue_access_token(tenant.ms.people[who], **claims)


def sign_ins() -> list[SignIn]:
    return list(db.session.scalars(sa.select(SignIn).order_by(SignIn.id)))


def test_a_token_for_our_app_brings_our_pair(tenant, program):
    answer = program.come_by_microsoft(token_for(tenant, "customer"))
    assert answer.status_code == 200, answer.text
    assert set(answer.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert answer.json["user"]["email"] == tenant.ms.people["customer"].upn
    assert answer.json["user"]["role"] == "customer"
    assert program.get(PROFILE).json == answer.json["user"]
    assert facts("sign_in.succeeded")[-1]["factor"] == "microsoft"
    assert program.post(LOGOUT).status_code == 204
    assert refused(program.get(PROFILE), 401, "not_signed_in")


@pytest.mark.parametrize(
    ("who", "role"), [("agent", "support_agent"), ("leader", "team_leader"), ("admin", "admin")]
)
def test_the_role_comes_from_the_token(tenant, program, who, role):
    answer = program.come_by_microsoft(token_for(tenant, who))
    assert answer.json["user"]["role"] == role
    assert answer.json["user"]["teams"] or role == "admin"


def test_who_came_in_a_browser_is_the_same_person_in_the_app(tenant, program):
    tenant.sign_in(tenant.ms.people["agent"])
    there = find_by_email(tenant.ms.people["agent"].upn)
    assert program.come_by_microsoft(token_for(tenant, "agent")).json["user"]["id"] == there.id


FORGED = {
    "of a key nobody knows": lambda ms, who: ms.issue_access_token(who, key=ms.keys.unknown()),
    "of a foreign key with the real name": lambda ms, who: ms.issue_access_token(
        who, key=ms.keys.unknown(), headers={"kid": ms.keys.current.kid}
    ),
    "without a signature": lambda ms, who: ms.issue_access_token(who, algorithm="none"),
    "with a shared key": lambda ms, who: ms.forged.hs256_with_public_key(
        who, scp="access_as_user", aud=ms.client_id
    ),
    "about who somebody is": lambda ms, who: ms.issue_id_token(who),
    "for Graph": lambda ms, who: ms.issue_access_token(who, "graph"),
    "of a program for nobody": lambda ms, _who: ms.issue_access_token(None),
    "for another application": lambda ms, who: ms.issue_access_token(
        who, "77777777-2222-3333-4444-555555555555"
    ),
    "for our name as an address": lambda ms, who: ms.issue_access_token(who, f"api://{ms.client_id}"),
    "for several": lambda ms, who: ms.issue_access_token(who, aud=[ms.client_id]),
    "without the scope": lambda ms, who: ms.issue_access_token(who, scp=None),
    "with another scope": lambda ms, who: ms.issue_access_token(who, scp="access_as_user2 User.Read"),
    "with the scope among roles": lambda ms, who: ms.issue_access_token(
        who, scp=None, roles=["access_as_user"]
    ),
    "out of date": lambda ms, who: ms.issue_access_token(who, exp=int(clock.now().timestamp()) - 600),
    "without an end": lambda ms, who: ms.issue_access_token(who, exp=None),
    "not yet good": lambda ms, who: ms.issue_access_token(who, nbf=int(clock.now().timestamp()) + 600),
    "of another issuer": lambda ms, who: ms.issue_access_token(who, iss="https://evil.example/v2.0"),
    "of the first version": lambda ms, who: ms.issue_access_token(who, ver="1.0"),
    "of nobody": lambda ms, who: ms.issue_access_token(who, oid=None),
    "of no directory": lambda ms, who: ms.issue_access_token(who, tid=None),
    "with a key of its own": lambda ms, who: ms.issue_access_token(
        who, key=ms.keys.unknown(), headers={"jku": "https://evil.example/keys", "kid": "evil"}
    ),
    "named by a file": lambda ms, who: ms.issue_access_token(who, headers={"kid": "../../dev/null"}),
    "with a demand": lambda ms, who: ms.issue_access_token(who, headers={"crit": ["x"], "x": 1}),
    "no token": lambda _ms, _who: "x.y.z",
    "ours": lambda _ms, _who: "",
}


@pytest.mark.parametrize("how", FORGED)
def test_a50_a_token_that_is_not_made_for_us_opens_nothing(tenant, program, world, how):
    own = Program(world.app, world.customer())
    before = len(sign_ins())
    token = FORGED[how](tenant.ms, tenant.ms.people["admin"]) or own.access
    answer = program.come_by_microsoft(token)
    assert refused(answer, 401, "token_refused")
    assert len(sign_ins()) == before
    assert find_by_email(tenant.ms.people["admin"].upn) is None


def test_a50_a_key_that_is_published_no_more_signs_nothing_more(tenant, program, world):
    ms = tenant.ms
    with time_machine.travel(clock.now(), tick=False):
        old = token_for(tenant, "customer")
        ms.keys.rotate(keep_old=True)
        assert program.come_by_microsoft(old).status_code == 200
        old_keys = ms.issue_access_token(ms.people["customer"], key=ms.keys.published[0])
        ms.keys.rotate(keep_old=False)
        tenant.set_up()
        assert refused(Program(world.app).come_by_microsoft(old_keys), 401, "token_refused")
        assert program.come_by_microsoft(token_for(tenant, "customer")).status_code == 200


def test_a50_a_new_key_is_asked_for_and_known_ones_are_not(tenant, program):
    assert program.come_by_microsoft(token_for(tenant, "customer")).status_code == 200
    asked = len([seen for seen in tenant.ms.log if seen.path.endswith("/keys")])
    for _round in range(3):
        assert program.come_by_microsoft(token_for(tenant, "customer")).status_code == 200
    for _round in range(3):
        program.come_by_microsoft(FORGED["of a key nobody knows"](tenant.ms, tenant.ms.people["admin"]))
    assert len([seen for seen in tenant.ms.log if seen.path.endswith("/keys")]) == asked


def test_a46_another_directory_and_guests_stay_outside(tenant, program, world):
    world.admin(email="chefin@musterfirma.example")
    foreign = tenant.ms.issue_access_token(
        tenant.ms.people["foreign"],
        email="chefin@musterfirma.example",
        preferred_username="chefin@musterfirma.example",
    )
    assert refused(program.come_by_microsoft(foreign), 401, "token_refused")
    assert refused(program.come_by_microsoft(token_for(tenant, "guest")), 403, "guest")
    assert sign_ins() == []


def test_a46_an_address_opens_nobodys_account(tenant, program, world):
    admin = give_password(world.admin(email=tenant.ms.people["customer"].upn))
    answer = program.come_by_microsoft(token_for(tenant, "customer"))
    assert refused(answer, 403, "connect_first")
    assert admin.email not in answer.text
    assert sign_ins() == []


def test_a_person_who_is_deactivated_here_does_not_come_in(tenant, program):
    program.come_by_microsoft(token_for(tenant, "customer"))
    there = find_by_email(tenant.ms.people["customer"].upn)
    run_unit(lambda: people.deactivate(person_for(SHELL, there.id, Need.MANAGE), actor=SHELL))
    assert refused(program.get(PROFILE), 401, "not_signed_in")
    assert refused(program.come_by_microsoft(token_for(tenant, "customer")), 403, "inactive")


def test_a48_after_an_hour_microsoft_has_to_say_it_again(tenant, program):
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clocks:
        program.come_by_microsoft(token_for(tenant, "customer"))
        for _round in range(5):
            clocks.shift(timedelta(minutes=10))
            assert program.renew().status_code == 200
        clocks.shift(timedelta(minutes=9, seconds=59))
        assert program.get(PROFILE).status_code == 200
        clocks.shift(timedelta(seconds=1))
        assert refused(program.get(PROFILE), 401, "microsoft_needed")
        assert refused(program.renew(), 401, "microsoft_needed")
        assert program.come_by_microsoft(token_for(tenant, "customer")).status_code == 200
        assert program.get(PROFILE).status_code == 200


def test_a48_whoever_is_closed_out_there_is_out_here_within_the_hour(tenant, program):
    """A token lives longer than an hour at Microsoft; here it counts from when it was made, however late it comes."""
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clocks:
        token = token_for(tenant, "agent", exp=int((start + timedelta(minutes=90)).timestamp()))
        assert program.come_by_microsoft(token).status_code == 200
        tenant.ms.disable(tenant.ms.people["agent"])
        clocks.shift(timedelta(minutes=59))
        assert program.come_by_microsoft(token).status_code == 200
        clocks.shift(timedelta(minutes=1))
        assert refused(program.get(PROFILE), 401, "microsoft_needed")
        assert refused(program.renew(), 401, "microsoft_needed")
        assert refused(program.come_by_microsoft(token), 401, "microsoft_needed")


def test_a48_a_day_later_it_is_a_sign_in_that_ended(tenant, program):
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clocks:
        program.come_by_microsoft(token_for(tenant, "customer"))
        program.renew()
        clocks.shift(HOUR + timedelta(days=1))
        assert refused(program.renew(), 401, "not_signed_in")


def test_a48_a_role_that_was_taken_away_there_goes_with_the_next_token(tenant, program):
    program.come_by_microsoft(token_for(tenant, "agent"))
    answer = program.come_by_microsoft(token_for(tenant, "agent", roles=None))
    assert answer.json["user"]["role"] == "customer"


def test_an_administrator_proves_a_second_factor_there_or_does_nothing(tenant, program):
    run_unit(lambda: settings_actions.change(SignInRules(admins_need_second_factor=True), actor=SHELL))
    program.come_by_microsoft(token_for(tenant, "admin"))
    assert refused(program.get(PROFILE), 403, "second_factor_needed")
    program.come_by_microsoft(token_for(tenant, "admin", amr=["pwd", "mfa"]))
    assert program.get(PROFILE).status_code == 200


def test_a_microsoft_that_is_away_is_told_as_such(tenant, program):
    tenant.ms.faults.add("503", times=20)
    answer = program.come_by_microsoft(token_for(tenant, "customer"))
    assert refused(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    tenant.ms.faults.clear()


def test_without_a_registration_there_is_no_such_way(program):
    assert refused(program.come_by_microsoft("x.y.z"), 404, "microsoft_not_set_up")


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ä", "x" * 20_001])
def test_what_can_be_no_token_is_refused_at_its_field(tenant, program, token):
    answer = program.post(MICROSOFT, {"access_token": token})
    assert refused(answer, 422, "invalid")
    assert list(answer.json["details"]) == ["access_token"]


def test_five_a_minute_come_in_as_the_same_person(tenant, program, world):
    with limits_on():
        answers = [program.come_by_microsoft(token_for(tenant, "customer")).status_code for _ in range(6)]
        assert answers == [200] * 5 + [429]
        assert program.come_by_microsoft(token_for(tenant, "agent")).status_code == 200
