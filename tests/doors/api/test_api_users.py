"""Changing people by a program: accounts, roles, closing and opening, links, by the rules of the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.accounts.key_words import Scope
from app.accounts.models import SignIn
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.web.api.shapes import User
from tests.support.accounts import facts, give_password, reload
from tests.support.api_keys import Keyed, key_for
from tests.support.at_once import at_once
from tests.support.programs import PROFILE, Program, refused

USERS = "/api/v1/users"
NINA = {"first_name": "Nina", "last_name": "Neu", "email": "nina@firma.example"}


def of(world, who: str) -> Program:
    return Program(world.app, getattr(world, who)())


def patch(program, person, body, **options):
    return program.send("PATCH", f"{USERS}/{person.id}", json=body, **options)


def age_the_password() -> None:
    long_ago = clock.now() - timedelta(minutes=11)
    run_unit(lambda: db.session.execute(sa.update(SignIn).values(confirmed_at=long_ago)))


def test_somebody_new_gets_a_link(world):
    program = of(world, "agent")
    answer = program.post(USERS, NINA | {"send_welcome": True, "department": "Einkauf"})
    assert (answer.status_code, set(answer.json)) == (201, set(User.model_fields))
    assert answer.headers["Location"] == f"{USERS}/{answer.json['id']}"
    assert program.get(answer.headers["Location"]).json == answer.json
    assert (answer.json["role"], answer.json["department"]) == ("customer", "Einkauf")
    assert facts("person.welcomed")[-1]["subject"] == answer.json["id"]


def test_a_repeated_request_makes_nobody_twice(world):
    program, key = of(world, "agent"), {"Idempotency-Key": "nina"}
    first, second = (program.post(USERS, NINA, headers=key) for _ in range(2))
    assert first.json == second.json and len(facts("person.created")) == 1


@pytest.mark.parametrize(
    ("who", "values", "status"),
    [
        ("customer", {}, 403),
        ("agent", {"role": "support_agent", "support_level": 1}, 403),
        ("leader", {"role": "support_agent", "support_level": 4}, 201),
        ("leader", {"role": "team_leader"}, 403),
        ("leader", {"role": "admin"}, 403),
        ("admin", {"role": "admin"}, 201),
        ("admin", {"role": "support_agent"}, 422),
        ("admin", {"team_ids": [1]}, 422),
        ("admin", {"role": "team_leader", "team_ids": [999999]}, 422),
        ("admin", {"organisation_id": 999999}, 422),
        ("admin", {"support_level": ""}, 422),
        ("admin", {"email": "CUSTOMER1@firma.example"}, 422),
    ],
)
def test_who_makes_whom(world, who, values, status):
    world.customer(email="customer1@firma.example")
    program = of(world, who)
    answer = program.post(USERS, NINA | values)
    assert answer.status_code == status, answer.text
    assert len(facts("person.created")) == (status == 201)


def test_fields_change_together_or_not_at_all(world):
    mia, program = world.customer(), of(world, "leader")
    good = {"city": "Kiel", "role": "support_agent", "support_level": 2, "email": "neu@firma.example"}
    assert refused(patch(program, mia, good | {"support_level": 0}), 422, "invalid")
    assert refused(patch(program, mia, good | {"role": "admin"}), 403, "forbidden")
    assert (reload(mia).city, reload(mia).version) == ("", 1)
    answer = patch(program, mia, good)
    assert answer.status_code == 200, answer.text
    assert {name: answer.json[name] for name in good} == good
    assert answer.json == program.get(f"{USERS}/{mia.id}").json
    assert answer.json["version"] == reload(mia).version > 1


def test_the_whole_account_comes_back_as_it_was_given(world):
    mia, program = world.customer(phone="1", employee_number="E-1"), of(world, "admin")
    seen = program.get(f"{USERS}/{mia.id}").json
    kept = ("id", "full_name", "avatar", "last_activity", "teams", "version")
    body = {name: value for name, value in seen.items() if name not in kept}
    same = program.send("PUT", f"{USERS}/{mia.id}", json=body)
    assert (same.status_code, same.json) == (200, seen)
    other = body | {"employee_id": None, "position": "Leitung", "is_active": False}
    changed = program.send("PUT", f"{USERS}/{mia.id}", json=other).json
    assert {name: changed[name] for name in other} == other
    lacking = {name: value for name, value in body.items() if name != "phone"}
    answer = program.send("PUT", f"{USERS}/{mia.id}", json=lacking)
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == ["phone"]


def test_another_role_ends_the_sign_ins_and_wants_a_fresh_password(world):
    anna, program = world.agent(), of(world, "admin")
    hers = Program(world.app, anna)
    patch(program, anna, {"role": "team_leader"})
    assert refused(hers.get(PROFILE), 401, "not_signed_in")
    age_the_password()
    assert refused(patch(program, anna, {"role": "customer"}), 403, "password_needed")
    assert refused(patch(program, anna, {"email": "neu@firma.example"}), 403, "password_needed")
    assert (
        patch(program, anna, {"role": "team_leader", "email": anna.email, "city": "Kiel"}).status_code == 200
    )
    assert reload(anna).role == "team_leader"


def test_a62_nobody_becomes_staff_without_a_fresh_password_or_by_a_key(world):
    adele = world.admin()
    program = Program(world.app, adele)
    by_key = Keyed(world.app, key_for(adele, Scope.USERS_READ, Scope.USERS_WRITE)[1])
    age_the_password()
    mia, staff = world.customer(), NINA | {"role": "admin", "send_welcome": True}
    for one in (program, by_key):
        assert refused(one.post(USERS, staff), 403, "password_needed")
        for body in ({"role": "admin"}, {"email": "neu@firma.example"}):
            assert refused(patch(one, mia, body), 403, "password_needed")
    assert by_key.post(USERS, NINA).status_code == 201
    assert patch(by_key, mia, {"city": "Kiel"}).status_code == 200
    assert refused(by_key.post("/api/v1/devices", {}), 403, "not_by_key")
    for path in ("logout-everywhere", "password"):
        assert refused(by_key.post(f"/api/v1/auth/{path}", {}), 403, "not_by_key")
    assert len(facts("person.created")) == 1


def test_a_version_that_has_passed_is_refused_for_every_change(world):
    mia, program = world.customer(), of(world, "admin")
    path = f"{USERS}/{mia.id}"
    old = {"If-Match": program.get(path).headers["ETag"]}
    fresh = patch(program, mia, {"city": "Kiel"}, headers=old)
    for method, rest, body in (
        ("PATCH", "", {"city": "Ulm"}),
        ("DELETE", "", None),
        ("POST", "/toggle-status", None),
    ):
        options = {"json": body} if body else {}
        assert refused(program.send(method, path + rest, headers=old, **options), 412, "stale")
    assert refused(program.post(f"{path}/send-welcome", headers=old), 400, "malformed")
    assert program.send("DELETE", path, headers={"If-Match": fresh.headers["ETag"]}).status_code == 204


def test_another_address_is_another_version(world):
    mia, program = world.customer(), of(world, "admin")
    old = {"If-Match": program.get(f"{USERS}/{mia.id}").headers["ETag"]}
    assert patch(program, mia, {"email": "neu@firma.example"}).status_code == 200
    assert refused(patch(program, mia, {"email": "anders@firma.example"}, headers=old), 412, "stale")


def test_deactivating_ends_everything_and_opens_again(world):
    mia, program = give_password(world.customer()), of(world, "agent")
    hers = Program(world.app, mia)
    assert program.send("DELETE", f"{USERS}/{mia.id}").status_code == 204
    assert refused(hers.get(PROFILE), 401, "not_signed_in")
    assert refused(hers.login(mia.email), 401, "wrong_credentials")
    assert program.get(f"{USERS}/{mia.id}").json["is_active"] is False
    assert program.send("DELETE", f"{USERS}/{mia.id}").status_code == 204
    for rest in ("reset-password", "send-welcome"):
        assert refused(program.post(f"{USERS}/{mia.id}/{rest}"), 409, "conflict")
    opened = program.post(f"{USERS}/{mia.id}/toggle-status")
    assert (opened.status_code, opened.json["is_active"]) == (200, True)
    assert hers.login(mia.email).status_code == 200
    assert program.post(f"{USERS}/{mia.id}/toggle-status").json["is_active"] is False


def test_links_are_sent(world):
    mia, program = world.customer(), of(world, "agent")
    for rest, kind in (("reset-password", "password.reset_requested"), ("send-welcome", "person.welcomed")):
        answer = program.post(f"{USERS}/{mia.id}/{rest}")
        assert (answer.status_code, answer.data) == (202, b"")
        assert facts(kind)[-1]["subject"] == mia.id


def test_nobody_shuts_or_demotes_oneself(world):
    adele = world.admin()
    program = Program(world.app, adele)
    assert refused(program.send("DELETE", f"{USERS}/{adele.id}"), 403, "forbidden")
    assert refused(patch(program, adele, {"role": "customer"}), 403, "forbidden")
    assert refused(program.post(f"{USERS}/{adele.id}/toggle-status"), 403, "forbidden")
    assert reload(adele).is_active and reload(adele).role == "admin"


def test_of_two_administrators_who_remove_each_other_at_once_one_stays(world):
    first, second = world.admin(), world.admin()
    pairs = [(Program(world.app, first), second), (Program(world.app, second), first)]
    answers: list[int] = []

    def remove() -> None:
        program, other = pairs.pop()
        answers.append(program.send("DELETE", f"{USERS}/{other.id}").status_code)

    assert at_once(world.app, remove, 2) == []
    assert answers.count(204) == 1 and set(answers) <= {204, 401, 403, 409}
    assert reload(first).is_active != reload(second).is_active


@pytest.mark.parametrize("who", ["agent", "leader"])
def test_nobody_changes_those_above(world, who):
    program, admin, boss = of(world, who), world.admin(), world.leader()
    for person in (admin, boss):
        path = f"{USERS}/{person.id}"
        assert refused(patch(program, person, {"city": "Kiel"}), 403, "forbidden")
        assert refused(program.send("DELETE", path), 403, "forbidden")
        for rest in ("toggle-status", "reset-password", "send-welcome"):
            assert refused(program.post(f"{path}/{rest}"), 403, "forbidden")
    assert facts("person.changed") == facts("person.deactivated") == []


def test_an_agent_of_level_four_manages_agents_below_only(world):
    senior = Program(world.app, world.agent(support_level=4))
    below, beside = world.agent(support_level=3), world.agent(support_level=4)
    assert patch(senior, below, {"support_level": 2}).status_code == 200
    assert refused(patch(senior, below, {"support_level": 4}), 403, "forbidden")
    assert refused(patch(senior, beside, {"city": "Kiel"}), 403, "forbidden")
    assert refused(patch(of(world, "agent"), below, {"city": "Kiel"}), 403, "forbidden")


@pytest.mark.parametrize(
    "name", ["password", "password_hash", "verified_at", "is_vip", "manages_organisation",
             "totp_secret", "version", "id", "teams", "created_at", "last_activity", "avatar", "single_keys"],
)  # fmt: skip
def test_a36_other_fields_are_none(world, name):
    mia, program = world.customer(), of(world, "admin")
    for answer in (patch(program, mia, {name: 1}), program.post(USERS, NINA | {name: "x"})):
        assert refused(answer, 422, "invalid") and list(answer.json["details"]) == [name]
    assert reload(mia).version == 1
