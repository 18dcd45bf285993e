"""Staff look after people: who may do what to whom, and what stays true afterwards."""

from __future__ import annotations

import itertools

import pytest

from app.accounts import proofs, tokens
from app.accounts.access import (
    levels_to_give,
    may_manage,
    person_for,
    roles_to_give,
    team_for,
)
from app.accounts.actions import (
    changing_email,
    people,
    signing_out,
)
from app.accounts.actions import second_factor as factors
from app.accounts.actors import SHELL
from app.accounts.models import Membership, Person
from app.accounts.queries import (
    has_admin,
    leaders_of_team,
    members_of_team,
    own_sign_ins,
    team_choices,
    teams_of,
)
from app.accounts.schemas import (
    ChangeEmail,
    ChangePerson,
    ChangeRole,
    NewPerson,
)
from app.accounts.words import Need, Role
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, PasswordNeeded
from app.core.uow import run_unit
from tests.support.accounts import facts, give_password, reload, signed_in

_numbers = itertools.count(1)


def new(role=Role.CUSTOMER, level=0, **values) -> NewPerson:
    given = {"first_name": "Nina", "last_name": "Neu", "email": f"neu{next(_numbers)}@firma.example"}
    return NewPerson(**(given | {"role": role, "support_level": level} | values))


def create(actor, *args, **values) -> Person:
    return run_unit(lambda: people.create(new(*args, **values), actor=actor))


def manage(actor, person, verb, *args, **values):
    def work():
        found = person_for(actor, person.id, Need.MANAGE, lock=True)
        return verb(found, *args, actor=actor, **values)

    return run_unit(work)


# actor → what it may manage and make: (role, level)
CUSTOMER = ("customer", 0)
BASIC, EXPERT, SENIOR = (("support_agent", level) for level in (1, 3, 4))
MANAGES = {
    BASIC: {CUSTOMER},
    SENIOR: {CUSTOMER, BASIC, EXPERT},
    ("team_leader", 0): {CUSTOMER, BASIC, EXPERT, SENIOR},
    ("admin", 0): {CUSTOMER, BASIC, EXPERT, SENIOR, ("team_leader", 0), ("admin", 0)},
}
KINDS = sorted(MANAGES[("admin", 0)])


@pytest.mark.parametrize("who", MANAGES, ids=str)
def test_the_role_rules_hold_for_making_and_managing_alike(world, who):
    actor = signed_in(world.person(Role(who[0]), support_level=who[1]))
    for role, level in KINDS:
        other = world.person(Role(role), support_level=level)
        allowed = (role, level) in MANAGES[who]
        assert may_manage(actor, other) is allowed
        if allowed:
            assert person_for(actor, other.id, Need.MANAGE).id == other.id
            assert create(actor, Role(role), level).role is Role(role)
            continue
        with pytest.raises(Forbidden):
            person_for(actor, other.id, Need.MANAGE)
        with pytest.raises(Forbidden):
            create(actor, Role(role), level)


def test_forms_offer_what_one_may_give_and_nothing_else(world):
    agent, senior = signed_in(world.agent()), signed_in(world.agent(support_level=4))
    assert roles_to_give(agent) == [Role.CUSTOMER]
    assert set(roles_to_give(senior)) == {Role.SUPPORT_AGENT, Role.CUSTOMER}
    assert levels_to_give(senior) == [1, 2, 3]
    assert levels_to_give(signed_in(world.leader())) == [1, 2, 3, 4]
    assert set(roles_to_give(signed_in(world.admin()))) == set(Role)


def test_customers_see_themselves_and_staff_only(world):
    mia, anna, other = world.customer(), world.agent(), world.customer()
    actor = signed_in(mia)
    assert person_for(actor, mia.id, Need.SEE).id == mia.id
    assert person_for(actor, anna.id, Need.SEE).id == anna.id
    for person_id in (other.id, 987654, 0, -1, 2**70):
        with pytest.raises(NotFound):
            person_for(actor, person_id, Need.SEE)
    with pytest.raises(Forbidden):
        person_for(actor, mia.id, Need.MANAGE)


