"""A52: a copied cookie opens nothing after the sign-in behind it ended."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts.access import person_for
from app.accounts.actions import people, resetting
from app.accounts.actors import SHELL
from app.accounts.words import Need, Role
from app.core.actor import NOBODY
from app.core.uow import run_unit
from tests.support.accounts import ANOTHER, PASSWORD, give_password, reload, token_of, try_sign_in


def log_out(world: Any, person: Any, browser: Any) -> None:
    browser.get("/auth/profile")
    browser.post("/auth/logout")


def change_password(world: Any, person: Any, browser: Any) -> None:
    other = world.browser(person)
    other.get("/auth/password")
    assert other.post("/auth/password", {"current": PASSWORD, "password": ANOTHER}).status_code == 303


def reset_password(world: Any, person: Any, browser: Any) -> None:
    run_unit(lambda: resetting.ask(person.email, actor=NOBODY))
    stranger = world.browser()
    stranger.get("/auth/login")
    path = f"/auth/password/reset/{token_of('password.reset_requested')}"
    assert stranger.post(path, {"password": ANOTHER}).status_code == 303


def deactivate(world: Any, person: Any, browser: Any) -> None:
    run_unit(lambda: people.deactivate(person_for(SHELL, person.id, Need.MANAGE), actor=SHELL))


def end_elsewhere(world: Any, person: Any, browser: Any) -> None:
    other = world.browser(person)
    other.get("/auth/sign-ins")
    assert other.post("/auth/sign-ins/end-others").status_code == 303


@pytest.mark.parametrize("ending", [log_out, change_password, reset_password, deactivate, end_elsewhere])
def test_a52_a_copied_cookie_ends_with_its_sign_in(world, ending):
    mia = give_password(world.customer())
    browser, thief = world.browser(), world.browser()
    try_sign_in(browser, mia.email)
    copied = browser.client.get_cookie("helpdesk")
    thief.client.set_cookie("helpdesk", copied.value)
    assert thief.get("/auth/profile").status_code == 200
    ending(world, mia, browser)
    assert thief.get("/auth/profile").headers["Location"].startswith("/auth/login")
    assert thief.get("/auth/profile", headers={"HX-Request": "true"}).status_code == 401
    thief.get("/auth/login")
    assert thief.post("/auth/profile", {}).status_code == 401


def test_a52_a_lost_role_is_lost_in_the_open_session(world):
    anna = world.agent()
    browser = world.browser(anna)
    assert browser.get("/people").status_code == 200

    def demote():
        found = reload(anna)
        found.role, found.support_level = Role.CUSTOMER, 0

    run_unit(demote)
    assert browser.get("/people").status_code == 403
