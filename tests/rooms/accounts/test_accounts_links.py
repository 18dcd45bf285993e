"""Links to set a password: what they open, what is kept of them, and when they go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import time_machine

from app.accounts import passwords, proofs, tokens
from app.accounts.actions import (
    changing_password,
    resetting,
    signing_in,
    sweeping,
)
from app.accounts.models import OneTimeToken, Person
from app.accounts.queries import own_sign_ins
from app.accounts.sign_ins import Browser
from app.accounts.words import Step, TokenPurpose
from app.core.actor import NOBODY
from app.core.db import db
from app.core.uow import run_unit
from tests.support.accounts import (
    ANOTHER,
    PASSWORD,
    facts,
    link_of,
    reload,
    signed_in,
    token_of,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FIREFOX = Browser("Mozilla/5.0 Firefox/145.0", "192.0.2.7")


def enter(email: str, password: str = PASSWORD) -> signing_in.Answer:
    proof = proofs.of_address(email, password)
    return run_unit(lambda: signing_in.enter(proof, FIREFOX, actor=NOBODY))


def test_a_reset_sets_the_password_confirms_the_address_and_ends_every_sign_in(world):
    mia = world.customer(verified_at=None)
    here = signed_in(mia)
    run_unit(lambda: resetting.ask(mia.email.upper(), actor=NOBODY))
    made = passwords.hashed(ANOTHER)
    assert (
        run_unit(lambda: resetting.reset(token_of("password.reset_requested"), made, actor=NOBODY))
        is not None
    )
    assert reload(mia).verified_at is not None
    assert own_sign_ins(here) == []
    assert enter(mia.email, ANOTHER).step is Step.IN


def test_asking_for_a_link_writes_as_much_for_an_unknown_address(world):
    world.customer(email="still@firma.example", is_active=False)
    for address, reason in (("niemand@firma.example", "unknown"), ("still@firma.example", "inactive")):
        run_unit(lambda found=address: resetting.ask(found, actor=NOBODY))
        assert facts("password.reset_refused")[-1]["reason"] == reason
    assert facts("password.reset_requested") == []


def test_a_token_is_kept_as_a_hash_and_sealed_only_until_it_is_used(world):
    mia = world.customer()
    run_unit(lambda: resetting.ask(mia.email, actor=NOBODY))
    clear = token_of("password.reset_requested")
    row = db.session.scalars(sa.select(OneTimeToken)).one()
    assert clear not in (row.token_hash, row.sealed)
    assert link_of("password.reset_requested") == f"/auth/password/reset/{clear}"
    made = passwords.hashed(ANOTHER)
    run_unit(lambda: resetting.reset(clear, made, actor=NOBODY))
    db.session.rollback()
    row = db.session.scalars(sa.select(OneTimeToken)).one()
    assert (row.sealed, row.used_at is not None) == ("", True)
    assert tokens.link_for(row.id) is None


def test_links_out_of_date_tell_nothing_and_are_swept(world):
    with time_machine.travel(NOW, tick=False) as travel:
        mia = world.customer()
        run_unit(lambda: resetting.ask(mia.email, actor=NOBODY))
        token_id = facts("password.reset_requested")[-1]["token_id"]
        assert tokens.open_link_of(mia.id, TokenPurpose.RESET) == tokens.link_for(token_id)
        travel.shift(timedelta(minutes=31))
        assert tokens.link_for(token_id) is None
        assert run_unit(sweeping.forget_tokens) == 0
        db.session.rollback()
        assert db.session.scalars(sa.select(OneTimeToken.sealed)).one() == ""
        travel.shift(timedelta(days=31))
        assert run_unit(sweeping.forget_tokens) == 1
        assert tokens.link_for(token_id) is None


def test_the_first_password_from_the_shell_confirms_the_address(world):
    mia = world.customer(verified_at=None)
    made = passwords.hashed(PASSWORD)
    run_unit(lambda: changing_password.set_by_shell(db.session.get(Person, mia.id), made, actor=NOBODY))
    assert enter(mia.email).step is Step.IN
    assert facts("password.changed")[-1]["how"] == "shell"
