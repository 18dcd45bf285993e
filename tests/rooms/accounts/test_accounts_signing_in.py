"""Registering, signing in and out: what the verbs do and what they leave in the log."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import mailboxes, passwords, proofs
from app.accounts.actions import (
    changing_password,
    registration,
    resetting,
    signing_in,
    signing_out,
)
from app.accounts.actors import actor_for_token
from app.accounts.models import SignIn
from app.accounts.queries import find_by_email, own_sign_ins
from app.accounts.schemas import Registration
from app.accounts.sign_ins import Browser
from app.accounts.words import Role, Step
from app.core import clock
from app.core.actor import NOBODY
from app.core.db import db
from app.core.errors import NotFound
from app.core.uow import UnitError, run_unit
from app.settings import actions as settings_actions
from app.settings.schemas import SignInRules, Site
from tests.support.accounts import (
    ANOTHER,
    PASSWORD,
    facts,
    give_password,
    reload,
    signed_in,
    token_of,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FIREFOX = Browser("Mozilla/5.0 Firefox/145.0", "192.0.2.7")


def register(email: str = "neu@firma.example", password: str = PASSWORD) -> None:
    command = Registration(first_name="Nina", last_name="Neu", email=email, password=password)
    password_hash = passwords.hashed(password)
    run_unit(lambda: registration.register(command, password_hash, actor=NOBODY))


def enter(email: str, password: str = PASSWORD) -> signing_in.Answer:
    proof = proofs.of_address(email, password)
    return run_unit(lambda: signing_in.enter(proof, FIREFOX, actor=NOBODY))


def test_a_registration_is_of_no_use_before_the_address_is_confirmed(world):
    register()
    person = find_by_email("NEU@firma.example")
    assert person is not None
    assert (person.role, person.verified_at, person.full_name) == (Role.CUSTOMER, None, "Nina Neu")
    assert enter("neu@firma.example").step is Step.CONFIRM_FIRST
    confirmed = run_unit(lambda: registration.confirm(token_of("registration.started"), actor=NOBODY))
    assert confirmed is not None
    assert enter("neu@firma.example").step is Step.IN


def test_a_second_sign_in_before_confirming_sends_the_link_again_and_ends_the_first(world):
    register()
    first = token_of("registration.started")
    enter("neu@firma.example")
    assert len(facts("registration.started")) == 2
    assert run_unit(lambda: registration.confirm(first, actor=NOBODY)) is None


def test_registering_a_known_address_gives_its_owner_a_link_and_nobody_else_anything(world):
    mia = give_password(world.customer(email="mia@firma.example"))
    register("Mia@firma.example", ANOTHER)
    assert facts("registration.started") == []
    assert facts("password.reset_requested")[-1]["how"] == "registered_again"
    assert enter(mia.email, ANOTHER).step is Step.REFUSED
    assert reload(mia).first_name == "Mia"


def test_registering_the_address_of_a_deactivated_account_does_nothing(world):
    world.customer(email="mia@firma.example", is_active=False)
    register("mia@firma.example")
    assert [fact["reason"] for fact in facts("registration.refused")] == ["inactive"]
    assert facts("password.reset_requested") == []


def test_nobody_registers_the_support_mailbox(world):
    run_unit(lambda: settings_actions.change(Site(support_email="hilfe@firma.example"), actor=NOBODY))
    mailboxes.also("test", lambda: ["Rechnung@firma.example", "no address"])
    for address in ("hilfe@firma.example", "HILFE@firma.example", "rechnung@firma.example"):
        register(address)
        assert find_by_email(address) is None
    assert {fact["reason"] for fact in facts("registration.refused")} == {"ours"}
    mailboxes.also("test", lambda: [])


def test_where_registration_is_closed_no_account_is_made(world):
    run_unit(lambda: settings_actions.change(SignInRules(self_registration=False), actor=NOBODY))
    register()
    assert find_by_email("neu@firma.example") is None


def test_a_sign_in_is_a_row_that_lasts_a_day_for_staff_and_a_month_for_customers(world):
    with time_machine.travel(NOW, tick=False):
        for person, lasts in ((world.agent(), timedelta(hours=24)), (world.customer(), timedelta(days=30))):
            give_password(person)
            answer = enter(person.email)
            assert answer.step is Step.IN
            row = db.session.scalars(sa.select(SignIn).where(SignIn.person_id == person.id)).one()
            assert (row.expires_at, row.network) == (NOW + lasts, "192.0.2.7")
            assert answer.token not in row.token_hash
            assert answer.stays is (person.role is Role.CUSTOMER)


def test_a_sign_in_ends_by_age_and_by_silence(world):
    with time_machine.travel(NOW, tick=False) as travel:
        agent = give_password(world.agent())
        token = enter(agent.email).token
        assert actor_for_token(token) is not None
        travel.shift(timedelta(hours=8, minutes=1))
        assert actor_for_token(token) is None
        customer = give_password(world.customer())
        token = enter(customer.email).token
        for _day in range(29):
            travel.shift(timedelta(days=1))
            run_unit(lambda: db.session.execute(sa.update(SignIn).values(seen_at=clock.now())))
            assert actor_for_token(token) is not None
        travel.shift(timedelta(days=2))
        run_unit(lambda: db.session.execute(sa.update(SignIn).values(seen_at=clock.now())))
        assert actor_for_token(token) is None


@pytest.mark.parametrize("state", ["wrong password", "no password", "inactive", "unknown"])
def test_every_refusal_looks_the_same(world, state):
    person = world.customer(is_active=state != "inactive")
    if state != "no password":
        give_password(person, ANOTHER if state == "wrong password" else PASSWORD)
    email = "niemand@firma.example" if state == "unknown" else person.email
    answer = enter(email)
    assert (answer.step, answer.token, answer.half, answer.person_id) == (Step.REFUSED, "", "", 0)
    assert facts("sign_in.failed")[-1]["reason"] == "password"


def test_a_password_changed_in_the_same_moment_does_not_count(world):
    mia = give_password(world.customer())
    proof = proofs.of_address(mia.email, PASSWORD)
    give_password(mia, ANOTHER)
    assert run_unit(lambda: signing_in.enter(proof, FIREFOX, actor=NOBODY)).step is Step.REFUSED


def test_comparing_passwords_inside_a_unit_is_refused(world):
    mia = give_password(world.customer())
    with pytest.raises(UnitError):
        run_unit(lambda: proofs.of_address(mia.email, PASSWORD))


def test_signing_out_ends_this_sign_in_only(world):
    mia = world.customer()
    one, other = signed_in(mia), signed_in(mia)
    run_unit(lambda: signing_out.sign_out(actor=one))
    assert [row.id for row in own_sign_ins(other)] == [other.sign_in_id]
    assert facts("sign_in.ended")[-1]["how"] == "sign_out"


def test_a_person_ends_own_sign_ins_and_nobody_elses(world):
    mia, anna = world.customer(), world.customer()
    here, there, foreign = signed_in(mia), signed_in(mia), signed_in(anna)
    run_unit(lambda: signing_out.end_one(there.sign_in_id, actor=here))
    for sign_in_id in (foreign.sign_in_id, there.sign_in_id, 2**70):
        with pytest.raises(NotFound):
            run_unit(lambda found=sign_in_id: signing_out.end_one(found, actor=here))
    signed_in(mia)
    assert run_unit(lambda: signing_out.end_others(actor=here)) == 1
    assert [row.is_this for row in own_sign_ins(here)] == [True]
    assert len(own_sign_ins(foreign)) == 1


def test_a_new_password_ends_the_other_sign_ins_and_open_links(world):
    mia = give_password(world.customer())
    here = signed_in(mia)
    signed_in(mia)
    run_unit(lambda: resetting.ask(mia.email, actor=NOBODY))
    link = token_of("password.reset_requested")
    proof, made = proofs.of_actor(here, PASSWORD), passwords.hashed(ANOTHER)
    assert run_unit(lambda: changing_password.change(proof, made, actor=here))
    assert [row.id for row in own_sign_ins(here)] == [here.sign_in_id]
    assert run_unit(lambda: resetting.reset(link, made, actor=NOBODY)) is None
    assert facts("password.changed")[-1] == {
        "how": "changed",
        "ended_sign_ins": 1,
        "actor": mia.id,
        "subject": mia.id,
    }
    assert enter(mia.email, PASSWORD).step is Step.REFUSED
    assert enter(mia.email, ANOTHER).step is Step.IN


def test_the_wrong_present_password_changes_nothing(world):
    mia = give_password(world.customer())
    here = signed_in(mia)
    proof, made = proofs.of_actor(here, "falsch geraten"), passwords.hashed(ANOTHER)
    assert not run_unit(lambda: changing_password.change(proof, made, actor=here))
    assert enter(mia.email, PASSWORD).step is Step.IN


def test_two_registrations_at_once_make_one_person(world):
    """The slower one finds the address taken and ends like any repetition."""
    both, failures = threading.Barrier(2), []

    def go(first_name: str) -> None:
        command = Registration(
            first_name=first_name, last_name="Neu", email="neu@firma.example", password=PASSWORD
        )
        with world.app.app_context():
            both.wait(timeout=10)
            try:
                run_unit(lambda: registration.register(command, made, actor=NOBODY))
            except Exception as error:
                failures.append(error)
            db.session.remove()

    made = passwords.hashed(PASSWORD)
    db.session.rollback()
    threads = [threading.Thread(target=go, args=(name,)) for name in ("Nina", "Nora")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert failures == []
    assert len(facts("person.created")) == 1
    assert len(facts("registration.started")) + len(facts("password.reset_requested")) == 2
