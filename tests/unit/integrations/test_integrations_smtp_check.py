"""The admin's test button: what works, and the first thing that does not."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from app.integrations import smtp
from app.integrations.smtp import SmtpRoute, Step
from tests.support.smtp_sink import HANG, SmtpSink

Contexts = Callable[..., ssl.SSLContext]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_everything_in_order(tls: Any, ca_file: str, server_context: Contexts) -> None:
    with SmtpSink(tls=tls, context=server_context("localhost"), users={"u": "p"}) as sink:
        assert _words(_route(sink, tls=tls, ca_file=ca_file)) == [
            ("name", "ok"), ("connection", "ok"), ("encryption", "ok"), ("login", "ok"),
        ]  # fmt: skip
        assert sink.attempts == []


def test_without_a_user_name_there_is_no_login_step() -> None:
    with SmtpSink() as sink:
        assert _words(_route(sink, tls="none", username="")) == [
            ("name", "ok"),
            ("connection", "ok"),
            ("encryption", "ok"),
        ]


def test_name_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_options: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert smtp.check(SmtpRoute("mail.help.example")) == [
        Step("name", False, "name_not_found", "mail.help.example")
    ]


def test_port_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert _words(SmtpRoute("127.0.0.1", port)) == [("name", "ok"), ("connection", "connection_refused")]


def test_no_greeting() -> None:
    with SmtpSink() as sink:
        sink.script("greeting", HANG)
        assert _words(_route(sink, timeout=0.3))[-1] == ("connection", "timeout")


def test_not_a_mail_server() -> None:
    with SmtpSink() as sink:
        sink.script("greeting", "SSH-2.0-OpenSSH_9.2")
        assert _words(_route(sink))[-1] == ("connection", "not_a_mail_server")


def test_no_encryption_offered() -> None:
    with SmtpSink(users={"u": "p"}) as sink:
        assert _words(_route(sink))[-1] == ("encryption", "starttls_missing")


def test_certificate_for_another_name(ca_file: str, server_context: Contexts) -> None:
    with SmtpSink(tls="starttls", context=server_context("other.example"), users={"u": "p"}) as sink:
        assert _words(_route(sink, ca_file=ca_file))[-1] == ("encryption", "certificate")


def test_login_refused(ca_file: str, server_context: Contexts) -> None:
    with SmtpSink(tls="starttls", context=server_context("localhost"), users={"u": "other"}) as sink:
        steps = smtp.check(_route(sink, ca_file=ca_file))
    assert steps[-1] == Step("login", False, "login_refused", "535 5.7.8 Authentication credentials invalid")


def test_a_certificate_file_that_is_not_there_is_said(server_context: Contexts) -> None:
    with SmtpSink(tls="starttls", context=server_context("localhost")) as sink:
        step = smtp.check(_route(sink, ca_file="/nowhere/ca.pem"))[-1]
    assert (step.name, step.ok, step.word, step.detail) == (
        "encryption", False, "tls_failed", "No such file or directory",
    )  # fmt: skip


def _route(sink: SmtpSink, **changes: Any) -> SmtpRoute:
    plain = {"host": "localhost", "port": sink.port, "username": "u", "password": "p", "timeout": 5.0}
    return SmtpRoute(**{**plain, **changes})


def _words(route: SmtpRoute) -> list[tuple[str, str]]:
    return [(step.name, step.word) for step in smtp.check(route)]
