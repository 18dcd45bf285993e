"""Handing mail to a real server over a socket (F21)."""

from __future__ import annotations

import base64
import errno
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from threading import Event, Thread
from typing import Any

import pytest

from app.core import outcome
from app.core.uow import UnitError
from app.integrations import smtp
from app.integrations.outcome import RetryLater, Undeliverable
from app.integrations.smtp import SmtpRoute
from app.integrations.smtp_session import FAREWELL_SECONDS
from tests.support.smtp_sink import CLOSE, HANG, SmtpSink
from tests.support.tcp_proxy import TcpProxy

Contexts = Callable[..., ssl.SSLContext]
SENDER = "support@help.example"
RECIPIENT = "erika@kunde.example"
MAIL = (
    b"From: support@help.example\r\nTo: erika@kunde.example\r\nSubject: Hallo\r\n"
    b"Message-ID: <t1@help.example>\r\n\r\nText\r\n"
)


def test_a_mail_is_handed_over_whole_with_one_recipient() -> None:
    with SmtpSink() as sink:
        sink.script("end", "250 2.0.0 queued as 4711")
        receipt = smtp.send(_route(sink), MAIL, SENDER, RECIPIENT)
        mail = sink.wait_for(1)[0]
    assert (receipt.code, receipt.text) == (250, "250 2.0.0 queued as 4711")
    assert (mail.sender, mail.recipients, mail.content) == (SENDER, (RECIPIENT,), MAIL)
    assert sink.commands[0] == "EHLO [127.0.0.1]"


def test_lines_that_begin_with_a_dot_and_odd_line_ends_arrive_unharmed() -> None:
    with SmtpSink() as sink:
        smtp.send(_route(sink), b"Subject: x\n\n.\n..a\r.b\r\n.", SENDER, RECIPIENT)
        assert sink.wait_for(1)[0].content == b"Subject: x\r\n\r\n.\r\n..a\r\n.b\r\n.\r\n"


def test_a_message_object_is_written_with_the_line_ends_of_the_wire() -> None:
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content("Schöne Grüße\n", cte="quoted-printable")
    with SmtpSink() as sink:
        smtp.send(_route(sink), message, SENDER, RECIPIENT)
        mail = sink.wait_for(1)[0]
    assert mail.message["Subject"] == "Grüße"
    assert mail.message.get_content() == "Schöne Grüße\r\n"
    assert mail.content.isascii()
    assert b"\n" not in mail.content.replace(b"\r\n", b"")


def test_eight_bit_content_and_the_size_are_announced() -> None:
    mail = "Subject: x\r\n\r\nGrüße\r\n".encode()
    with SmtpSink() as sink:
        smtp.send(_route(sink), mail, SENDER, RECIPIENT)
        assert sink.wait_for(1)[0].options == ("BODY=8BITMIME", f"SIZE={len(mail) + 3}")


def test_a_server_that_announces_nothing_is_told_nothing() -> None:
    with SmtpSink(size_limit=0) as sink:
        smtp.send(_route(sink), MAIL, SENDER, RECIPIENT)
        assert sink.wait_for(1)[0].options == ()


def test_an_old_server_without_extensions_is_served() -> None:
    with SmtpSink() as sink:
        sink.script("ehlo", "502 5.5.2 what")
        smtp.send(_route(sink), "Grüße".encode(), SENDER, RECIPIENT)
        assert sink.wait_for(1)[0].options == ()


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


