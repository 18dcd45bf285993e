"""Whatever arrives, parsing ends with a Mail or with Unreadable for one of the limits, and nothing else."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mail_samples import MESSAGES, raw

from app.mailroom import parsing
from app.mailroom.mail import Unreadable
from app.mailroom.parsing import message, wire
from app.mailroom.words import Obstacle

LIMITS = {Obstacle.HEADER_BLOCK, Obstacle.HEADER_LINE, Obstacle.PARTS, Obstacle.DEPTH, Obstacle.TOO_LARGE}
SMALL = [name for name in MESSAGES if len(raw(name)) < 6_000]
PIECES = [
    b"\r\n", b"\n", b"\r", b"\x00", b"--", b"=?", b"?=", b"=?utf-8?b?", b'"', b"<", b">", b"(", b";", b"boundary=",
    b"\r\n\r\n", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"charset=utf-7", b"+2AA-", b"begin 644 x\r\n", b"<!--",
    b"&#x110000;", b"&#99999999999;", b"\xff\xfe",
]  # fmt: skip


@st.composite
def spoilt_samples(draw: st.DrawFn) -> bytes:
    """A sample with pieces cut out, turned over and put in."""
    data = bytearray(raw(draw(st.sampled_from(SMALL))))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 40))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)))
        data[place : place + length] = piece
    return bytes(data)


def _parsed_or_refused(data: bytes) -> None:
    try:
        parsed = parsing.parse(data)
    except Unreadable as refusal:
        assert refusal.reason in LIMITS, refusal
        return
    told, files = wire.dump(parsed.mail)
    assert wire.load(told, b"".join(files)) == parsed.mail
    for text in (parsed.mail.text, parsed.mail.subject, parsed.mail.sender_text, parsed.mail.html or ""):
        text.encode("utf-8")
        assert "\x00" not in text
    assert "\n" not in parsed.mail.subject + parsed.mail.title + parsed.mail.sender_text


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt_samples())
def test_a_spoilt_sample_is_read_or_refused(data: bytes) -> None:
    _parsed_or_refused(data)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_are_read_or_refused(data: bytes) -> None:
    _parsed_or_refused(data)
    parsing.is_mail(data)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_a_heap_of_syntax_is_read_or_refused(pieces: list[bytes]) -> None:
    _parsed_or_refused(b"From: a@x.example\r\n" + b"".join(pieces))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["utf-8", "utf-16", "iso-8859-1", "gb18030", "shift_jis"]))
def test_a_text_that_its_charset_can_say_arrives(text: str, charset: str) -> None:
    try:
        body = text.encode(charset)
    except UnicodeEncodeError:
        return
    mail = message.parse(
        b"From: a@x.example\nContent-Type: text/plain; charset=" + charset.encode() + b"\n\n" + body
    )
    mail.text.encode("utf-8")
