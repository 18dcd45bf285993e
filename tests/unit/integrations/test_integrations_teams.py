"""Posting cards to a Workflows webhook (F24, A69)."""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from app.core.uow import UnitError
from app.integrations.cards import LIMIT_BYTES, card
from app.integrations.guard import HttpGuard
from app.integrations.http import Limits
from app.integrations.outcome import RetryLater, Undeliverable
from app.integrations.teams import HOST_PATTERNS, mask, post_card
from tests.support.http_sink import Answer, HttpSink

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATH = (
    "/workflows/0a1b2c3d4e5f/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sig=S3cretS3cretS3cret"
)
CARD = card("SLA verletzt: TICKET-9", [("Team", "IT")], "Der Drucker brennt.")


def test_a_card_arrives_at_the_webhook() -> None:
    with HttpSink() as sink:
        post_card(sink.url(PATH), CARD, _guard(sink))
        request = sink.wait_for(1)[0]
    assert (request.method, request.path) == ("POST", PATH)
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(request.body)["attachments"][0]["content"] == CARD


@pytest.mark.parametrize(
    "answer", [Answer(200, b"1"), Answer(202), Answer(200, b'{"ok":true,"errors":0}'), Answer(204)]
)
def test_a_good_answer_is_a_delivery(answer: Answer) -> None:
    with HttpSink() as sink:
        sink.script(answer)
        post_card(sink.url(PATH), CARD, _guard(sink))


@pytest.mark.parametrize(
    ("answer", "reason", "at"),
    [
        (Answer(429, headers={"Retry-After": "30"}), "busy", NOW + timedelta(seconds=30)),
        (
            Answer(429, headers={"Retry-After": "Mon, 02 Mar 2026 09:02:00 GMT"}),
            "busy",
            NOW + timedelta(minutes=2),
        ),
        (Answer(429), "busy", None),
        (Answer(408), "busy", None),
        (Answer(500), "failing", None),
        (Answer(503, headers={"Retry-After": "5"}), "failing", NOW + timedelta(seconds=5)),
        (Answer(200, b"<html>Bitte anmelden</html>"), "unexpected_answer", None),
        (
            Answer(200, b"Webhook message delivery failed with error: HTTP error 429 with ContextId x"),
            "busy",
            None,
        ),
        (Answer(200, b"Microsoft Teams endpoint returned HTTP error 502 with ContextId x"), "failing", None),
        (Answer(200, b'{"error":{"code":"TooManyRequests","message":"slow down"}}'), "busy", None),
    ],
)
def test_a_bad_moment_is_worth_another_try(answer: Answer, reason: str, at: datetime | None) -> None:
    with HttpSink() as sink, time_machine.travel(NOW, tick=False):
        sink.script(answer)
        with pytest.raises(RetryLater) as later:
            post_card(sink.url(PATH), CARD, _guard(sink))
    assert (later.value.reason, later.value.at) == (reason, at)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(400, b"bad card"), "refused"),
        (Answer(401), "refused"),
        (Answer(403, b"disabled"), "refused"),
        (Answer(404), "refused"),
        (Answer(413), "refused"),
        (Answer(302, headers={"Location": "https://login.example/"}), "redirected"),
        (
            Answer(200, b"Webhook message delivery failed with error: HTTP error 413 with ContextId x"),
            "refused",
        ),
        (Answer(200, b"Bad payload received by generic incoming webhook."), "refused"),
        (Answer(200, b"Error: flow is off"), "refused"),
        (Answer(200, b'{"error":{"code":"WorkflowNotFound"}}'), "refused"),
        (Answer(200, b"[" * 2000 + b" delivery failed"), "refused"),
    ],
)
def test_a_refusal_is_final(answer: Answer, reason: str) -> None:
    with HttpSink() as sink:
        sink.script(answer)
        with pytest.raises(Undeliverable) as refusal:
            post_card(sink.url(PATH), CARD, _guard(sink))
    assert refusal.value.reason == reason


def test_what_the_other_side_said_is_kept_short_and_clean() -> None:
    with HttpSink() as sink:
        sink.script(Answer(403, b"<script>\x00\r\n" + b"z" * 5000))
        with pytest.raises(Undeliverable) as refusal:
            post_card(sink.url(PATH), CARD, _guard(sink))
    assert refusal.value.detail.startswith("403 <script> zzz")
    assert len(refusal.value.detail) == 500


def test_a_hanging_webhook_is_given_up_in_time() -> None:
    with HttpSink() as sink:
        sink.script(Answer(hold=True))
        with pytest.raises(RetryLater) as later:
            post_card(sink.url(PATH), CARD, _guard(sink), limits=Limits(read=0.2, total=0.5))
    assert later.value.reason == "timeout"


def test_a_bad_certificate_is_worth_another_try(server_context: Callable[..., ssl.SSLContext]) -> None:
    with HttpSink(server_context("127.0.0.1")) as sink:
        with pytest.raises(RetryLater) as later:
            post_card(sink.url(PATH), CARD, _guard(sink))
        assert (later.value.reason, sink.requests) == ("certificate", [])


def test_only_hosts_of_power_automate_pass() -> None:
    guard = HttpGuard(host_patterns=HOST_PATTERNS)
    for url in ("https://evil.example/", "https://kunde.webhook.office.com/webhookb2/x"):
        with pytest.raises(Undeliverable) as refusal:
            post_card(url, CARD, guard)
        assert refusal.value.reason == "host_not_allowed"


def test_a_guard_that_lets_everything_pass_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="names its hosts"):
        post_card("https://evil.example/", CARD, HttpGuard())


def test_a_card_over_the_limit_is_not_sent() -> None:
    with HttpSink() as sink:
        with pytest.raises(Undeliverable) as refusal:
            post_card(sink.url(PATH), {"body": "z" * LIMIT_BYTES}, _guard(sink))
        assert (refusal.value.reason, sink.requests) == ("too_large", [])


def test_the_secret_of_the_address_reaches_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = f"no workflow at {PATH} (sig S3cretS3cretS3cret, id 0a1b2c3d4e5f)".encode()
    for answer in (Answer(404, said), Answer(500, said), Answer(200, b"Error " + said), Answer(hang_up=True)):
        with HttpSink() as sink:
            sink.script(answer)
            with pytest.raises((RetryLater, Undeliverable)) as failure:
                post_card(sink.url(PATH), CARD, _guard(sink))
        shown = repr(failure.value) + failure.value.detail + caplog.text
        assert "S3cret" not in shown
        assert "0a1b2c3d4e5f" not in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "https://prod-1.westeurope.logic.azure.com:443/w/x?sig=S3cret",
            "https://prod-1.westeurope.logic.azure.com/…",
        ),
        ("https://user:S3cret@host.example/", "https://host.example/…"),
        ("S3cret", "…"),
        ("javascript:S3cret", "…"),
        ("https://[S3cret", "…"),
        ("", "…"),
    ],
)
def test_a_masked_address_shows_the_host_only(url: str, shown: str) -> None:
    assert mask(url) == shown


def test_posting_inside_a_unit_of_work_is_a_bug(inside_a_unit: Callable[[], Any]) -> None:
    with HttpSink() as sink, inside_a_unit():
        with pytest.raises(UnitError):
            post_card(sink.url(PATH), CARD, _guard(sink))
        assert sink.connections == 0


def _guard(sink: HttpSink) -> HttpGuard:
    return HttpGuard(allow_private=(sink.place,), host_patterns=HOST_PATTERNS)
