"""The own record by a program: fields, versions, the picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.accounts import avatars
from tests.support.accounts import facts, reload
from tests.support.programs import PROFILE, Program, refused

AVATAR = f"{PROFILE}/avatar"


@pytest.fixture
def mia(world):
    return world.customer(phone="030 1", employee_number="E-1")


@pytest.fixture
def program(world, mia):
    return Program(world.app, mia)


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 20), "teal").save(made, "PNG")
    return made.getvalue()


def put(program: Program, data: bytes, **options) -> object:
    form = {"file": (io.BytesIO(data), "ich.png")}
    return program.send("PUT", AVATAR, data=form, content_type="multipart/form-data", **options)


def patch(program: Program, body: dict, **options) -> object:
    return program.send("PATCH", PROFILE, json=body, **options)


def test_what_is_given_changes_and_the_rest_stays(program, mia):
    answer = patch(program, {"city": "Kiel", "language": "en", "phone": "", "company": None})
    assert answer.status_code == 200
    assert answer.json == program.get(PROFILE).json
    assert (answer.json["city"], answer.json["phone"], answer.json["version"]) == ("Kiel", "", 2)
    found = reload(mia)
    assert (found.city, found.language, found.phone, found.employee_number) == ("Kiel", "en", "", "E-1")
    assert facts("person.changed")[-1]["fields"] == ["phone", "city", "language"]


def test_a_record_older_than_todays_rules_keeps_what_nobody_changes(world):
    mailed = world.customer(first_name="", last_name="")
    answer = patch(Program(world.app, mailed), {"city": "Kiel"})
    assert (answer.status_code, answer.json["full_name"]) == (200, mailed.email)


def test_an_empty_number_is_none(world, program, mia):
    assert patch(program, {"employee_id": ""}).json["employee_id"] is None
    assert patch(Program(world.app, world.customer()), {"employee_id": ""}).status_code == 200
    assert reload(mia).employee_number is None


def test_the_version_that_was_seen_is_heeded(program, mia):
    tag = program.get(PROFILE).headers["ETag"]
    fresh = patch(program, {"city": "Kiel"}, headers={"If-Match": tag})
    assert fresh.status_code == 200
    assert refused(patch(program, {"city": "Ulm"}, headers={"If-Match": tag}), 412, "stale")
    assert patch(program, {"city": "Ulm"}, headers={"If-Match": fresh.headers["ETag"]}).status_code == 200
    assert reload(mia).city == "Ulm"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"phone": "1" * 41}, "phone"),
        ({"language": "fr"}, "language"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"employee_id": "E-2"}, "employee_id"),
        *[
            ({name: value}, name)
            for name, value in {
                "role": "admin", "support_level": 4, "email": "a@firma.example", "is_active": False,
                "is_vip": True, "organisation_id": 1, "version": 1, "id": 1, "verified_at": "2020-01-01",
                "employee_number": "E-3", "teams": [1], "password": "x",
            }.items()
        ],
    ],
)  # fmt: skip
def test_a36_what_is_not_ones_own_to_say_is_refused_at_its_field(world, program, mia, body, field):
    world.customer(employee_number="E-2")
    answer = patch(program, {"city": "Kiel"} | body)
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == [field]
    assert (reload(mia).city, reload(mia).version) == ("", 1)


def test_a_picture_is_made_anew_and_taken_away(world, program, mia):
    answer = put(program, picture())
    assert answer.status_code == 200
    path = answer.json["avatar"].removeprefix("http://localhost")
    shown = program.get(path)
    assert (shown.status_code, shown.mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.data)).size == (256, 256)
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.data == world.browser(mia).get(f"/auth/avatar/{mia.id}").data
    known = program.get(path, headers={"If-None-Match": shown.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")
    assert Program(world.app, world.agent()).get(path).status_code == 200
    assert refused(Program(world.app, world.customer()).get(path), 404, "not_found")
    assert refused(program.get(path, token=""), 401, "not_signed_in")
    gone = program.send("DELETE", AVATAR)
    assert (gone.status_code, gone.data) == (204, b"")
    assert program.get(PROFILE).json["avatar"] is None
    assert refused(program.get(path), 404, "not_found")
    assert [fact["fields"] for fact in facts("person.changed")] == [["avatar"], ["avatar"]]


@pytest.mark.parametrize("data", [b"", b"<svg onload=alert(1)>", b"x" * 3000], ids=["none", "svg", "large"])
def test_what_is_no_small_picture_is_refused_at_its_field(program, mia, monkeypatch, data):
    monkeypatch.setattr(avatars, "AVATAR_BYTES", 2000)
    answer = put(program, data)
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == ["file"]
    assert reload(mia).avatar_sha256 == ""


def test_a_picture_is_bound_to_no_version(program):
    tag = program.get(PROFILE).headers["ETag"]
    assert refused(put(program, picture(), headers={"If-Match": tag}), 400, "malformed")


def test_a_change_costs_few_statements(program, statements):
    patch(program, {"city": "Kiel"})
    with statements() as seen:
        assert patch(program, {"city": "Ulm"}).status_code == 200
    assert len(seen) <= 9, seen
