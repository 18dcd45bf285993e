"""A53: a new session at sign-in, and flags that fit the address of the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import create_app
from app.core import environment
from app.core.db import db
from app.core.uow import loose_writes
from tests.support.accounts import PASSWORD, give_password, try_sign_in
from tests.support.world import TOKEN, World


def cookies(answer) -> dict[str, str]:
    """Name → the whole line of each cookie an answer sets."""
    return {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_a53_what_was_in_the_session_before_is_gone_after_the_sign_in(world):
    mia = give_password(world.customer())
    browser = world.browser()
    with browser.client.session_transaction() as session:
        session["sid"] = "chosen-by-somebody-else"
        session["planted"] = "yes"
    assert browser.get("/auth/profile").status_code == 303
    try_sign_in(browser, mia.email)
    with browser.client.session_transaction() as session:
        assert session["sid"] != "chosen-by-somebody-else"
        assert "planted" not in session


def test_a53_each_sign_in_has_a_token_of_its_own(world):
    mia = give_password(world.customer())
    seen = set()
    for _time in range(3):
        browser = world.browser()
        try_sign_in(browser, mia.email)
        with browser.client.session_transaction() as session:
            seen.add(session["sid"])
            assert len(session["sid"]) >= 43
    assert len(seen) == 3


def test_a53_flags_on_a_plain_site(world):
    anna = give_password(world.agent())
    made = cookies(try_sign_in(world.browser(), anna.email))
    for name in ("helpdesk", "hd-device"):
        assert "HttpOnly" in made[name] and "SameSite=Lax" in made[name] and "Path=/" in made[name]
        assert "Secure" not in made[name] and "Domain" not in made[name]
    assert "Expires" not in made["helpdesk"] and "Max-Age" not in made["helpdesk"]


@pytest.mark.sqlite_only
def test_a53_flags_on_a_secure_site(house, tmp_path: Path):
    before = environment.environment()
    made = create_app(
        flask_env="testing",
        secret_key="a-key-that-only-tests-would-ever-use-0123456789",
        database_url=f"sqlite:///{tmp_path / 'secure.db'}",
        site_url="https://help.firma.example",
        data_dir=tmp_path,
        rate_limits="off",
        log_level="ERROR",
    )
    try:
        with made.app_context(), loose_writes():
            db.create_all()
        with made.app_context():
            email = give_password(World(made).agent()).email
            db.session.remove()
        answer = _sign_in(made, email)
        with made.app_context():
            db.engine.dispose()
    finally:
        environment.use(before)
    assert answer.status_code == 303
    found = cookies(answer)
    for name in ("__Host-helpdesk", "__Host-hd-device"):
        for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert flag in found[name]
        assert "Domain" not in found[name]
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def _sign_in(app, email):
    client, site = app.test_client(), {"base_url": "https://help.firma.example"}
    page = client.get("/auth/login", **site)
    token = TOKEN.search(page.text)[1]
    data = {"csrf_token": token, "email": email, "password": PASSWORD}
    return client.post(
        "/auth/login", data=data, headers={"Referer": "https://help.firma.example/auth/login"}, **site
    )
