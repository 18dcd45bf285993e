"""The language of pages: chosen anywhere, kept in a cookie or in the profile, and a page comes afterwards."""

from __future__ import annotations

import pytest

from tests.support.accounts import reload


@pytest.mark.parametrize("language", ["de", "en"])
def test_strangers_choose_a_language_and_keep_it(world, language):
    browser = world.browser()
    answer = browser.post("/auth/language", {"language": language, "next": "/auth/register"})
    assert answer.headers["Location"] == "/auth/register"
    assert f'<html lang="{language}"' in browser.get("/auth/register").text


@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ("/admin/mail/texts/reply/preview", "/admin/mail/texts/reply"),
        ("/admin/mail/7/check-in", "/admin/mail/7"),
        ("/admin/mail/texts/reply?team=0&language=en", "/admin/mail/texts/reply?team=0&language=en"),
        ("/gibt/es/nicht", "/"),
        ("", "/"),
    ],
)
def test_after_another_language_a_page_comes_that_can_be_looked_at(world, page, leads_to):
    """The answer to a form has an address nobody can go to."""
    answer = world.browser().post("/auth/language", {"language": "en", "next": page})
    assert answer.headers["Location"] == leads_to


def test_the_language_of_somebody_signed_in_is_kept_in_the_profile(world):
    mia = world.customer()
    browser = world.browser(mia)
    browser.get("/auth/profile")
    browser.post("/auth/language", {"language": "en", "next": "//evil.example"})
    assert reload(mia).language == "en"
    assert browser.post("/auth/language", {"language": "fr"}).status_code == 422
