"""A57: nobody is signed in or out by a page of somebody else."""

from __future__ import annotations

from tests.support.accounts import PASSWORD, give_password


def test_a57_nobody_is_signed_in_by_a_foreign_form(world):
    mia = give_password(world.customer())
    client = world.app.test_client()
    assert client.post("/auth/login", data={"email": mia.email, "password": PASSWORD}).status_code == 400
    assert client.get("/auth/profile").status_code == 303


def test_a57_nobody_is_signed_out_by_a_picture(world):
    browser = world.browser(world.customer())
    assert browser.get("/auth/logout").status_code == 405
    assert browser.client.post("/auth/logout").status_code == 400
    assert browser.get("/auth/profile").status_code == 200
