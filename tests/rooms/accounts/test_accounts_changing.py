"""Changes to one's own account: address, second factor, record, picture, absence."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from PIL import Image

from app.accounts import avatars, proofs, second_factor
from app.accounts.actions import absences, changing_email, profile, resetting, signing_in
from app.accounts.actions import second_factor as factors
from app.accounts.models import OneTimeToken, Person, RecoveryCode
from app.accounts.queries import deputy_of, own_sign_ins, recovery_codes_left
from app.accounts.schemas import Absence, ChangeEmail, ChangeProfile
from app.accounts.sign_ins import Browser
from app.accounts.words import Step
from app.core.actor import NOBODY
from app.core.db import db
from app.core.errors import Conflict, Invalid, PasswordNeeded
from app.core.uow import UnitError, run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import Site
from tests.support.accounts import PASSWORD, facts, give_password, reload, signed_in, token_of

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BROWSER = Browser("Testbrowser/1", "192.0.2.7")


@pytest.fixture
def frozen():
    with time_machine.travel(NOW, tick=False) as travel:
        yield travel


def ask(actor, email):
    run_unit(lambda: changing_email.ask(ChangeEmail(email=email), actor=actor))


def test_a_new_address_counts_from_the_click_on(world):
    mia = give_password(world.customer(email="mia@alt.example"))
    here, _there = signed_in(mia), signed_in(mia)
    ask(here, "mia@neu.example")
    assert reload(mia).email == "mia@alt.example"
    token = token_of("email.change_requested")
    run_unit(lambda: changing_email.confirm(token, actor=here))
    assert (reload(mia).email, reload(mia).email_key) == ("mia@neu.example", "mia@neu.example")
    row = db.session.get(OneTimeToken, facts("email.changed")[-1]["token_id"])
    assert (row.former, row.detail) == ("mia@alt.example", "mia@neu.example")
    assert [one.id for one in own_sign_ins(here)] == [here.sign_in_id]
    assert run_unit(lambda: changing_email.confirm(token, actor=here)) is None


def test_a_taken_address_and_our_own_get_no_link_and_no_different_answer(world):
    world.customer(email="anna@firma.example")
    run_unit(lambda: settings_actions.change(Site(support_email="hilfe@firma.example"), actor=NOBODY))
    here = signed_in(world.customer())
    for email in ("Anna@firma.example", "hilfe@firma.example"):
        ask(here, email)
    assert facts("email.change_requested") == []
    assert [fact["reason"] for fact in facts("email.change_refused")] == ["taken", "ours"]


def test_an_address_taken_meanwhile_stays_with_the_faster_one(world):
    mia = world.customer()
    here = signed_in(mia)
    ask(here, "neu@firma.example")
    token = token_of("email.change_requested")
    world.customer(email="neu@firma.example")
    with pytest.raises(Conflict):
        run_unit(lambda: changing_email.confirm(token, actor=here))
    assert reload(mia).email != "neu@firma.example"


def test_the_present_address_is_no_new_one_but_its_capitals_may_change(world):
    here = signed_in(world.customer(email="mia@firma.example"))
    with pytest.raises(Invalid):
        ask(here, "mia@firma.example")
    ask(here, "Mia@firma.example")
    run_unit(lambda: changing_email.confirm(token_of("email.change_requested"), actor=here))
    assert db.session.get(Person, here.person_id).email == "Mia@firma.example"


def test_sensitive_changes_want_a_password_given_in_the_last_ten_minutes(world, frozen):
    mia = give_password(world.customer())
    here = signed_in(mia)
    frozen.shift(timedelta(minutes=10, seconds=1))
    secret = second_factor.new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    for change in (
        lambda: changing_email.ask(ChangeEmail(email="neu@firma.example"), actor=here),
        lambda: factors.enrol(secret, code, actor=here),
        lambda: factors.remove(actor=here),
        lambda: factors.renew_codes(actor=here),
    ):
        with pytest.raises(PasswordNeeded):
            run_unit(change)
    wrong, right = proofs.of_actor(here, "falsch geraten"), proofs.of_actor(here, PASSWORD)
    assert not run_unit(lambda: signing_in.confirm_password(wrong, actor=here))
    assert run_unit(lambda: signing_in.confirm_password(right, actor=here))
    ask(here, "neu@firma.example")


def enrol(actor) -> tuple[str, list[str]]:
    secret = second_factor.new_secret()
    code = pyotp.TOTP(secret).at(datetime.now(UTC))
    return secret, run_unit(lambda: factors.enrol(secret, code, actor=actor))


def start(person):
    proof = proofs.of_address(person.email, PASSWORD)
    return run_unit(lambda: signing_in.enter(proof, BROWSER, actor=NOBODY))


def finish(half, code):
    return run_unit(lambda: signing_in.enter_with_code(half, code, BROWSER, actor=NOBODY))


def test_with_a_second_factor_the_password_is_half_the_way(world, frozen):
    mia = give_password(world.customer())
    secret, _codes = enrol(signed_in(mia))
    assert secret not in reload(mia).totp_secret
    answer = start(mia)
    assert (answer.step, answer.token) == (Step.CODE, "")
    frozen.shift(timedelta(seconds=60))
    assert finish(answer.half, "000000").step is Step.REFUSED
    assert finish(answer.half, pyotp.TOTP(secret).at(NOW + timedelta(seconds=60))).step is Step.IN
    assert facts("sign_in.succeeded")[-1]["factor"] == "code"


def test_a_code_works_once_and_so_does_the_one_of_the_set_up(world, frozen):
    mia = give_password(world.customer())
    secret, _codes = enrol(signed_in(mia))
    half = start(mia).half
    assert finish(half, pyotp.TOTP(secret).at(NOW)).step is Step.REFUSED
    frozen.shift(timedelta(seconds=60))
    code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=60))
    assert finish(half, code).step is Step.IN
    assert finish(start(mia).half, code).step is Step.REFUSED


def test_a_recovery_code_works_once(world, frozen):
    mia = give_password(world.customer())
    _secret, codes = enrol(signed_in(mia))
    kept = set(db.session.scalars(sa.select(RecoveryCode.code_hash)))
    assert len(codes) == 10 and not kept & set(codes)
    assert finish(start(mia).half, codes[3].upper()).step is Step.IN
    assert finish(start(mia).half, codes[3]).step is Step.REFUSED
    assert recovery_codes_left(mia.id) == 9
    assert facts("sign_in.succeeded")[-1]["factor"] == "recovery_code"


def test_half_a_sign_in_ends_with_the_password_and_after_five_minutes(world, frozen):
    mia = give_password(world.customer())
    _secret, codes = enrol(signed_in(mia))
    half = start(mia).half
    give_password(mia, "Leuchtturm im Nebel")
    assert finish(half, codes[0]) == signing_in.Answer(Step.REFUSED)
    give_password(mia)
    half = start(mia).half
    frozen.shift(timedelta(minutes=5, seconds=1))
    assert finish(half, codes[0]) == signing_in.Answer(Step.REFUSED)
    assert finish("1|forged~9999999999~x", codes[0]) == signing_in.Answer(Step.REFUSED)


def test_setting_up_wants_a_fitting_code_and_happens_once(world, frozen):
    here = signed_in(world.customer())
    with pytest.raises(Invalid):
        run_unit(lambda: factors.enrol(second_factor.new_secret(), "000000", actor=here))
    enrol(here)
    with pytest.raises(Conflict):
        enrol(here)


def test_new_codes_replace_the_old_and_switching_off_takes_all(world, frozen):
    mia = give_password(world.customer())
    here = signed_in(mia)
    _secret, old = enrol(here)
    new = run_unit(lambda: factors.renew_codes(actor=here))
    assert not set(old) & set(new)
    assert finish(start(mia).half, old[0]).step is Step.REFUSED
    run_unit(lambda: factors.remove(actor=here))
    assert recovery_codes_left(mia.id) == 0
    assert start(mia).step is Step.IN
    with pytest.raises(Conflict):
        run_unit(lambda: factors.renew_codes(actor=here))


def test_a_reset_keeps_the_second_factor(world, frozen):
    mia = give_password(world.customer())
    enrol(signed_in(mia))
    run_unit(lambda: resetting.ask(mia.email, actor=NOBODY))
    made = give_password(world.customer()).password_hash
    run_unit(lambda: resetting.reset(token_of("password.reset_requested"), made, actor=NOBODY))
    assert start(mia).step is Step.CODE


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