@pytest.mark.parametrize(
    ("stage", "answer", "reason"),
    [
        ("greeting", "421 4.3.2 too busy", "busy"),
        ("greeting", "554 5.3.2 no service here", "server_refused"),
        ("greeting", "SSH-2.0-OpenSSH_9.2", "not_a_mail_server"),
        ("greeting", "2" * 9000, "not_a_mail_server"),
        ("greeting", CLOSE, "connection_lost"),
        ("greeting", HANG, "timeout"),
        ("ehlo", "421 4.3.2 closing", "busy"),
        ("ehlo", CLOSE, "connection_lost"),
        ("mail", "450 4.7.1 later", "busy"),
        ("mail", "421 4.3.2 closing", "busy"),
        ("rcpt", "450 4.2.1 greylisted", "busy"),
        ("rcpt", "421 4.3.2 closing", "busy"),
        ("rcpt", HANG, "timeout"),
        ("rcpt", "what", "not_a_mail_server"),
        ("data", "451 4.3.0 no space", "busy"),
        ("data", CLOSE, "connection_lost"),
        ("data", "250 what", "not_a_mail_server"),
        ("end", "451 4.3.0 scanner down", "busy"),
        ("end", HANG, "outcome_unknown"),
        ("end", CLOSE, "outcome_unknown"),
    ],
)
def test_a_bad_moment_is_worth_another_try(stage: Any, answer: str, reason: str) -> None:
    with SmtpSink() as sink:
        sink.script(stage, answer)
        later = _later(_route(sink, timeout=0.5, data_timeout=0.5))
    assert (later.reason, later.at) == (reason, None)


@pytest.mark.parametrize(
    ("stage", "answer", "reason"),
    [
        ("mail", "550 5.7.1 not your address", "sender_refused"),
        ("mail", "552 5.3.4 too big", "message_too_large"),
        ("rcpt", "550 5.1.1 no such user", "recipient_refused"),
        ("rcpt", "552 5.2.2 mailbox full", "recipient_refused"),
        ("data", "554 5.5.1 no", "message_refused"),
        ("end", "554 5.7.1 looks like spam", "message_refused"),
        ("end", "552 5.3.4 too big", "message_too_large"),
    ],
)
def test_a_refusal_is_final_and_keeps_the_servers_words(stage: Any, answer: str, reason: str) -> None:
    with SmtpSink() as sink:
        sink.script(stage, answer)
        refusal = _refused(_route(sink))
        assert (refusal.reason, refusal.detail) == (reason, answer)
        assert sink.mails == []


def test_one_bad_recipient_does_not_touch_the_good_ones() -> None:
    with SmtpSink() as sink:
        sink.always("rcpt", "550 5.1.1 no such user", recipient="gone@kunde.example")
        for recipient in ("a@kunde.example", "gone@kunde.example", "b@kunde.example"):
            try:
                smtp.send(_route(sink), MAIL, SENDER, recipient)
            except Undeliverable as refusal:
                assert recipient == "gone@kunde.example"
                assert refusal.reason == "recipient_refused"
        assert [mail.recipients for mail in sink.wait_for(2)] == [("a@kunde.example",), ("b@kunde.example",)]


def test_long_and_dirty_words_of_the_server_are_folded() -> None:
    with SmtpSink() as sink:
        sink.script("rcpt", "550-5.1.1 <script>\x07\r\n550 5.1.1 " + "z" * 800)
        detail = _refused(_route(sink)).detail
    assert detail.startswith("550 5.1.1 <script> 5.1.1 zzz")
    assert len(detail) == 500


def test_a_mail_over_the_announced_size_is_not_even_tried() -> None:
    with SmtpSink(size_limit=50) as sink:
        assert _refused(_route(sink)).reason == "message_too_large"
        assert not [line for line in sink.commands if line.startswith("MAIL")]


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


@pytest.mark.parametrize(
    "address",
    ["a@b.example\r\nRCPT TO:<x@y.example>", "a b@c.example", "<a@b.example>", "a@b@c.example", "a@", "@b.example",
     "nobody", "", "a@b..example", "a@" + "b" * 300 + ".example", "a,b@c.example", "a\x00@b.example"],
)  # fmt: skip
def test_an_address_that_could_end_the_command_is_refused(address: str) -> None:
    with SmtpSink() as sink:
        for sender, recipient in ((SENDER, address), (address, RECIPIENT)):
            with pytest.raises(Undeliverable) as refusal:
                smtp.send(_route(sink), MAIL, sender, recipient)
            assert refusal.value.reason == "bad_address"
        assert sink.connections == 0


def test_an_international_domain_is_encoded() -> None:
    with SmtpSink(smtputf8=False) as sink:
        smtp.send(_route(sink), MAIL, SENDER, "erika@bücher.example")
        assert sink.wait_for(1)[0].recipients == ("erika@xn--bcher-kva.example",)


