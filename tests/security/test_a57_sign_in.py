"""A57: nobody is signed in or out by a page of somebody else."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    "referer", [None, "https://evil.example/", "http://localhost/", "https://localhost.evil.example/"]
)
def test_a57_over_https_even_our_token_does_not_help_another_site(world, referer):
    browser = world.browser(world.customer())
    browser.get("/auth/profile")
    data = {"csrf_token": browser.token, "next": "/"}
    headers = {"Referer": referer} if referer else {}
    site = "https://localhost"
    assert browser.client.post("/auth/logout", base_url=site, data=data, headers=headers).status_code == 400
    own = {"Referer": f"{site}/auth/profile"}
    assert browser.client.post("/auth/logout", base_url=site, data=data, headers=own).status_code == 303
