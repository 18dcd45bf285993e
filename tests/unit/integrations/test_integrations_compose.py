"""Mails as they leave us: readable by people and machines, never bent by foreign words (A22)."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.integrations import smtp
from app.integrations.compose import Attachment, Letter, Mailbox, compose
from app.integrations.outcome import Undeliverable
from app.integrations.smtp import SmtpRoute
from tests.support.smtp_sink import SmtpSink

WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OURS = "<ticket-7.event-9.x2y3@help.example>"
HEADERS = {
    "from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted",
    "x-auto-response-suppress", "list-id", "list-unsubscribe", "list-unsubscribe-post", "mime-version", "content-type",
}  # fmt: skip


def test_a_letter_has_text_and_html_and_everything_threading_needs() -> None:
    mail = _read(
        _letter(
            html="<p>Schöne Grüße</p>",
            reply_to=Mailbox("support+t7.mac@help.example", "IT-Support"),
            in_reply_to="<kunde-1@kunde.example>",
            references=["<a@kunde.example>", "<kunde-1@kunde.example>"],
            list_id="tickets.help.example",
            unsubscribe_url="https://help.example/u/abc",
            unsubscribe_by_post=True,
        )
    )
    assert mail["From"] == "IT-Support <support@help.example>"
    assert mail["To"] == "Erika Müller <erika@kunde.example>"
    assert mail["Reply-To"] == "IT-Support <support+t7.mac@help.example>"
    assert mail["Subject"] == "[TICKET-7] Schöne Grüße"
    assert mail["Date"].datetime == WHEN
    assert mail["Message-ID"] == OURS
    assert mail["In-Reply-To"] == "<kunde-1@kunde.example>"
    assert mail["References"] == "<a@kunde.example> <kunde-1@kunde.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] == "<tickets.help.example>"
    assert mail["List-Unsubscribe"] == "<https://help.example/u/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.get_content_type() == "multipart/alternative"
    assert _part(mail, "plain") == "Schöne Grüße\n"
    assert _part(mail, "html") == "<p>Schöne Grüße</p>\n"


def test_a_letter_of_text_only_has_one_part_and_no_empty_headers() -> None:
    mail = _read(_letter())
    assert mail.get_content_type() == "text/plain"
    assert {name.lower() for name in mail} == {
        "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress", "mime-version",
        "content-type", "content-transfer-encoding",
    }  # fmt: skip


def test_an_answer_to_a_mail_says_so() -> None:
    assert _read(_letter(auto_submitted="auto-replied"))["Auto-Submitted"] == "auto-replied"


def test_a_subject_with_line_ends_adds_no_header_and_stops_no_worker() -> None:
    letter = _letter(
        subject="Hello\r\nBcc: victim@x.example\x00\u202e",
        sender=Mailbox("support@help.example", 'A "B", C\r\nBcc: v@x.example'),
        recipient=Mailbox("erika@kunde.example", "Müller\n\tX-Evil: 1"),
    )
    with SmtpSink() as sink:
        smtp.send(
            SmtpRoute(sink.host, sink.port, "none"),
            compose(letter),
            "support@help.example",
            "erika@kunde.example",
        )
        received = sink.wait_for(1)[0]
    mail = received.message
    assert received.recipients == ("erika@kunde.example",)
    assert mail["Subject"] == "Hello Bcc: victim@x.example"
    assert mail["From"].addresses[0].display_name == 'A "B", C Bcc: v@x.example'
    assert mail["From"].addresses[0].addr_spec == "support@help.example"
    assert len(mail["To"].addresses) == 1
    assert (mail["Bcc"], mail["X-Evil"]) == (None, None)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.text(max_size=60), st.text(max_size=200))
def test_no_text_breaks_the_mail_or_adds_a_header(subject: str, name: str, text: str) -> None:
    letter = _letter(
        subject=subject, recipient=Mailbox("erika@kunde.example", name), text=text, html=f"<p>{text}</p>"
    )
    wire = compose(letter).as_bytes()
    mail = message_from_bytes(wire, policy=policy.default)
    assert {header.lower() for header in mail} <= HEADERS
    assert mail["To"].addresses[0].addr_spec == "erika@kunde.example"
    assert wire.isascii()
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert b"\r" not in wire.replace(b"\r\n", b"")


def test_long_message_ids_are_never_written_in_pieces() -> None:
    long = [f"<{'x' * 180}{number}@kunde.example>" for number in range(8)]
    wire = compose(
        _letter(in_reply_to=long[-1], references=long, unsubscribe_url="https://h.example/" + "u" * 200)
    )
    lines = wire.as_bytes().decode().split("\r\n")
    start = next(number for number, line in enumerate(lines) if line.startswith("References:"))
    assert [line.removeprefix("References:").strip() for line in lines[start : start + 8]] == long
    assert f"In-Reply-To: {long[-1]}" in lines
    assert f"List-Unsubscribe: <https://h.example/{'u' * 200}>" in lines


def test_the_mail_can_also_be_written_as_text() -> None:
    text = compose(_letter(references=["<a@b.example>", "<c@d.example>"])).as_string()
    assert "References: <a@b.example>\r\n <c@d.example>\r\n" in text
    assert "Auto-Submitted: auto-generated\r\n" in text


def test_message_ids_that_are_none_are_left_out() -> None:
    mail = _read(
        _letter(in_reply_to="<a@b>\r\nBcc: x@y.example", references=["junk", "<ok@kunde.example>", "<a b@c>"])
    )
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<ok@kunde.example>"
    assert mail["Bcc"] is None


@pytest.mark.parametrize("message_id", ["", "x@y", "<x@y>\r\nBcc: z@y.example", "<ä@y>"])
def test_a_bad_message_id_of_our_own_is_a_mistake_of_ours(message_id: str) -> None:
    with pytest.raises(ValueError, match="message id"):
        compose(_letter(message_id=message_id))


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b.example, c@d.example", "a@b.example\r\nBcc: x@y.example"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    for field in ("sender", "recipient", "reply_to"):
        with pytest.raises(Undeliverable) as refusal:
            compose(_letter(**{field: Mailbox(address)}))
        assert refusal.value.reason == "bad_address"


def test_international_addresses_are_written_as_the_wire_wants_them() -> None:
    assert _read(_letter(recipient=Mailbox("erika@bücher.example")))["To"] == "erika@xn--bcher-kva.example"
    with SmtpSink() as sink:
        mail = compose(_letter(recipient=Mailbox("jörg@kunde.example", "Jörg")))
        smtp.send(SmtpRoute(sink.host, sink.port, "none"), mail, "support@help.example", "jörg@kunde.example")
        assert "Jörg <jörg@kunde.example>".encode() in sink.wait_for(1)[0].content


def test_half_characters_and_control_marks_do_not_stop_the_mail() -> None:
    mail = _read(_letter(subject="a\ud800b", text="x\x00\x07y\ud83d\r\nz", html="<p>\udfff</p>"))
    assert mail["Subject"] == "a?b"
    assert _part(mail, "plain") == "xy?\nz\n"


def test_attachments_keep_bytes_and_get_clean_names() -> None:
    pdf = bytes(range(256)) * 20
    mail = _read(
        _letter(
            html="<p>x</p>",
            attachments=[
                Attachment("../../Übersicht\r\nX: y.pdf", "application/pdf", pdf),
                Attachment("mail.eml", "message/rfc822", b"Subject: inner\r\n\r\nx"),
                Attachment("odd", "text/html\r\nX-Evil: 1", b"<script>"),
            ],
        )
    )
    parts = list(mail.iter_attachments())
    assert [part.get_filename() for part in parts] == ["ÜbersichtX_ y.pdf", "mail.eml", "odd"]
    assert [part.get_content_type() for part in parts] == ["application/pdf"] + [
        "application/octet-stream"
    ] * 2
    assert parts[0].get_content() == pdf
    assert parts[0].get_content_disposition() == "attachment"
    assert mail["X-Evil"] is None


def _letter(**changes: Any) -> Letter:
    plain = {
        "sender": Mailbox("support@help.example", "IT-Support"),
        "recipient": Mailbox("erika@kunde.example", "Erika Müller"),
        "subject": "[TICKET-7] Schöne Grüße",
        "text": "Schöne Grüße",
        "message_id": OURS,
        "date": WHEN,
    }
    return Letter(**{**plain, **changes})


def _read(letter: Letter) -> EmailMessage:
    mail = message_from_bytes(compose(letter).as_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
