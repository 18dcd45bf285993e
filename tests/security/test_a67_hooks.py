"""A67: whoever calls our hooks learns nothing, and without the secret causes not even a look into a mailbox."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.jobs import hints
from app.mailroom.actions import hinting
from app.mailroom.models import MailHint
from app.web.kit.guard import csrf
from tests.security.sweep.state import changed, snapshot
from tests.support.mail_forms import made
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
HOOK = "/webhooks/microsoft/mail"
ID, SECRET = "f1b2c3d4-0000-4000-8000-000000000001", "wort-das-nur-microsoft-kennt"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The mailboxes somebody is asked to look into."""
    found: list[int] = []
    monkeypatch.setattr(hints, "_read_soon", found.append)
    return found


@pytest.fixture
def account_id(world: World) -> int:
    """An account with a subscription."""
    number = made()
    until = clock.now() + timedelta(days=2)
    run_unit(partial(hinting.remember, number, ID, SECRET, until))
    return number


def notice(**given: object) -> dict[str, object]:
    return {"value": [{"subscriptionId": ID, "clientState": SECRET, "changeType": "created"} | given]}


def call(world: World, **options: object) -> object:
    db.session.rollback()
    answer = world.app.test_client().post(HOOK, **options)
    db.session.rollback()
    return answer


def test_a67_no_other_view_takes_what_has_no_token_of_ours(app: Flask) -> None:
    assert csrf._exempt_views == {"app.web.hooks.microsoft_mail.told_of_mail"}


def test_a_right_notice_has_the_mailbox_read_once_in_a_few_seconds(
    world: World, account_id: int, asked: list[int]
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(3):
            assert call(world, json=notice()).status_code == 202
        assert asked == [account_id]
        traveller.shift(hinting.TOGETHER)
        call(world, json=notice())
        assert asked == [account_id, account_id]


@pytest.mark.parametrize(
    "body",
    [
        notice(clientState="falsch"),
        notice(clientState=None),
        notice(clientState=""),
        notice(subscriptionId="f1b2c3d4-0000-4000-8000-000000000002"),
        notice(subscriptionId=["x"]),
        notice(subscriptionId=ID.upper()),
        {"value": "nothing"},
        {"value": [1, None, "x", []]},
        {},
        [],
        None,
        "text",
    ],
)
def test_a67_who_does_not_know_the_secret_changes_and_learns_nothing(
    world: World, account_id: int, asked: list[int], body: object
) -> None:
    before = snapshot()
    answer = call(world, json=body)
    assert (answer.status_code, answer.data, asked) == (202, b"", [])
    assert changed(before) == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 30_000, b"value=1", b"null"])
def test_a67_what_is_no_json_is_passed_over(
    world: World, account_id: int, asked: list[int], raw: bytes
) -> None:
    answer = call(world, data=raw, content_type="application/json")
    assert (answer.status_code, asked) == (202, [])


def test_a67_a_large_body_is_refused_before_it_is_read(world: World, asked: list[int]) -> None:
    answer = call(world, data=b" " * (64 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413 and asked == []


def test_a67_a_thousand_notices_in_one_call_are_a_hundred(
    world: World, account_id: int, asked: list[int]
) -> None:
    wrong = notice(clientState="falsch")["value"] * 150  # type: ignore[operator]
    call(world, json={"value": wrong + notice()["value"]})  # type: ignore[operator]
    assert asked == []


def test_a_new_subscription_gets_its_word_back_as_plain_text(world: World, asked: list[int]) -> None:
    word = "Validation: <script>alert(1)</script> & äöü"
    answer = call(world, query_string={"validationToken": word}, content_type="text/plain")
    assert answer.status_code == 200 and answer.get_data(as_text=True) == word
    assert answer.mimetype == "text/plain" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"] and asked == []


@pytest.mark.parametrize("word", ["x" * 1001, "zwei\nZeilen", "\x1b[31m", "a\x00b"])
def test_a67_a_word_that_is_none_is_not_said_back(world: World, word: str) -> None:
    answer = call(world, query_string={"validationToken": word})
    assert answer.status_code == 400 and word not in answer.get_data(as_text=True)


def test_what_is_said_of_the_subscription_itself_is_followed(
    world: World, account_id: int, asked: list[int]
) -> None:
    assert call(world, json=notice(lifecycleEvent="reauthorizationRequired")).status_code == 202
    db.session.expire_all()
    assert db.session.get_one(MailHint, account_id).until <= clock.now() and asked == []
    call(world, json=notice(lifecycleEvent="missed"))
    assert asked == [account_id]
    call(world, json=notice(lifecycleEvent="subscriptionRemoved"))
    assert db.session.get(MailHint, account_id, populate_existing=True) is None


def test_a_get_is_no_hook(world: World) -> None:
    assert world.app.test_client().get(HOOK, query_string={"validationToken": "x"}).status_code == 405


@pytest.mark.parametrize(
    "given",
    [
        '"\\ud800"',
        '"a\\u0000b"',
        "1e999",
        "true",
        "[" * 900 + "]" * 900,
        '{"a":' * 300 + "1" + "}" * 300,
        '"' + "x" * 60_000 + '"',
    ],
    ids=["half sign", "nul", "number", "boolean", "deep", "deeper", "long"],
)
@pytest.mark.parametrize("name", ["subscriptionId", "clientState", "lifecycleEvent"])
def test_a67_words_that_are_none_cause_nothing(
    world: World, account_id: int, asked: list[int], name: str, given: str
) -> None:
    said = {"subscriptionId": f'"{ID}"', "clientState": f'"{SECRET}"', "lifecycleEvent": '""'} | {name: given}
    body = '{"value":[{' + ",".join(f'"{key}":{value}' for key, value in said.items()) + "}]}"
    assert call(world, data=body, content_type="application/json").status_code == 202
    assert asked == ([account_id] if name == "lifecycleEvent" else [])
