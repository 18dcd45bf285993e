"""Devices by a program: each belongs to one sign-in and one person, and leaves with them; nobody is told its token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.access import person_for
from app.accounts.actions import devices as verbs
from app.accounts.actions import people, sweeping
from app.accounts.actors import SHELL
from app.accounts.models import Device
from app.accounts.schemas import NewDevice
from app.accounts.words import Need, Platform
from app.core import crypto
from app.core.db import db
from app.core.uow import run_unit
from tests.support.accounts import PASSWORD, facts, give_password
from tests.support.at_once import at_once
from tests.support.programs import AUTH, PROFILE, Program, actor_of, refused

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DEVICES = "/api/v1/devices"
SHAPE = {"id", "platform", "name", "is_this", "created_at", "seen_at"}
PHONE = {"platform": "ios", "token": "apns-0123456789abcdef", "name": "iPhone von Mia"}


def rows() -> list[Device]:
    db.session.rollback()
    query = sa.select(Device).order_by(Device.id).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def test_a_device_is_registered_listed_and_removed(world):
    mia = world.customer()
    program = Program(world.app, mia)
    answer = program.post(DEVICES, PHONE)
    assert (answer.status_code, set(answer.json)) == (201, SHAPE)
    assert answer.headers["Location"] == f"{DEVICES}/{answer.json['id']}"
    assert (answer.json["platform"], answer.json["name"], answer.json["is_this"]) == (
        "ios",
        PHONE["name"],
        True,
    )
    listed = program.get(DEVICES).json
    assert (listed["count"], listed["results"]) == (1, [answer.json])
    assert program.get(answer.headers["Location"]).json == answer.json
    gone = program.send("DELETE", answer.headers["Location"])
    assert (gone.status_code, gone.data) == (204, b"")
    assert rows() == [] and program.get(PROFILE).status_code == 200
    assert refused(program.send("DELETE", answer.headers["Location"]), 404, "not_found")
    assert facts("device.added")[-1] | {"device_id": 0} == {
        "device_id": 0, "platform": "ios", "moved": False, "actor": mia.id, "subject": mia.id,
    }  # fmt: skip
    assert facts("device.removed")[-1]["how"] == "by_person"


def test_its_token_is_told_to_nobody_and_stands_nowhere_in_plain(world):
    program = Program(world.app, world.customer())
    answers = [program.post(DEVICES, PHONE), program.get(DEVICES)]
    assert all(PHONE["token"] not in answer.text for answer in answers)
    (row,) = rows()
    assert crypto.decrypt(row.sealed) == PHONE["token"]
    assert row.token_hash == crypto.digest(PHONE["token"])
    for table in db.metadata.sorted_tables:
        assert PHONE["token"] not in str(db.session.execute(sa.select(table)).all()), table.name


def test_the_same_token_is_the_same_device(world):
    mia = world.customer()
    first, second = Program(world.app, mia), Program(world.app, mia)
    made = first.post(DEVICES, PHONE).json
    again = second.post(DEVICES, PHONE | {"name": "Neues iPhone", "platform": "web"})
    assert again.status_code == 201
    assert (again.json["id"], again.json["name"], again.json["platform"]) == (
        made["id"],
        "Neues iPhone",
        "web",
    )
    assert again.json["is_this"] is True
    assert first.get(DEVICES).json["results"][0]["is_this"] is False
    assert first.post(f"{AUTH}/logout").status_code == 204
    assert [row.id for row in rows()] == [made["id"]]


def test_a_device_somebody_else_signs_in_on_moves_to_them(world):
    mia, nora = world.customer(), world.customer()
    hers, other = Program(world.app, mia), Program(world.app, nora)
    made = hers.post(DEVICES, PHONE).json
    assert other.post(DEVICES, PHONE).json["id"] == made["id"]
    assert hers.get(DEVICES).json["results"] == []
    assert refused(hers.get(f"{DEVICES}/{made['id']}"), 404, "not_found")
    assert [row.person_id for row in rows()] == [nora.id]
    gone, added = facts("device.removed")[-1], facts("device.added")[-1]
    assert (gone["how"], gone["subject"], gone["actor"]) == ("moved", mia.id, nora.id)
    assert (added["moved"], added["subject"]) == (True, nora.id)


def test_what_is_somebody_elses_is_not_there(world):
    mine, other = Program(world.app, world.customer()), Program(world.app, world.admin())
    path = mine.post(DEVICES, PHONE).headers["Location"]
    assert other.get(DEVICES).json["count"] == 0
    for method in ("GET", "DELETE"):
        assert refused(other.send(method, path), 404, "not_found")
        assert refused(other.send(method, f"{DEVICES}/{2**62}"), 404, "not_found")
    assert len(rows()) == 1


def ended_by_logout(_world, _mia, program):
    program.post(f"{AUTH}/logout")


def ended_everywhere(world, mia, _program):
    Program(world.app, mia).post(f"{AUTH}/logout-everywhere")


def ended_by_password(world, mia, _program):
    body = {"current": PASSWORD, "new": "Leuchtturm im Nebel"}
    assert Program(world.app, mia).post(f"{AUTH}/password", body).status_code == 204


def ended_by_staff(_world, mia, _program):
    run_unit(lambda: people.deactivate(person_for(SHELL, mia.id, Need.MANAGE), actor=SHELL))


def ended_by_reuse(_world, _mia, program):
    old = program.refresh
    program.renew()
    program.renew(old)


@pytest.mark.parametrize(
    "ending", [ended_by_logout, ended_everywhere, ended_by_password, ended_by_staff, ended_by_reuse]
)
def test_a_device_leaves_with_its_sign_in(world, ending):
    mia = give_password(world.customer())
    program, hers = Program(world.app, mia), Program(world.app, world.customer())
    assert program.post(DEVICES, PHONE).status_code == 201
    kept = hers.post(DEVICES, PHONE | {"token": "fcm-another-token"}).json["id"]
    ending(world, mia, program)
    assert [row.id for row in rows()] == [kept]


def test_renewing_keeps_the_device_and_a_sign_in_that_ran_out_does_not(world):
    with time_machine.travel(NOW, tick=False) as travel:
        program = Program(world.app, mia := world.customer())
        program.post(DEVICES, PHONE)
        travel.shift(timedelta(days=20))
        program.renew()
        assert program.get(DEVICES).json["count"] == 1
        travel.shift(timedelta(days=31))
        other = Program(world.app, mia)
        assert other.get(DEVICES).json["results"] == []
        run_unit(sweeping.forget_sign_ins)
        assert rows() == []


def test_of_more_than_twenty_the_one_heard_of_longest_ago_goes(world):
    with time_machine.travel(NOW, tick=False) as travel:
        program, made = Program(world.app, world.customer()), []
        for n in range(20):
            travel.shift(timedelta(seconds=1))
            made.append(program.post(DEVICES, PHONE | {"token": f"token-number-{n}"}).json["id"])
        travel.shift(timedelta(seconds=1))
        program.post(DEVICES, PHONE | {"token": "token-number-0"})
        made.append(program.post(DEVICES, PHONE | {"token": "token-number-20"}).json["id"])
    assert [row.id for row in rows()] == [made[0], *made[2:]]
    assert facts("device.removed")[-1]["how"] == "too_many"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"platform": "symbian"}, "platform"),
        ({"platform": None}, "platform"),
        ({"token": ""}, "token"),
        ({"token": "kurz"}, "token"),
        ({"token": "x" * 4097}, "token"),
        ({"token": "mit\nZeilenende"}, "token"),
        ({"token": "mit Ümlaut"}, "token"),
        ({"token": ["a" * 20]}, "token"),
        ({"name": "x" * 81}, "name"),
        ({"person_id": 1}, "person_id"),
        ({"sign_in_id": 1}, "sign_in_id"),
        ({"id": 1}, "id"),
    ],
)
def test_a36_a63_what_is_no_device_is_refused_at_its_field(world, values, field):
    answer = Program(world.app, world.customer()).post(DEVICES, PHONE | values)
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == [field]
    assert rows() == []


def test_several_at_once_with_one_token_make_one_device(world):
    mia = world.customer()
    actor = actor_of(Program(world.app, mia).refresh)
    command = NewDevice(platform=Platform.ANDROID, token="fcm-0123456789abcdef")
    failures = at_once(world.app, lambda: run_unit(lambda: verbs.register(command, actor=actor)))
    assert failures == []
    assert [(row.person_id, row.platform) for row in rows()] == [(mia.id, Platform.ANDROID)]


def test_a_list_goes_both_ways_and_costs_few_statements(world, statements):
    program = Program(world.app, world.customer())
    made = [program.post(DEVICES, PHONE | {"token": f"token-number-{n}"}).json["id"] for n in range(5)]
    page = program.get(f"{DEVICES}?limit=2").json
    middle = program.get(page["next"].replace("http://localhost", "")).json
    last = program.get(middle["next"].replace("http://localhost", "")).json
    assert [one["id"] for one in last["results"]] == made[4:]
    back = program.get(last["previous"].replace("http://localhost", "")).json
    assert [one["id"] for one in back["results"]] == made[2:4]
    with statements() as seen:
        program.get(DEVICES)
    assert len(seen) <= 3, seen
