"""A63: values of the wrong kind are refused by account forms, never a failure."""

from __future__ import annotations

import pytest

from app.web import auth, people
from tests.support.accounts import PASSWORD, give_password

STRANGE = ["true", "null", "[]", "{}", "NaN", "1e400", "9" * 400, "-1", "\ud800", "a\x00b", "🦉" * 100, "x" * 300_000]
FORMS = sorted(
    {
        (route.rule, route.takes)
        for door in (auth.door, people.door)
        for route in door.table
        if route.method == "POST" and route.takes is not None
    },
    key=lambda found: found[0],
)


@pytest.mark.parametrize(("rule", "command"), FORMS, ids=[rule for rule, _command in FORMS])
def test_a63_strange_values_are_refused_in_every_field(world, rule, command):
    anna = give_password(world.agent())
    browser = world.browser(world.admin())
    browser.get("/auth/profile")
    path = rule.replace("<int:person_id>", str(anna.id)).replace("<token>", "x" * 43)
    for name in command.model_fields:
        for value in STRANGE:
            text = value.encode("utf-8", "surrogatepass")
            answer = browser.client.post(path, data={"csrf_token": browser.token, name: text})
            assert answer.status_code < 500, (name, value[:20])
        twice = browser.client.post(path, data={"csrf_token": browser.token, name: ["1", "2"]})
        assert twice.status_code < 500
    assert browser.client.post(path, data={"csrf_token": browser.token, "no_such_field": PASSWORD}).status_code in (422, 410)
