"""The own record: details, language, picture, days away."""

from __future__ import annotations

import io
from datetime import date

import pytest
from PIL import Image

from app.accounts import avatars
from app.accounts.actions import absences, profile
from app.accounts.models import Person
from app.accounts.queries import deputy_of
from app.accounts.schemas import Absence, ChangeProfile
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.uow import UnitError, run_unit
from tests.support.accounts import facts, reload, signed_in


def own_record(person, **values):
    given = {name: getattr(person, name) for name in ChangeProfile.model_fields}
    return ChangeProfile(**(given | values))


def test_the_own_record_is_saved_and_the_log_names_the_fields(world):
    mia = world.customer(first_name="Mia", last_name="Muster")
    here = signed_in(mia)
    command = own_record(
        mia, last_name="Müller-Lüdenscheidt", phone="0911 4400", language="en", employee_number="P7"
    )
    assert set(run_unit(lambda: profile.change(command, actor=here))) == {
        "last_name",
        "phone",
        "language",
        "employee_number",
    }
    found = reload(mia)
    assert (found.version, found.search_key) == (2, "mueller-luedenscheidt mia")
    assert set(facts("person.changed")[-1]["fields"]) == {"last_name", "phone", "language", "employee_number"}


def test_saving_nothing_new_records_nothing(world):
    mia = world.customer()
    here = signed_in(mia)
    assert run_unit(lambda: profile.change(own_record(mia), actor=here)) == []
    assert facts("person.changed") == []


def test_a_record_changed_meanwhile_is_not_overwritten(world):
    mia = world.customer()
    here = signed_in(mia)
    run_unit(lambda: profile.change(own_record(mia, phone="1"), actor=here))
    with pytest.raises(Conflict):
        run_unit(lambda: profile.change(own_record(mia, phone="2", version=1), actor=here))
    assert reload(mia).phone == "1"


def test_an_employee_number_belongs_to_one_person(world):
    world.customer(employee_number="P7")
    mia = world.customer()
    here = signed_in(mia)
    with pytest.raises(Invalid) as refusal:
        run_unit(lambda: profile.change(own_record(mia, employee_number="P7"), actor=here))
    assert list(refusal.value.problems) == ["employee_number"]


def test_the_language_changes_alone(world):
    mia = world.customer()
    here = signed_in(mia)
    for language in ("en", "en", "xx"):
        run_unit(lambda chosen=language: profile.change_language(chosen, actor=here))
    assert reload(mia).language == "en"
    assert len(facts("person.changed")) == 1


def picture(kind="PNG", size=(400, 300)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def test_a_picture_is_made_anew_before_it_is_kept(house):
    kept = {}

    def put(stream, limit):
        kept["bytes"] = stream.read(limit)
        return "a" * 64

    assert avatars.store(picture("JPEG") + b"<script>", put) == "a" * 64
    made = Image.open(io.BytesIO(kept["bytes"]))
    assert (made.format, made.size) == ("PNG", (256, 256))
    assert b"script" not in kept["bytes"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        picture()[:60],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 50,
        b"<svg/>",
        b"x" * (avatars.AVATAR_BYTES + 1),
    ],
    ids=["empty", "text", "cut", "broken", "svg", "large"],
)
def test_what_is_no_small_picture_is_refused_with_a_sentence(house, data):
    with pytest.raises(Invalid) as refusal:
        avatars.store(data, lambda stream, limit: "")
    assert refusal.value.problems["avatar"]


def test_pictures_are_stored_outside_units(world):
    with pytest.raises(UnitError):
        run_unit(lambda: avatars.store(picture(), lambda stream, limit: ""))


def test_a_picture_is_used_and_taken_away(world):
    mia = world.customer()
    here = signed_in(mia)
    for sha256 in ("a" * 64, "a" * 64, ""):
        run_unit(lambda found=sha256: profile.change_avatar(found, actor=here))
    assert len(facts("person.changed")) == 2
    assert reload(mia).avatar_sha256 == ""


def away(person, actor, **values):
    found = db.session.get(Person, person.id)
    run_unit(lambda: absences.change(found, Absence(**values), actor=actor))


def test_a_deputy_stands_in_while_somebody_is_away(world):
    anna, ben = world.agent(), world.agent()
    away(
        anna, signed_in(anna), absent_from=date(2026, 12, 1), absent_until=date(2026, 12, 5), deputy_id=ben.id
    )
    assert deputy_of(anna.id, date(2026, 11, 30)) is None
    assert deputy_of(anna.id, date(2026, 12, 1)) == ben.id
    assert deputy_of(anna.id, date(2026, 12, 5)) == ben.id
    assert deputy_of(anna.id, date(2026, 12, 6)) is None
    away(ben, signed_in(ben), absent_from=date(2026, 12, 3))
    assert deputy_of(anna.id, date(2026, 12, 4)) is None
    away(anna, signed_in(anna))
    assert facts("person.absence_changed")[-1]["absent_from"] is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"absent_until": date(2026, 12, 1)}, "absent_from"),
        ({"absent_from": date(2026, 12, 2), "absent_until": date(2026, 12, 1)}, "absent_until"),
        ({"absent_from": date(2026, 12, 2), "deputy_id": 987654}, "deputy_id"),
    ],
)
def test_an_absence_that_cannot_be_is_refused_at_its_field(world, values, field):
    anna = world.agent()
    with pytest.raises(Invalid) as refusal:
        away(anna, signed_in(anna), **values)
    assert list(refusal.value.problems) == [field]


def test_customers_and_oneself_are_no_deputies(world):
    anna, mia = world.agent(), world.customer()
    for person in (anna, mia):
        with pytest.raises(Invalid):
            away(anna, signed_in(anna), absent_from=date(2026, 12, 2), deputy_id=person.id)
