"""The details of reading a message: structure, encodings, texts, files."""

from __future__ import annotations

import binascii
import struct
from datetime import UTC, datetime

import pytest

from app.mailroom.parsing import bodies, charsets, dates, flowed, message, message_ids, transfer

HEAD = b"From: a@x.example\r\nSubject: x\r\n"


def _multipart(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    inner = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=b\r\n\r\n" + inner + b"--b--\r\n"


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nEinfacher Text"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Bunter <b>Text</b></p>"


def test_of_alternatives_the_plain_text_is_the_text_and_the_html_is_kept() -> None:
    mail = message.parse(_multipart(PLAIN, HTML, kind=b"alternative"))
    assert mail.text == "Einfacher Text"
    assert mail.html == "<p>Bunter <b>Text</b></p>"


def test_an_empty_plain_alternative_gives_way_to_the_html() -> None:
    mail = message.parse(_multipart(b"Content-Type: text/plain\r\n\r\n \r\n", HTML, kind=b"alternative"))
    assert mail.text == "Bunter Text"


def test_texts_around_a_picture_are_joined() -> None:
    picture = b"Content-Type: image/png\r\nContent-Disposition: inline\r\n\r\nPNG"
    mail = message.parse(_multipart(PLAIN, picture, HTML))
    assert mail.text == "Einfacher Text\n\nBunter Text"
    assert mail.html == '<div style="white-space: pre-wrap">Einfacher Text</div>\n<p>Bunter <b>Text</b></p>'
    assert [(part.filename, part.inline) for part in mail.attachments] == [("image-1.png", True)]


def test_a_text_with_a_name_is_a_file_unless_it_is_all_there_is() -> None:
    named = b"Content-Type: text/plain; name=log.txt\r\n\r\nZeile"
    assert [part.filename for part in message.parse(_multipart(PLAIN, named)).attachments] == ["log.txt"]
    assert message.parse(HEAD + named).text == "Zeile"


def test_a_boundary_nobody_declared_is_guessed() -> None:
    raw = _multipart(PLAIN, HTML).replace(b"; boundary=b", b"")
    assert message.parse(raw).text == "Einfacher Text\n\nBunter Text"


def test_a_multipart_without_parts_is_a_text() -> None:
    assert (
        message.parse(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\nDoch Text").text
        == "Doch Text"
    )
    assert (
        message.parse(HEAD + b"Content-Type: multipart/mixed\r\n\r\nDoch\n--\nText").text == "Doch\n--\nText"
    )


def test_parts_behind_a_premature_end_are_read() -> None:
    raw = _multipart(PLAIN) + b"--b\r\n" + HTML + b"\r\n--b--\r\n"
    assert message.parse(raw).text == "Einfacher Text\n\nBunter Text"


def test_a_digest_holds_messages() -> None:
    mail = message.parse(_multipart(b"\r\nSubject: Innen\r\n\r\nText", kind=b"digest"))
    assert [(part.filename, part.content_type) for part in mail.attachments] == [
        ("Innen.eml", "message/rfc822")
    ]


def test_html_says_its_charset_itself_when_the_header_does_not() -> None:
    raw = HEAD + b"Content-Type: text/html\r\n\r\n<meta charset=koi8-r><p>" + "Привет".encode("koi8-r")
    assert message.parse(raw).text == "Привет"


def test_a_stray_line_does_not_end_a_broken_fold() -> None:
    mail = message.parse(b"References: <a@x>,\r\n<b@x>\r\nSubject: da\r\n\r\nText")
    assert mail.references == ("<a@x>", "<b@x>")
    assert mail.subject == "da"


def test_without_a_blank_line_the_text_begins_at_the_first_line_that_is_no_header() -> None:
    mail = message.parse(b"Subject: da\nHallo zusammen\n\nText")
    assert mail.subject == "da"
    assert mail.text == "Hallo zusammen\n\nText"


def test_an_mbox_line_before_the_message_is_skipped() -> None:
    assert message.parse(b"From ada@x Mon Mar  4 10:00:00 2024\nSubject: da\n\nText").subject == "da"


def test_a_from_header_with_a_space_before_its_colon_is_no_mbox_line() -> None:
    sender = message.parse(b"From : ada@x.example\nSubject: da\n\nText").sender
    assert sender is not None
    assert sender.email == "ada@x.example"


def test_a_text_beyond_measure_is_kept_as_a_file() -> None:
    mail = message.parse(HEAD + b"\r\n" + b"Zeile\n" * 300_000)
    assert len(mail.text) <= bodies.MAX_TEXT
    assert mail.text.endswith("Zeile")
    assert [(part.filename, part.size) for part in mail.attachments] == [("message.txt", 1_799_999)]


def test_html_beyond_measure_is_kept_as_a_file() -> None:
    mail = message.parse(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<p>x</p>" * 300_000)
    assert mail.html is None
    assert [part.filename for part in mail.attachments] == ["message.html"]


def test_only_the_headers_that_are_judged_are_kept() -> None:
    mail = message.parse(
        HEAD + b"X-Helpdesk-Priority: urgent\r\nPrecedence: bulk\r\nAuthentication-Results: mx; a\r\n\r\n"
    )
    assert dict(mail.headers) == {"precedence": ("bulk",), "authentication-results": ("mx; a",)}
    assert mail.header("precedence") == "bulk"
    assert mail.header("x-helpdesk-priority") == ""


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        (b"\xe4", "us-ascii", "ä"),
        (b"\xe4", "", "ä"),
        (b"\x80 \x84Text\x93", "iso-8859-1", "€ „Text“"),
        ("ä€".encode(), "iso-8859-1", "ä€"),
        ("ä€".encode(), "us-ascii", "ä€"),
        (b"ab\xc3", "utf-8", "abÃ"),
        ("äöü".encode() + b"\xff", "utf-8", "äöü\ufffd"),
        ("你好吗".encode(), "gb2312", "你好吗"),
        ("你好".encode("gbk"), "gb2312", "你好"),
        ("テスト".encode("iso2022_jp"), "iso-2022-jp", "テスト"),
        ("ä".encode("utf-16"), "utf-16", "ä"),
        (b"plain", "utf-16", "plain"),
        (b"a+ZeVnLIqe-b", "unicode-1-1-utf-7", "a日本語b"),
        (b"\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251", "Привет"),
        (b"a\x00b\x1b[0mc\r\nd\re\xc2\x85f", "utf-8", "ab[0mc\nd\ne\nf"),
        (b"\xef\xbb\xbfText", "utf-8", "Text"),
        (b"Text", "x-unknown", "Text"),
        (b"\x81\x8d", "windows-1252", "\ufffd\ufffd"),
    ],
)
def test_charsets_are_read_as_meant(data: bytes, charset: str, text: str) -> None:
    assert charsets.decode(data, charset) == text


@pytest.mark.parametrize(
    "charset",
    ["rot13", "hex", "unicode_escape", "idna", "punycode", "undefined", "a\x00b", "x" * 99, "base64"],
)
def test_a_charset_that_is_none_is_not_used(charset: str) -> None:
    assert charsets.known(charset) == ""


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Mon, 4 Mar 2024 10:00:00 +0100", datetime(2024, 3, 4, 9, tzinfo=UTC)),
        ("Mon, 4 Mar 2024 10:00:00 -0000", datetime(2024, 3, 4, 10, tzinfo=UTC)),
        ("4 Mar 24 10:00 GMT", datetime(2024, 3, 4, 10, tzinfo=UTC)),
        ("Mon, 4 Mar 9999 10:00:00 +0100", None),
        ("Mon, 31 Feb 2024 10:00:00 +0100", None),
        ("gestern", None),
        ("", None),
    ],
)
def test_dates_are_believed_within_reason(value: str, moment: datetime | None) -> None:
    assert dates.read(value) == moment