def test_a_new_person_has_no_password_and_gets_a_link_when_asked_for(world):
    actor = signed_in(world.agent())
    made = create(actor, email="Nina@firma.example", send_welcome=True)
    assert (made.password_hash, made.verified_at, made.email_key) == ("", None, "nina@firma.example")
    assert tokens.link_for(facts("person.welcomed")[-1]["token_id"])
    create(actor)
    assert len(facts("person.welcomed")) == 1


def test_an_address_belongs_to_one_person(world):
    actor = signed_in(world.agent())
    create(actor, email="nina@firma.example")
    with pytest.raises(Invalid) as refusal:
        create(actor, email="NINA@firma.example")
    assert list(refusal.value.problems) == ["email"]


def test_staff_join_teams_and_leaders_lead_them(world):
    actor = signed_in(world.admin())
    agent = create(actor, Role.SUPPORT_AGENT, 2, team_ids=[world.team.id, world.team.id])
    leader = create(actor, Role.TEAM_LEADER, team_ids=[world.team.id])
    assert leader.id in leaders_of_team(world.team.id)
    assert agent.id not in leaders_of_team(world.team.id)
    assert {agent.id, leader.id} <= {one.id for one in members_of_team(world.team.id)}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"role": Role.SUPPORT_AGENT, "level": 0}, "support_level"),
        ({"role": Role.SUPPORT_AGENT, "level": 1, "team_ids": [987654]}, "team_ids"),
        ({"team_ids": [1]}, "team_ids"),
        ({"organisation_id": 987654}, "organisation_id"),
    ],
)
def test_a_person_that_cannot_be_is_refused_at_the_field(world, values, field):
    actor = signed_in(world.admin())
    with pytest.raises(Invalid) as refusal:
        create(actor, **values)
    assert list(refusal.value.problems) == [field]


def test_a_confidential_team_is_offered_to_its_members_only(world):
    hidden = world.make_team("Personal", is_confidential=True)
    inside, outside = signed_in(world.leader(teams=[hidden])), signed_in(world.leader())
    assert "Personal" in dict(team_choices(inside)).values()
    assert "Personal" not in dict(team_choices(outside)).values()
    assert teams_of([inside.person_id], outside) == {}
    with pytest.raises(Invalid):
        create(outside, Role.SUPPORT_AGENT, 1, team_ids=[hidden.id])
    with pytest.raises(NotFound):
        team_for(outside, hidden.id)


def record_of(person, **values) -> ChangePerson:
    return ChangePerson(**({name: getattr(person, name) for name in ChangePerson.model_fields} | values))


def test_a_record_is_changed_by_those_who_manage_the_person(world):
    mia, agent = world.customer(), signed_in(world.agent())
    manage(agent, mia, people.change, record_of(mia, department="Einkauf", is_vip=True))
    assert (reload(mia).department, reload(mia).is_vip) == ("Einkauf", True)
    assert facts("person.changed")[-1] == {
        "fields": ["department", "is_vip"],
        "how": "",
        "actor": agent.person_id,
        "subject": mia.id,
    }
    with pytest.raises(Conflict):
        manage(agent, mia, people.change, record_of(mia, version=1, city="Bonn"))


def test_only_administrators_say_who_manages_an_organisation(world):
    firm, other = world.organisation("Musterwerk"), world.organisation("Nordlicht")
    mia, agent, admin = (
        world.customer(organisation_id=firm.id),
        signed_in(world.agent()),
        signed_in(world.admin()),
    )
    with pytest.raises(Forbidden):
        manage(agent, mia, people.change, record_of(mia, manages_organisation=True))
    manage(admin, mia, people.change, record_of(mia, manages_organisation=True))
    manage(agent, mia, people.change, record_of(reload(mia), manages_organisation=False, city="Bonn"))
    assert reload(mia).manages_organisation
    manage(agent, mia, people.change, record_of(reload(mia), organisation_id=other.id))
    assert not reload(mia).manages_organisation


def role(person, role, level=0) -> ChangeRole:
    return ChangeRole(role=role, support_level=level, version=reload(person).version)


def test_a_new_role_ends_sign_ins_and_fits_the_memberships(world):
    anna, admin = world.agent(), signed_in(world.admin())
    browser = signed_in(anna)
    manage(admin, anna, people.change_role, role(anna, Role.TEAM_LEADER))
    assert own_sign_ins(browser) == []
    assert anna.id in leaders_of_team(world.team.id)
    assert (reload(anna).support_level, facts("person.role_changed")[-1]["level_before"]) == (0, 2)
    manage(admin, anna, people.change_role, role(anna, Role.CUSTOMER))
    assert db.session.get(Membership, (world.team.id, anna.id)) is None