def test_an_international_local_part_needs_a_server_that_knows_it() -> None:
    with SmtpSink() as sink:
        smtp.send(_route(sink), MAIL, SENDER, "jörg@kunde.example")
        mail = sink.wait_for(1)[0]
        assert (mail.recipients, "SMTPUTF8" in mail.options) == (("jörg@kunde.example",), True)
    with SmtpSink(smtputf8=False) as sink:
        with pytest.raises(Undeliverable) as refusal:
            smtp.send(_route(sink), MAIL, SENDER, "jörg@kunde.example")
        assert refusal.value.reason == "address_not_supported"


def test_a_whole_conversation_ends_before_a_lease_of_a_minute_does() -> None:
    assert SmtpRoute("mail.help.example").patience + FAREWELL_SECONDS < 60


def test_a_failure_says_its_word_and_what_the_server_said() -> None:
    assert (
        str(Undeliverable("recipient_refused", "550 5.1.1 no such user"))
        == "recipient_refused: 550 5.1.1 no such user"
    )
    assert (str(RetryLater(None, "timeout")), str(Undeliverable("bad_address"))) == ("timeout", "bad_address")
    assert isinstance(RetryLater(None, "timeout"), outcome.RetryLater)
    assert isinstance(Undeliverable("bad_address"), outcome.Undeliverable)


def test_the_password_is_in_no_representation_of_the_route() -> None:
    assert "geheim" not in repr(SmtpRoute("h", username="u", password="geheim"))


def test_no_error_holds_the_password() -> None:
    with SmtpSink(users={"u": "right"}) as sink:
        encoded = base64.b64encode(b"\0u\0geheim123").decode()
        sink.script("auth", f"535 5.7.8 {encoded} {base64.b64encode(b'geheim123').decode()} geheim123")
        later = _later(_route(sink, username="u", password="geheim123"))
    assert later.detail == "535 5.7.8 … … …"
    assert later.__context__ is None


def test_sending_inside_a_unit_of_work_is_a_bug(inside_a_unit: Callable[[], Any]) -> None:
    with SmtpSink() as sink, inside_a_unit():
        with pytest.raises(UnitError):
            smtp.send(_route(sink), MAIL, SENDER, RECIPIENT)
        with pytest.raises(UnitError):
            smtp.check(_route(sink))
        assert sink.connections == 0


def test_a_killed_sender_can_be_seen_by_the_sink_at_the_end_of_the_data() -> None:
    with SmtpSink() as sink:
        sink.script("end", HANG)
        later = _later(_route(sink, data_timeout=0.3))
        assert later.reason == "outcome_unknown"
        assert sink.held.is_set()
        smtp.send(_route(sink), MAIL, SENDER, RECIPIENT)
        assert [mail.answer for mail in sink.attempts] == [HANG, "250 2.0.0 kept"]


def _talk_without_end(listener: socket.socket, over: Event) -> None:
    """A greeting of endless lines, each in time for the timeout of a single read."""
    connection, _address = listener.accept()
    with connection, suppress(OSError):
        while not over.wait(0.02):
            connection.sendall(b"220-and another thing\r\n")


def _route(sink: SmtpSink | TcpProxy, **changes: Any) -> SmtpRoute:
    return SmtpRoute(**{"host": sink.host, "port": sink.port, "tls": "none", "timeout": 5.0, **changes})


def _secure(sink: SmtpSink, ca_file: str, **changes: Any) -> SmtpRoute:
    return _route(sink, **{"host": "localhost", "tls": "starttls", "ca_file": ca_file, **changes})


def _later(route: SmtpRoute, mail: bytes = MAIL) -> RetryLater:
    with pytest.raises(RetryLater) as later:
        smtp.send(route, mail, SENDER, RECIPIENT)
    return later.value


def _refused(route: SmtpRoute) -> Undeliverable:
    with pytest.raises(Undeliverable) as refusal:
        smtp.send(route, MAIL, SENDER, RECIPIENT)
    return refusal.value
