"""One-time links are handed over where no mail goes out; looking at one wants the password and is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts import tokens
from app.accounts.models import OneTimeToken, Person, SignIn
from app.accounts.words import TokenPurpose
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from tests.support.world import Browser, World


@pytest.fixture
def kim(world: World) -> Person:
    return world.customer(first_name="Kim", last_name="Lang")


@pytest.fixture
def token(kim: Person) -> OneTimeToken:
    return run_unit(lambda: tokens.issue(kim.id, TokenPurpose.WELCOME))


@pytest.fixture
def browser(world: World) -> Browser:
    """An administrator's browser that has seen the list."""
    made = world.browser(world.admin())
    made.get("/admin/links")
    return made


def test_the_list_names_people_but_no_link(world: World, token: OneTimeToken, browser: Browser) -> None:
    text = browser.get("/admin/links").get_data(as_text=True)
    assert "Kim Lang" in text and "Erstes Passwort wählen" in text
    assert "/auth/password/reset/" not in text


def test_a_link_is_shown_to_copy_and_that_is_written_down(
    world: World, kim: Person, token: OneTimeToken, browser: Browser
) -> None:
    answer = browser.post(f"/admin/links/{token.id}")
    link = tokens.link_for(token.id)
    assert answer.status_code == 200 and link is not None and link in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"
    event = db.session.scalars(sa.select(Event).where(Event.kind == "person.link_shown")).one()
    assert (event.subject_kind, event.subject_id) == ("person", kim.id)
    assert link.rsplit("/", 1)[1] not in str(event.payload)


def test_a_password_given_long_ago_is_asked_for_again(
    world: World, token: OneTimeToken, browser: Browser
) -> None:
    long_ago = clock.now() - timedelta(minutes=11)
    run_unit(lambda: db.session.execute(sa.update(SignIn).values(confirmed_at=long_ago)))
    answer = browser.post(f"/admin/links/{token.id}", {"next": "/admin/links"})
    assert answer.status_code == 303 and "/auth/" in answer.headers["Location"]
    assert not db.session.scalar(sa.select(Event.id).where(Event.kind == "person.link_shown"))


@pytest.mark.parametrize("number", [0, 999_999, 99_999_999_999_999_999_999])
def test_a_link_that_is_not_there(world: World, browser: Browser, number: int) -> None:
    assert browser.post(f"/admin/links/{number}").status_code == 404


def test_used_and_expired_links_are_not_offered(world: World, kim: Person, browser: Browser) -> None:
    old = run_unit(lambda: tokens.issue(kim.id, TokenPurpose.CONFIRM))
    run_unit(lambda: db.session.execute(sa.update(OneTimeToken).values(expires_at=clock.now())))
    assert "Keine offenen Links" in browser.get("/admin/links").get_data(as_text=True)
    assert browser.post(f"/admin/links/{old.id}").status_code == 404


def test_where_mail_goes_out_nobody_hands_links_over(
    house: Flask, world: World, token: OneTimeToken, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.extensions["settings"], "smtp_host", "mail.firma.example")
    text = browser.get("/admin/links").get_data(as_text=True)
    assert "Kim Lang" not in text and "Mails gehen hinaus" in text
    assert browser.post(f"/admin/links/{token.id}").status_code == 409
