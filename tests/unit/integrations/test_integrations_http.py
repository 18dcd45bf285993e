"""One outbound request over real sockets: time, size, TLS, secrets."""

from __future__ import annotations

import gzip
import logging
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
import trustme

from app.core.uow import UnitError
from app.integrations.dialing import Deadline
from app.integrations.guard import HttpGuard
from app.integrations.http import Answer, Limits, retry_at, send
from app.integrations.outcome import RetryLater, Undeliverable
from tests.support import http_sink
from tests.support.http_sink import HttpSink

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUICK = Limits(connect=0.5, read=0.3, total=0.6)
Contexts = Callable[..., ssl.SSLContext]


def test_a_request_arrives_as_it_was_meant() -> None:
    with HttpSink() as sink:
        sink.script(http_sink.Answer(200, b'{"ok":true}', {"X-Id": "7"}))
        answer = send(
            _guard(sink), "POST", sink.url("/hook?a=1"), body=b"{}", headers={"Content-Type": "x/y"}
        )
        request = sink.wait_for(1)[0]
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=1", b"{}")
    assert request.headers["Host"] == sink.place
    assert request.headers["Content-Type"] == "x/y"
    assert request.headers["Content-Length"] == "2"
    assert (answer.status, answer.ok, answer.headers["x-id"], answer.text()) == (
        200,
        True,
        "7",
        '{"ok":true}',
    )


def test_the_certificate_is_checked_against_the_name_although_an_address_is_connected(
    ca_file: str, server_context: Contexts
) -> None:
    with HttpSink(server_context("localhost")) as sink:
        guard = HttpGuard(allow_private=(f"localhost:{sink.port}",), ca_file=ca_file)
        assert send(guard, "POST", sink.url("/x", host="localhost")).status == 202
        assert sink.requests[0].headers["Host"] == f"localhost:{sink.port}"


def test_the_server_name_is_sent_in_the_handshake(ca_file: str, authority: trustme.CA) -> None:
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with HttpSink(context) as sink:
        guard = HttpGuard(allow_private=(f"localhost:{sink.port}",), ca_file=ca_file)
        send(guard, "GET", sink.url("/x", host="localhost"))
    assert asked == ["localhost"]


def test_a_certificate_for_another_name_is_refused(ca_file: str, server_context: Contexts) -> None:
    with HttpSink(server_context("other.example")) as sink:
        guard = HttpGuard(allow_private=(f"localhost:{sink.port}",), ca_file=ca_file)
        assert _later(guard, sink.url("/x", host="localhost")).reason == "certificate"
        assert sink.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(server_context: Contexts) -> None:
    with HttpSink(server_context("127.0.0.1")) as sink:
        assert _later(_guard(sink), sink.url()).reason == "certificate"


def test_environment_variables_change_neither_proxy_nor_trust(
    monkeypatch: pytest.MonkeyPatch, ca_file: str, server_context: Contexts
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)
    monkeypatch.setenv("CURL_CA_BUNDLE", ca_file)
    with HttpSink() as sink:
        assert send(_guard(sink), "POST", sink.url()).status == 202
    with HttpSink(server_context("127.0.0.1")) as sink:
        assert _later(_guard(sink), sink.url()).reason == "certificate"


def test_plain_words_on_a_tls_port_are_a_tls_failure(ca_file: str) -> None:
    with HttpSink() as sink:
        guard = HttpGuard(allow_private=(sink.place,), ca_file=ca_file)
        assert _later(guard, f"https://{sink.place}/").reason == "tls_failed"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with HttpSink() as inner, HttpSink() as sink:
        sink.script(http_sink.Answer(302, headers={"Location": inner.url("/inside")}))
        assert send(_guard(sink), "GET", sink.url()).status == 302
        assert inner.connections == 0


def test_nothing_connects_to_a_refused_address() -> None:
    with HttpSink() as sink:
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"):
            with pytest.raises(Undeliverable):
                send(HttpGuard(), "POST", f"https://{host}:{sink.port}/")
            with pytest.raises(Undeliverable):
                send(HttpGuard(allow_hosts=(f"{host}:{sink.port}",)), "POST", f"http://{host}:{sink.port}/")
        assert sink.connections == 0


@pytest.mark.parametrize(
    "url", ["https://8.8.8.8/a\r\nX: y", "https://8.8.8.8/\x00", " https://8.8.8.8/", "nonsense"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Undeliverable) as refusal:
        send(HttpGuard(), "POST", url)
    assert refusal.value.reason == "bad_url"


def test_an_international_name_is_encoded_before_it_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, *_rest: Any, **_options: Any) -> list[Any]:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert _later(HttpGuard(), "https://bücher.example/").reason == "name_not_found"
    assert asked == ["xn--bcher-kva.example"]


def test_a_closed_port_is_worth_another_try() -> None:
    port = _closed_port()
    later = _later(HttpGuard(allow_private=(f"127.0.0.1:{port}",)), f"http://127.0.0.1:{port}/")
    assert (later.reason, later.at) == ("connection_refused", None)


