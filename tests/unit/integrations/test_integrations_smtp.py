"""Handing mail to a real server over a socket (F21)."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest

from app.core import outcome
from app.core.uow import UnitError
from app.integrations import smtp
from app.integrations.outcome import RetryLater, Undeliverable
from app.integrations.smtp import SmtpRoute
from app.integrations.smtp_session import FAREWELL_SECONDS
from tests.support.smtp_sink import CLOSE, HANG, SmtpSink

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


def _route(sink: SmtpSink, **changes: Any) -> SmtpRoute:
    return SmtpRoute(**{"host": sink.host, "port": sink.port, "tls": "none", "timeout": 5.0, **changes})


def _later(route: SmtpRoute, mail: bytes = MAIL) -> RetryLater:
    with pytest.raises(RetryLater) as later:
        smtp.send(route, mail, SENDER, RECIPIENT)
    return later.value


def _refused(route: SmtpRoute) -> Undeliverable:
    with pytest.raises(Undeliverable) as refusal:
        smtp.send(route, MAIL, SENDER, RECIPIENT)
    return refusal.value
