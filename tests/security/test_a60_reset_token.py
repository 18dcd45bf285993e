"""A60: a link to set a password works once, for half an hour, for one address, and leaves no trace elsewhere."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import passwords
from app.accounts.access import person_for
from app.accounts.actions import changing_email, resetting
from app.accounts.models import OneTimeToken
from app.accounts.schemas import ChangeEmail
from app.accounts.words import Need
from app.core import crypto
from app.core.actor import NOBODY
from app.core.db import db
from app.core.uow import run_unit
from tests.support.accounts import ANOTHER, give_password, reload, signed_in, token_of, try_sign_in

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def ask(person) -> str:
    run_unit(lambda: resetting.ask(person.email, actor=NOBODY))
    return token_of("password.reset_requested")


def use(world, token: str, password: str = ANOTHER) -> int:
    browser = world.browser()
    browser.get("/auth/login")
    return int(browser.post(f"/auth/password/reset/{token}", {"password": password}).status_code)


def test_a60_twice(world):
    token = ask(give_password(world.customer()))
    assert use(world, token) == 303
    assert use(world, token, "Etwas anderes noch") == 410


def test_a60_after_thirty_one_minutes(world):
    with time_machine.travel(NOW, tick=False) as travel:
        token = ask(give_password(world.customer()))
        travel.shift(timedelta(minutes=31))
        assert use(world, token) == 410


def test_a60_after_a_newer_one(world):
    mia = give_password(world.customer())
    older, newer = ask(mia), ask(mia)
    assert use(world, older) == 410
    assert use(world, newer) == 303


def test_a60_after_the_address_changed(world):
    mia, admin = give_password(world.customer()), signed_in(world.admin())
    token = ask(mia)
    run_unit(
        lambda: changing_email.change_for(
            person_for(admin, mia.id, Need.MANAGE, lock=True),
            ChangeEmail(email="neu@firma.example"),
            actor=admin,
        )
    )
    assert use(world, token) == 410


def test_a60_two_at_once(world):
    """Both look first, then both act: one of them finds the link used."""
    mia = give_password(world.customer())
    token, made = ask(mia), [passwords.hashed(ANOTHER), passwords.hashed("Etwas anderes noch")]
    both, outcomes = threading.Barrier(2), []

    def go(password_hash: str) -> None:
        with world.app.app_context():
            both.wait(timeout=10)
            outcomes.append(run_unit(lambda: resetting.reset(token, password_hash, actor=NOBODY)) is not None)
            db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=go, args=(password_hash,)) for password_hash in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, True]
    assert reload(mia).password_hash in made


def test_a60_by_guessing(world):
    token = ask(give_password(world.customer()))
    row = db.session.scalars(sa.select(OneTimeToken)).one()
    assert len(token) >= 43
    assert row.token_hash == crypto.digest(token)
    for guess in (
        token[:-1],
        token + "A",
        token.swapcase(),
        row.token_hash,
        row.sealed,
        "",
        "%00",
        "x" * 5000,
    ):
        assert use(world, guess.replace("/", "_") or "-") in (400, 404, 410)


def test_a60_not_in_the_referer_of_other_sites(world):
    token = ask(give_password(world.customer()))
    page = world.browser().get(f"/auth/password/reset/{token}")
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert token not in page.text.replace(f"/auth/password/reset/{token}", "")
    assert 'src="http' not in page.text


def test_a60_every_sign_in_ends_and_the_new_password_counts(world):
    mia = give_password(world.customer())
    browser = world.browser(mia)
    assert use(world, ask(mia)) == 303
    assert browser.get("/auth/profile").status_code == 303
    assert try_sign_in(world.browser(), mia.email, ANOTHER).status_code == 303


@pytest.mark.parametrize("purpose", ["confirm", "change_email"])
def test_a60_a_link_for_one_thing_opens_nothing_else(world, purpose):
    mia = world.customer()
    actor = signed_in(mia)
    run_unit(lambda: changing_email.ask(ChangeEmail(email="neu@firma.example"), actor=actor))
    assert use(world, token_of("email.change_requested")) == 410
    token = ask(mia)
    browser = world.browser()
    browser.get("/auth/login")
    assert browser.post(f"/auth/confirm/{token}").status_code == 410
