"""Encryption and login towards a real mail server: never less than what was asked for (F21)."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from app.integrations import smtp
from app.integrations.outcome import RetryLater
from app.integrations.smtp import SmtpRoute
from tests.support.smtp_sink import SmtpSink

Contexts = Callable[..., ssl.SSLContext]
SENDER = "support@help.example"
RECIPIENT = "erika@kunde.example"
MAIL = b"Subject: Hallo\r\n\r\nText\r\n"


def test_starttls_encrypts_and_logs_in(ca_file: str, server_context: Contexts) -> None:
    with SmtpSink(tls="starttls", context=server_context("localhost"), users={"büro": "paßwort"}) as sink:
        smtp.send(_secure(sink, ca_file, username="büro", password="paßwort"), MAIL, SENDER, RECIPIENT)
        mail = sink.wait_for(1)[0]
    assert (mail.encrypted, mail.login) == (True, "büro")
    assert sink.logins == [("büro", "paßwort", "PLAIN")]


def test_implicit_tls_encrypts_from_the_first_byte(ca_file: str, server_context: Contexts) -> None:
    with SmtpSink(tls="implicit", context=server_context("localhost"), users={"u": "p"}) as sink:
        route = _secure(sink, ca_file, tls="implicit", username="u", password="p")
        smtp.send(route, MAIL, SENDER, RECIPIENT)
        assert sink.wait_for(1)[0].encrypted


def test_a_server_that_knows_login_only_is_served() -> None:
    with SmtpSink(users={"u": "p"}, ways=["LOGIN"]) as sink:
        smtp.send(_route(sink, username="u", password="p"), MAIL, SENDER, RECIPIENT)
        assert sink.wait_for(1)[0].login == "u"
    assert sink.logins == [("u", "p", "LOGIN")]


def test_a_server_that_only_claims_to_know_plain_is_asked_the_other_way() -> None:
    with SmtpSink(users={"u": "p"}) as sink:
        sink.script("auth", "504 5.5.4 mechanism not supported")
        smtp.send(_route(sink, username="u", password="p"), MAIL, SENDER, RECIPIENT)
        assert sink.wait_for(1)[0].login == "u"
    assert [line for line in sink.commands if line.startswith("AUTH")] == ["AUTH PLAIN", "AUTH LOGIN"]


def test_a_server_that_knows_neither_way_waits_for_the_admin() -> None:
    with SmtpSink(users={"u": "p"}) as sink:
        sink.script("auth", "504 5.5.4 no PLAIN", "504 5.5.4 no LOGIN")
        assert _later(_route(sink, username="u", password="p")).detail == "504 5.5.4 no LOGIN"


def test_a_missing_starttls_is_never_made_up_for_by_plain_text(ca_file: str) -> None:
    with SmtpSink(users={"u": "geheim"}) as sink:
        later = _later(_secure(sink, ca_file, username="u", password="geheim"))
        assert later.reason == "starttls_missing"
        assert (sink.attempts, sink.logins) == ([], [])
        assert not [line for line in sink.commands if line.startswith(("AUTH", "MAIL"))]


def test_a_refused_starttls_ends_the_conversation(ca_file: str, server_context: Contexts) -> None:
    with SmtpSink(tls="starttls", context=server_context("localhost"), users={"u": "p"}) as sink:
        sink.script("starttls", "454 4.7.0 TLS not available")
        assert _later(_secure(sink, ca_file, username="u", password="p")).reason == "starttls_refused"
        assert (sink.attempts, sink.logins) == ([], [])


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_for_another_name_is_refused(tls: Any, ca_file: str, server_context: Contexts) -> None:
    with SmtpSink(tls=tls, context=server_context("other.example"), users={"u": "p"}) as sink:
        later = _later(_secure(sink, ca_file, tls=tls, username="u", password="p"))
        assert later.reason == "certificate"
        assert "localhost" in later.detail
        assert (sink.attempts, sink.logins) == ([], [])


def test_a_certificate_of_an_unknown_authority_is_refused(server_context: Contexts) -> None:
    with SmtpSink(tls="starttls", context=server_context("localhost")) as sink:
        assert _later(_route(sink, host="localhost", tls="starttls")).reason == "certificate"


def test_plain_words_where_tls_is_expected_are_a_tls_failure(ca_file: str) -> None:
    with SmtpSink() as sink:
        assert _later(_secure(sink, ca_file, tls="implicit")).reason == "tls_failed"


def test_a_port_that_accepts_and_never_speaks_tls_is_given_up(ca_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        route = SmtpRoute("127.0.0.1", port, "implicit", timeout=0.3, ca_file=ca_file)
        assert _later(route).reason == "timeout"


def test_a_refused_login_waits_for_the_admin_and_is_not_tried_twice() -> None:
    with SmtpSink(users={"u": "right"}) as sink:
        sink.script("auth", "535 5.7.8 wrong: AHUAZ2VoZWlt geheim")
        later = _later(_route(sink, username="u", password="geheim"))
        assert (later.reason, later.at) == ("login_refused", None)
        assert later.detail == "535 5.7.8 wrong: … …"
        assert [line for line in sink.commands if line.startswith("AUTH")] == ["AUTH PLAIN"]
        assert sink.attempts == []


def test_a_login_the_server_does_not_offer_waits_for_the_admin() -> None:
    with SmtpSink() as sink:
        assert _later(_route(sink, username="u", password="p")).reason == "login_not_offered"


def test_a_login_refused_for_the_moment_is_only_a_bad_moment() -> None:
    with SmtpSink(users={"u": "p"}) as sink:
        sink.script("auth", "454 4.7.0 try again")
        assert _later(_route(sink, username="u", password="p")).reason == "busy"


def test_a_server_that_wants_a_login_waits_for_the_admin() -> None:
    with SmtpSink(users={"u": "p"}) as sink:
        assert _later(_route(sink)).reason == "login_needed"


def test_the_password_is_in_no_representation_of_the_route() -> None:
    assert "geheim" not in repr(SmtpRoute("h", username="u", password="geheim"))


def test_no_error_holds_the_password() -> None:
    with SmtpSink(users={"u": "right"}) as sink:
        encoded = base64.b64encode(b"\0u\0geheim123").decode()
        sink.script("auth", f"535 5.7.8 {encoded} {base64.b64encode(b'geheim123').decode()} geheim123")
        later = _later(_route(sink, username="u", password="geheim123"))
    assert later.detail == "535 5.7.8 … … …"
    assert later.__context__ is None


def _route(sink: SmtpSink, **changes: Any) -> SmtpRoute:
    return SmtpRoute(**{"host": sink.host, "port": sink.port, "tls": "none", "timeout": 5.0, **changes})


def _secure(sink: SmtpSink, ca_file: str, **changes: Any) -> SmtpRoute:
    return _route(sink, **{"host": "localhost", "tls": "starttls", "ca_file": ca_file, **changes})


def _later(route: SmtpRoute) -> RetryLater:
    with pytest.raises(RetryLater) as later:
        smtp.send(route, MAIL, SENDER, RECIPIENT)
    return later.value