def test_nobody_changes_the_own_role(world):
    admin = world.admin()
    world.admin()
    with pytest.raises(Forbidden):
        person_for(signed_in(admin), admin.id, Need.MANAGE)
    actor, found = signed_in(admin), reload(admin)
    with pytest.raises(Forbidden):
        run_unit(lambda: people.change_role(found, role(admin, Role.CUSTOMER), actor=actor))


def test_one_administrator_always_stays(world):
    last = world.admin()
    other = world.admin()
    manage(signed_in(last), other, people.deactivate)
    with pytest.raises(Conflict):
        manage(SHELL, last, people.deactivate)
    with pytest.raises(Conflict):
        manage(SHELL, last, people.change_role, role(last, Role.TEAM_LEADER))
    assert has_admin()


def test_nobody_gives_a_role_above_the_own_reach(world):
    anna, leader = world.agent(support_level=1), signed_in(world.leader())
    for given in (Role.ADMIN, Role.TEAM_LEADER):
        with pytest.raises(Forbidden):
            manage(leader, anna, people.change_role, role(anna, given))
    senior = signed_in(world.agent(support_level=4))
    with pytest.raises(Forbidden):
        manage(senior, anna, people.change_role, role(anna, Role.SUPPORT_AGENT, 4))


def test_a_deactivated_account_is_shut_at_once_and_can_be_opened_again(world):
    mia, agent = give_password(world.customer()), signed_in(world.agent())
    browser = signed_in(mia)
    manage(agent, mia, people.send_password_link)
    token_id = facts("password.reset_requested")[-1]["token_id"]
    manage(agent, mia, people.deactivate)
    assert own_sign_ins(browser) == []
    assert tokens.link_for(token_id) is None
    assert not proofs.of_address(mia.email, "Ostsee-Wind-7").fits(reload(mia))
    for verb in (people.welcome, people.send_password_link):
        with pytest.raises(Conflict):
            manage(agent, mia, verb)
    manage(agent, mia, people.deactivate)
    manage(agent, mia, people.activate)
    manage(agent, mia, people.activate)
    assert reload(mia).is_active
    assert (len(facts("person.deactivated")), len(facts("person.activated"))) == (1, 1)


def test_staff_change_an_address_at_once_and_the_old_one_can_be_told(world):
    mia, agent = world.customer(email="mia@alt.example"), signed_in(world.agent())
    browser = signed_in(mia)
    manage(agent, mia, changing_email.change_for, ChangeEmail(email="mia@neu.example"))
    assert reload(mia).email == "mia@neu.example"
    assert own_sign_ins(browser) == []
    assert facts("email.changed")[-1]["how"] == "by_staff"
    world.customer(email="anna@firma.example")
    with pytest.raises(Invalid):
        manage(agent, mia, changing_email.change_for, ChangeEmail(email="anna@firma.example"))
    manage(agent, mia, changing_email.change_for, ChangeEmail(email="mia@neu.example"))
    assert len(facts("email.changed")) == 1


def test_staff_end_sign_ins_and_a_lost_second_factor(world):
    mia, agent = world.customer(totp_secret="verschlüsselt"), signed_in(world.agent())
    browser = signed_in(mia)
    assert manage(agent, mia, signing_out.end_all_of) == 1
    manage(agent, mia, factors.remove_for)
    assert (reload(mia).totp_secret, own_sign_ins(browser)) == ("", [])
    assert facts("totp.removed")[-1]["by_staff"]


def test_sensitive_deeds_to_others_want_the_own_password_as_well(world):
    mia, actor = world.customer(), world.actor(world.admin())
    for verb, command in (
        (people.change_role, role(mia, Role.TEAM_LEADER)),
        (changing_email.change_for, ChangeEmail(email="neu@firma.example")),
    ):
        with pytest.raises(PasswordNeeded):
            manage(actor, mia, verb, command)
    with pytest.raises(PasswordNeeded):
        manage(actor, mia, factors.remove_for)