def test_of_very_many_references_the_first_and_the_last_are_kept() -> None:
    ids = message_ids.listed([" ".join(f"<{number}@x>" for number in range(500))])
    assert len(ids) == message_ids.MAX_IDS
    assert (ids[0], ids[-1]) == ("<0@x>", "<499@x>")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("<a@x>", "<a@x>"),
        ("a@x", "<a@x>"),
        ("Your message of Monday", ""),
        ("< a @ x >", "<a@x>"),
        ("<[>", "<[>"),
        ("", ""),
    ],
)
def test_message_ids_have_one_spelling(value: str, found: str) -> None:
    assert message_ids.one(value) == found


@pytest.mark.parametrize(
    ("data", "encoding", "content"),
    [
        (b"SGFsbG8=", b"base64", b"Hallo"),
        (b" SGFs\r\nbG8 ", b"BASE64", b"Hallo"),
        (b"SGFsbG8", b"base64", b"Hallo"),
        (b"SGFsbG8=\r\nSGFsbG8=\r\n", b"base64", b"HalloHallo"),
        (b"SG!Fs\x00bG8=", b'"base64"', b"Hallo"),
        (b"Hal=6Co=\r\n", b"quoted-printable", b"Hallo"),
        (b"Hallo", b"x-bogus", b"Hallo"),
        (b"kein uuencode", b"x-uuencode", b"kein uuencode"),
        (b"begin 644 a\n" + binascii.b2a_uu(b"Hallo") + b"`\nend\n", b"x-uuencode", b"Hallo"),
    ],
)
def test_transfer_encodings_are_undone(data: bytes, encoding: bytes, content: bytes) -> None:
    assert transfer.decode(data, encoding) == content


def test_uuencoded_files_in_a_text_become_files() -> None:
    block = b"begin 644 brief.txt\r\n" + binascii.b2a_uu(b"Hallo").replace(b"\n", b"\r\n") + b"`\r\nend\r\n"
    mail = message.parse(HEAD + b"\r\nvorher\r\n" + block + b"nachher\r\nbegin 644 prosa\r\nund weiter")
    assert [(part.filename, part.data) for part in mail.attachments] == [("brief.txt", b"Hallo")]
    assert mail.text == "vorher\nnachher\nbegin 644 prosa\nund weiter"


def test_soft_line_breaks_are_taken_out() -> None:
    text = "Ein Satz \nder weitergeht.\n\n> zitiert \n> weiter\nneu\n-- \nAda \nL."
    assert (
        flowed.unflow(text, delete_space=False)
        == "Ein Satz der weitergeht.\n\n> zitiert weiter\nneu\n-- \nAda L."
    )
    assert flowed.unflow("日本 \n語", delete_space=True) == "日本語"


def _attribute(level: int, identity: int, content: bytes) -> bytes:
    return bytes([level]) + struct.pack("<II", identity, len(content)) + content + b"\x00\x00"


def _property(kind: int, tag: int, value: bytes) -> bytes:
    padded = value + b"\x00" * (-len(value) % 4)
    return struct.pack("<HHII", kind, tag, 1, len(value)) + padded


TNEF = struct.pack("<IH", 0x223E9F78, 1)


def _properties(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)
