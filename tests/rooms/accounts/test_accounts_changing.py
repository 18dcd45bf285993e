"""Sensitive changes to one's own account: address and second factor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import proofs, second_factor
from app.accounts.actions import changing_email, resetting, signing_in
from app.accounts.actions import second_factor as factors
from app.accounts.models import OneTimeToken, Person, RecoveryCode
from app.accounts.queries import own_sign_ins, recovery_codes_left
from app.accounts.schemas import ChangeEmail
from app.accounts.sign_ins import Browser
from app.accounts.words import Step
from app.core.actor import NOBODY
from app.core.db import db
from app.core.errors import Conflict, Invalid, PasswordNeeded
from app.core.uow import run_unit
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