def test_a_name_with_a_dead_address_first_reaches_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpSink() as sink:
        found = [(0, 0, 0, "", ("::1", sink.port)), (0, 0, 0, "", ("127.0.0.1", sink.port))]
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *a, **o: found if host == "dual.example" else real(host, *a, **o),
        )
        guard = HttpGuard(allow_private=(f"dual.example:{sink.port}",))
        assert send(guard, "GET", sink.url(host="dual.example")).status == 202


def test_a_silent_server_costs_the_read_timeout_only() -> None:
    with HttpSink() as sink:
        sink.script(http_sink.Answer(hold=True))
        assert _later(_guard(sink), sink.url(), limits=QUICK).reason == "timeout"


def test_a_server_that_answers_byte_by_byte_is_cut_off_by_the_total_limit() -> None:
    with HttpSink() as sink:
        sink.script(http_sink.Answer(trickle=True))
        assert _later(_guard(sink), sink.url(), limits=QUICK).reason == "timeout"


def test_a_port_that_accepts_and_never_speaks_tls_is_cut_off(ca_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        guard = HttpGuard(allow_private=(place,), ca_file=ca_file)
        assert _later(guard, f"https://{place}/", limits=QUICK).reason == "timeout"


def test_a_connection_made_after_the_time_was_up_is_cut_too() -> None:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    with ours, theirs, Deadline(0.0) as deadline:
        first, _peer = socket.socketpair()
        _peer.settimeout(5)
        with first, _peer:
            deadline.hold(first)
            assert _peer.recv(1) == b""
        deadline.hold(ours)
        assert (deadline.passed, theirs.recv(1)) == (True, b"")


def test_a_connection_closed_without_an_answer_is_worth_another_try() -> None:
    with HttpSink() as sink:
        sink.script(http_sink.Answer(hang_up=True))
        assert _later(_guard(sink), sink.url()).reason == "connection_failed"


def test_an_answer_shorter_than_announced_is_worth_another_try() -> None:
    with HttpSink() as sink:
        sink.script(http_sink.Answer(200, b"short", body_length=500))
        assert _later(_guard(sink), sink.url()).reason == "connection_failed"


def test_a_huge_answer_is_cut_at_the_limit() -> None:
    with HttpSink() as sink:
        sink.script(http_sink.Answer(200, b"z" * 3_000_000), http_sink.Answer(200, b"z" * 100))
        cut = send(_guard(sink), "GET", sink.url())
        whole = send(_guard(sink), "GET", sink.url(), limits=Limits(answer_bytes=100))
    assert (len(cut.body), cut.cut) == (1024 * 1024, True)
    assert (len(whole.body), whole.cut) == (100, False)


def test_a_packed_answer_is_never_unpacked() -> None:
    bomb = gzip.compress(b"z" * 1_000_000)
    with HttpSink() as sink:
        sink.script(http_sink.Answer(200, bomb, {"Content-Encoding": "gzip"}))
        assert send(_guard(sink), "GET", sink.url()).body == bomb
        assert sink.requests[0].headers["Accept-Encoding"] == "identity"


def test_no_secret_of_the_address_reaches_errors_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with HttpSink() as sink:
        sink.script(http_sink.Answer(), http_sink.Answer(hang_up=True))
        send(_guard(sink), "POST", sink.url("/workflows?sig=S3cret"))
        later = _later(_guard(sink), sink.url("/workflows?sig=S3cret"))
    assert "S3cret" not in caplog.text
    assert "S3cret" not in str(later) + later.detail
    assert later.__cause__ is None
    assert later.__suppress_context__


def test_a_call_inside_a_unit_of_work_is_a_bug(inside_a_unit: Callable[[], Any]) -> None:
    with HttpSink() as sink, inside_a_unit():
        with pytest.raises(UnitError):
            send(_guard(sink), "POST", sink.url())
        assert sink.connections == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("30", NOW + timedelta(seconds=30)),
        (" 0 ", NOW),
        ("Mon, 02 Mar 2026 09:05:00 GMT", NOW + timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 10:05:00 +0100", NOW + timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 09:05:00 -0000", NOW + timedelta(minutes=5)),
        ("Mon, 02 Mar 2020 09:05:00 GMT", NOW),
        ("Mon, 02 Mar 2099 09:05:00 GMT", NOW + timedelta(days=1)),
        ("999999999", NOW + timedelta(days=1)),
        ("99999999999999999999", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٣٠", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date_and_capped(line: str, expected: datetime | None) -> None:
    assert retry_at(line, NOW) == expected


def test_an_answer_tells_when_to_come_back() -> None:
    with time_machine.travel(NOW, tick=False):
        assert Answer(429, {"retry-after": "10"}, b"").retry_at == NOW + timedelta(seconds=10)
        assert Answer(429, {}, b"").retry_at is None


def _guard(sink: HttpSink) -> HttpGuard:
    return HttpGuard(allow_private=(sink.place,))


def _later(guard: HttpGuard, url: str, limits: Limits | None = None) -> RetryLater:
    with pytest.raises(RetryLater) as later:
        send(guard, "POST", url, limits=limits)
    return later.value


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
