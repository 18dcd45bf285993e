"""Further addresses change: made the main one, taken away, and what ends with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.accounts import further, tokens
from app.accounts.actions import by_mail, changing_email, further_addresses, resetting
from app.accounts.actors import MAIL
from app.accounts.models import OneTimeToken
from app.accounts.queries import own_sign_ins
from app.accounts.schemas import ChangeEmail
from app.core.actor import NOBODY
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound, PasswordNeeded
from app.core.uow import run_unit
from tests.support.accounts import facts, give_password, reload, signed_in, token_of
from tests.support.addresses import PRIVATE, ask, confirm, listed, now, who

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_making_it_the_main_address_keeps_the_former_one(world):
    mia = give_password(world.customer(email="mia@firma.example"))
    here, _there = signed_in(mia), signed_in(mia)
    run_unit(lambda: resetting.ask("mia@firma.example", actor=NOBODY))
    row = world.further(mia, PRIVATE)
    run_unit(lambda: further_addresses.make_main(row.id, actor=here))
    assert (reload(mia).email, reload(mia).email_key) == (PRIVATE, PRIVATE)
    assert listed(mia) == [("mia@firma.example", True)]
    assert who(PRIVATE) == who("mia@firma.example") == mia.id
    assert [one.id for one in own_sign_ins(here)] == [here.sign_in_id]
    fact = facts("email.changed")[-1]
    noted = db.session.get_one(OneTimeToken, fact["token_id"])
    assert (fact["how"], noted.detail, noted.former) == ("made_main", PRIVATE, "mia@firma.example")
    assert not opens(facts("password.reset_requested")[-1]["token_id"])


def opens(token_id) -> bool:
    return tokens.link_for(token_id) is not None


def test_staff_make_a_further_address_the_main_one_and_every_sign_in_ends(world):
    mia, admin = world.customer(), signed_in(world.admin())
    here, row = signed_in(mia), world.further(mia, PRIVATE)
    run_unit(lambda: further_addresses.make_main_for(now(mia), row.id, actor=admin))
    assert (reload(mia).email, own_sign_ins(here)) == (PRIVATE, [])
    assert facts("email.changed")[-1]["how"] == "made_main_by_staff"


def test_what_waits_cannot_be_the_main_address(world):
    mia = world.customer()
    row = world.further(mia, PRIVATE, confirmed=False)
    here = signed_in(mia)
    with pytest.raises(Conflict):
        run_unit(lambda: further_addresses.make_main(row.id, actor=here))
    assert reload(mia).email == mia.email


def test_a_removed_address_is_free_and_links_that_went_there_end(world):
    mia = give_password(world.customer())
    here, row = signed_in(mia), world.further(mia, PRIVATE)
    run_unit(lambda: resetting.ask(PRIVATE, actor=NOBODY))
    link = facts("password.reset_requested")[-1]["token_id"]
    assert db.session.get_one(OneTimeToken, link).detail == PRIVATE
    run_unit(lambda: further_addresses.remove(row.id, actor=here))
    assert (who(PRIVATE), listed(mia), opens(link)) == (None, [], False)
    fact = facts("email.further_removed")[-1]
    assert (fact["how"], fact["further_id"]) == ("by_person", row.id)
    made = run_unit(lambda: by_mail.find_or_create(PRIVATE, "", actor=MAIL))
    assert made.id != mia.id


def test_taking_back_what_waits_ends_its_link_and_tells_nobody(world):
    mia, admin = world.customer(), signed_in(world.admin())
    ask(signed_in(mia))
    token, (row,) = token_of("email.further_requested"), further.of_person(mia.id)
    run_unit(lambda: further_addresses.remove_for(now(mia), row.id, actor=admin))
    assert confirm(token) is None
    assert facts("email.further_removed") == []
    assert facts("email.further_withdrawn")[-1]["how"] == "by_staff"


def test_addresses_of_others_are_not_there(world):
    mia, anna = world.customer(), world.customer()
    row = world.further(anna, PRIVATE)
    here, admin = signed_in(mia), signed_in(world.admin())
    for deed in (
        lambda: further_addresses.remove(row.id, actor=here),
        lambda: further_addresses.make_main(row.id, actor=here),
        lambda: further_addresses.remove_for(now(mia), row.id, actor=admin),
        lambda: further_addresses.make_main_for(now(mia), row.id, actor=admin),
        lambda: further_addresses.remove(2**70, actor=here),
    ):
        with pytest.raises(NotFound):
            run_unit(deed)
    assert listed(anna) == [(PRIVATE, True)]


def test_changes_want_a_password_given_in_the_last_ten_minutes(world):
    with time_machine.travel(NOW, tick=False) as travel:
        mia = world.customer()
        row = world.further(mia, PRIVATE)
        here, admin = signed_in(mia), signed_in(world.admin())
        travel.shift(timedelta(minutes=10, seconds=1))
        for deed in (
            lambda: further_addresses.ask(ChangeEmail(email="neu@privat.example"), actor=here),
            lambda: further_addresses.remove(row.id, actor=here),
            lambda: further_addresses.make_main(row.id, actor=here),
            lambda: further_addresses.add_for(now(mia), ChangeEmail(email="neu@privat.example"), actor=admin),
            lambda: further_addresses.remove_for(now(mia), row.id, actor=admin),
            lambda: further_addresses.make_main_for(now(mia), row.id, actor=admin),
        ):
            with pytest.raises(PasswordNeeded):
                run_unit(deed)


def test_moving_to_ones_own_further_address_leaves_one_row_of_it(world):
    mia, admin = world.customer(email="mia@firma.example"), signed_in(world.admin())
    world.further(mia, PRIVATE)
    run_unit(lambda: changing_email.change_for(now(mia), ChangeEmail(email=PRIVATE), actor=admin))
    assert (reload(mia).email, listed(mia)) == (PRIVATE, [])
    assert who("mia@firma.example") is None


def test_nobody_moves_to_a_further_address_of_somebody_else(world):
    anna, mia, admin = world.customer(), world.customer(), signed_in(world.admin())
    world.further(anna, PRIVATE)
    with pytest.raises(Invalid):
        run_unit(lambda: changing_email.change_for(now(mia), ChangeEmail(email=PRIVATE), actor=admin))
