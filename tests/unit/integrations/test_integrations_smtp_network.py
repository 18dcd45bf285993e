"""A bad network between us and the mail server (F21)."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import pytest

from app.integrations import smtp
from app.integrations.outcome import RetryLater
from app.integrations.smtp import SmtpRoute
from tests.support.smtp_sink import SmtpSink
from tests.support.tcp_proxy import TcpProxy

SENDER = "support@help.example"
RECIPIENT = "erika@kunde.example"
MAIL = (
    b"From: support@help.example\r\nTo: erika@kunde.example\r\nSubject: Hallo\r\n"
    b"Message-ID: <t1@help.example>\r\n\r\nText\r\n"
)


def test_a_closed_port_is_worth_another_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert _later(SmtpRoute("127.0.0.1", port, "none")).reason == "connection_refused"


@pytest.mark.parametrize(
    ("error", "reason"),
    [(TimeoutError(), "timeout"), (OSError(errno.EHOSTUNREACH, "No route to host"), "connection_failed")],
)
def test_a_network_in_the_way_is_worth_another_try(
    monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    def unreachable(*_args: Any, **_options: Any) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", unreachable)
    assert _later(SmtpRoute("127.0.0.1", 25, "none")).reason == reason


def test_an_unknown_name_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_options: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert _later(SmtpRoute("mail.help.example", 587)).reason == "name_not_found"


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.1", "224.0.0.1"])
def test_a_mail_server_is_never_a_metadata_service(host: str) -> None:
    assert _later(SmtpRoute(host, 25, "none")).reason == "address_not_allowed"


def test_private_mail_servers_can_be_forbidden() -> None:
    with SmtpSink() as sink:
        assert _later(_route(sink, allow_private=False)).reason == "address_not_allowed"
        assert sink.connections == 0


def test_a_line_cut_inside_the_mail_is_lost_and_nothing_was_sent() -> None:
    with SmtpSink() as sink, TcpProxy(sink.host, sink.port) as proxy:
        proxy.cut_on(b"Message-ID: <t1", "to_server", forward=False)
        later = _later(_route(proxy), MAIL + b"z" * 100)
        assert later.reason in ("connection_lost", "outcome_unknown")
        assert proxy.cut.wait(5)
    assert sink.attempts == []


def test_a_line_cut_after_the_closing_dot_leaves_the_outcome_unknown() -> None:
    with SmtpSink() as sink, TcpProxy(sink.host, sink.port) as proxy:
        proxy.cut_on(b"\r\n.\r\n", "to_server")
        assert _later(_route(proxy)).reason == "outcome_unknown"
        assert sink.wait_for(1)[0].content == MAIL


def test_a_line_that_goes_dead_is_noticed() -> None:
    with SmtpSink() as sink, TcpProxy(sink.host, sink.port) as proxy:
        proxy.hush("to_client")
        assert _later(_route(proxy, timeout=0.3)).reason == "timeout"


def test_a_cut_after_so_many_bytes_is_a_lost_line() -> None:
    with SmtpSink() as sink, TcpProxy(sink.host, sink.port) as proxy:
        proxy.cut_after(60, "to_client")
        assert _later(_route(proxy)).reason == "connection_lost"


def test_a_slow_line_is_no_fault() -> None:
    with SmtpSink() as sink, TcpProxy(sink.host, sink.port) as proxy:
        proxy.latency = 0.02
        smtp.send(_route(proxy), MAIL, SENDER, RECIPIENT)
        assert len(sink.wait_for(1)) == 1


def test_a_server_that_never_comes_to_an_end_is_cut_off() -> None:
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        talker = Thread(target=_talk_without_end, args=(listener, over))
        talker.start()
        later = _later(
            SmtpRoute("127.0.0.1", listener.getsockname()[1], "none", timeout=0.5, data_timeout=0.0)
        )
        over.set()
        talker.join(5)
    assert later.reason == "timeout"


def _talk_without_end(listener: socket.socket, over: Event) -> None:
    """A greeting of endless lines, each in time for the timeout of a single read."""
    connection, _address = listener.accept()
    with connection, suppress(OSError):
        while not over.wait(0.02):
            connection.sendall(b"220-and another thing\r\n")


def _route(sink: SmtpSink | TcpProxy, **changes: Any) -> SmtpRoute:
    return SmtpRoute(**{"host": sink.host, "port": sink.port, "tls": "none", "timeout": 5.0, **changes})


def _later(route: SmtpRoute, mail: bytes = MAIL) -> RetryLater:
    with pytest.raises(RetryLater) as later:
        smtp.send(route, mail, SENDER, RECIPIENT)
    return later.value
