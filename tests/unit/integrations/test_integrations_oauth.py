"""Access tokens for mailboxes: what is asked, what is believed, and which word a refusal gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
import time_machine

from app.core.uow import UnitError
from app.integrations.guard import HttpGuard
from app.integrations.oauth import Token, TokenRequest, access_token
from app.integrations.outcome import RetryLater
from tests.support.http_sink import Answer, HttpSink

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET, REFRESH = "cl+ient/geheim~1", "0.AXoA-refresh"


def test_an_application_asks_in_its_own_name() -> None:
    with HttpSink() as sink:
        sink.script(_json({"access_token": "ey.J0", "token_type": "Bearer", "expires_in": 3599}))
        with time_machine.travel(NOW, tick=False):
            token = _ask(sink, scope="https://outlook.office365.com/.default")
        request = sink.wait_for(1)[0]
    assert token == Token("ey.J0", NOW + timedelta(seconds=3599), None)
    assert (request.method, request.headers["Content-Type"]) == ("POST", "application/x-www-form-urlencoded")
    assert dict(parse_qsl(request.body.decode())) == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": SECRET,
        "scope": "https://outlook.office365.com/.default",
    }


def test_a_person_who_agreed_is_asked_for_by_a_refresh_token() -> None:
    with HttpSink() as sink:
        sink.script(_json({"access_token": "ya29.a", "expires_in": "60", "refresh_token": "new"}))
        with time_machine.travel(NOW, tick=False):
            token = _ask(sink, refresh_token=REFRESH, client_secret="")
        asked = dict(parse_qsl(sink.wait_for(1)[0].body.decode()))
    assert token == Token("ya29.a", NOW + timedelta(seconds=60), "new")
    assert asked == {"grant_type": "refresh_token", "client_id": "id", "refresh_token": REFRESH}


@pytest.mark.parametrize(
    ("told", "seconds"),
    [({}, 300), ({"expires_in": "soon"}, 300), ({"expires_in": -5}, 0), ({"expires_in": 1e12}, 86400)],
)
@time_machine.travel(NOW, tick=False)
def test_a_life_that_makes_no_sense_is_a_short_one(told: dict[str, Any], seconds: int) -> None:
    with HttpSink() as sink:
        sink.script(_json({"access_token": "a", **told}))
        assert _ask(sink).expires_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            Answer(400, b'{"error": "invalid_grant", "error_description": "AADSTS700082: expired"}'),
            "token_refused",
        ),
        (Answer(401, b'{"error": "invalid_client"}'), "token_refused"),
        (Answer(200, b'{"error": "invalid_scope"}'), "token_refused"),
        (Answer(400, b'{"error": "temporarily_unavailable"}'), "token_endpoint_busy"),
        (Answer(429), "token_endpoint_busy"),
        (Answer(503, b"<html>"), "token_endpoint_busy"),
        (Answer(404, b"<html>"), "token_endpoint_garbled"),
        (Answer(302, headers={"Location": "http://127.0.0.1/"}), "token_endpoint_garbled"),
        (Answer(200, b"<html>"), "token_endpoint_garbled"),
        (Answer(200, b"[1]"), "token_endpoint_garbled"),
        (Answer(200, b"[" * 100_000), "token_endpoint_garbled"),
        (Answer(200, b'{"access_token": 7}'), "token_endpoint_garbled"),
        (Answer(200, b'{"access_token": "a\\u0001b"}'), "token_endpoint_garbled"),
        (Answer(200, b'{"access_token": ""}'), "token_endpoint_garbled"),
        (Answer(hang_up=True), "token_endpoint_unreachable"),
    ],
)
def test_every_failure_has_its_word(answer: Answer, reason: str) -> None:
    with HttpSink() as sink:
        sink.script(answer)
        assert _later(sink).reason == reason


@time_machine.travel(NOW, tick=False)
def test_an_endpoint_that_names_a_moment_is_asked_then() -> None:
    with HttpSink() as sink:
        sink.script(Answer(429, headers={"Retry-After": "30"}))
        assert _later(sink).at == NOW + timedelta(seconds=30)


def test_a_refusal_is_told_in_the_words_of_the_endpoint_without_our_secrets() -> None:
    with HttpSink() as sink:
        said = {
            "error": "invalid_client",
            "error_description": f"wrong: {SECRET} cl%2Bient%2Fgeheim~1 {REFRESH}",
        }
        sink.script(_json(said, 401))
        assert _later(sink, refresh_token=REFRESH).detail == "401 invalid_client wrong: … … …"


@pytest.mark.parametrize(
    "url", ["http://login.example/token", "https://127.0.0.1/token", "ftp://a", "", "https://a b"]
)
def test_tokens_are_asked_for_under_tls_and_outside_only(url: str) -> None:
    with pytest.raises(RetryLater) as later:
        access_token(TokenRequest(url, "id", SECRET))
    assert later.value.reason == "token_endpoint_not_allowed"


def test_secrets_are_in_no_representation() -> None:
    shown = repr(TokenRequest("https://a.example", "id", SECRET, REFRESH)) + repr(
        Token("ey.J0", NOW, REFRESH)
    )
    assert not [secret for secret in (SECRET, REFRESH, "ey.J0") if secret in shown]


def test_nobody_asks_inside_a_unit(inside_a_unit: Callable[[], Any]) -> None:
    with inside_a_unit(), pytest.raises(UnitError):
        access_token(TokenRequest("https://login.example/token", "id"))


def _json(told: dict[str, Any], status: int = 200) -> Answer:
    return Answer(status, json.dumps(told).encode(), {"Content-Type": "application/json"})


def _ask(sink: HttpSink, **changes: Any) -> Token:
    request = TokenRequest(
        **{"url": sink.url("/token"), "client_id": "id", "client_secret": SECRET, **changes}
    )
    return access_token(request, HttpGuard(allow_private=(sink.place,)))


def _later(sink: HttpSink, **changes: Any) -> RetryLater:
    with pytest.raises(RetryLater) as later:
        _ask(sink, **changes)
    return later.value
