"""A56: after sign-in, confirmation and a change of language one stays in the house."""

from __future__ import annotations

import pytest

from tests.support.accounts import PASSWORD, give_password, try_sign_in

EVIL = [
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "https:evil.example",
    "https://evil.example",
    "https://localhost@evil.example",
    "javascript:alert(1)",
    "%2f%2fevil.example",
    "/%2f/evil.example",
    "///evil.example",
    "/ /evil.example",
    "http:///evil.example",
    "\\\\evil.example",
    "/．evil.example",
    "evil.example",
]


@pytest.mark.parametrize("wanted", EVIL)
def test_a56_no_way_leads_out_of_the_house(world, wanted):
    mia = give_password(world.customer())
    browser = world.browser()
    page = browser.get("/auth/login", query_string={"next": wanted})
    assert "evil" not in page.text.partition('name="next"')[2][:200]
    entered = try_sign_in(browser, mia.email, data={"next": wanted})
    places = [entered.headers["Location"]]
    places.append(browser.get("/auth/login", query_string={"next": wanted}).headers["Location"])
    browser.get("/auth/confirm-password", query_string={"next": wanted})
    for path, data in (
        ("/auth/confirm-password", {"password": PASSWORD, "next": wanted}),
        ("/auth/language", {"language": "de", "next": wanted}),
        ("/auth/logout", {"next": wanted}),
    ):
        places.append(browser.post(path, data).headers["Location"])
    assert all(place.startswith("/") and place[1:2] not in ("/", "\\") for place in places), places
    assert "evil" not in "".join(places)
