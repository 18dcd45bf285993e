"""A57: nothing about accounts changes without the token of the house's own pages, and nothing by a GET."""

from __future__ import annotations

import pytest

from app.web import auth, people
from tests.support.accounts import PASSWORD, give_password, reload

DEEDS = [route for door in (auth.door, people.door) for route in door.table if route.method == "POST"]
PAGES = [route for door in (auth.door, people.door) for route in door.table if route.method == "GET"]


def path_of(rule: str, person_id: int) -> str:
    for name in ("person_id", "sign_in_id"):
        rule = rule.replace(f"<int:{name}>", str(person_id))
    return rule.replace("<token>", "x" * 43)


@pytest.mark.parametrize("rule", sorted({route.rule for route in DEEDS}))
def test_a57_every_deed_refuses_a_post_without_the_token(world, rule):
    mia = give_password(world.customer(first_name="Mia"))
    browser = world.browser(world.admin())
    path = path_of(rule, mia.id)
    for options in (
        {"data": {"first_name": "Evil", "role": "admin", "language": "en"}},
        {"data": {"csrf_token": "made-up", "email": mia.email, "password": PASSWORD}},
        {"data": "{}", "content_type": "text/plain"},
        {"json": {"role": "admin"}},
        {"data": {}, "headers": {"Origin": "https://evil.example", "Referer": "https://evil.example/"}},
    ):
        assert browser.client.post(path, **options).status_code == 400
    found = reload(mia)
    assert (found.first_name, found.role.value, found.is_active, found.version) == (
        "Mia",
        "customer",
        True,
        1,
    )


def test_a57_nobody_is_signed_in_by_a_foreign_form(world):
    mia = give_password(world.customer())
    client = world.app.test_client()
    assert client.post("/auth/login", data={"email": mia.email, "password": PASSWORD}).status_code == 400
    assert client.get("/auth/profile").status_code == 303


@pytest.mark.parametrize("rule", sorted({route.rule for route in PAGES}))
def test_a57_no_page_changes_anything_when_it_is_read(world, rule):
    """A change outside a unit of work is an error, and pages open none: an answer without a failure is the proof."""
    mia = world.customer()
    for reader in (world.admin(), world.agent(), mia, None):
        answer = world.browser(reader).get(path_of(rule, mia.id))
        assert answer.status_code < 500
        assert answer.status_code != 405
