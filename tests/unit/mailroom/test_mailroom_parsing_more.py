"""The details of reading a message: structure, encodings, texts, files."""

from __future__ import annotations

import base64
import struct

import pytest

from app.mailroom.parsing import message, tnef
from tests.unit.mailroom.test_mailroom_parsing import TNEF, _attribute, _properties, _property

HEAD = b"From: a@x.example\r\nSubject: x\r\n"


def _multipart(*parts: bytes, kind: bytes = b"mixed") -> bytes:
    inner = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=b\r\n\r\n" + inner + b"--b--\r\n"


PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nEinfacher Text"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Bunter <b>Text</b></p>"


def test_long_names_and_texts_come_from_the_properties_of_a_winmail_dat() -> None:
    named = (
        struct.pack("<HH", 0x0003, 0x8001)
        + bytes(16)
        + struct.pack("<II", 1, 6)
        + "Ada".encode("utf-16-le")
        + b"\x00\x00"
    )
    message_properties = _properties(
        named + struct.pack("<I", 7),
        struct.pack("<HHI", 0x0003, 0x0017, 1),
        struct.pack("<HHIII", 0x1003, 0x0018, 2, 1, 2),
        _property(0x1F, 0x1000, "Größe".encode("utf-16-le")),
        _property(0x102, 0x1013, b"<p>bunt</p>"),
    )
    file_properties = _properties(
        _property(0x1F, 0x3707, "Übersicht lang.txt".encode("utf-16-le")),
        _property(0x1E, 0x370E, b"text/plain\x00"),
        _property(0x1E, 0x3712, b"cid-1\x00"),
        _property(0x0D, 0x3701, bytes(16) + b"Inhalt"),
    )
    package = tnef.unpack(
        TNEF
        + _attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
        + _attribute(1, 0x00078008, b"IPM.Note\x00")
        + _attribute(1, 0x00069003, message_properties)
        + _attribute(2, 0x00069002, b"")
        + _attribute(2, 0x00018010, b"UBERSI~1.TXT\x00")
        + _attribute(2, 0x00069005, file_properties)
    )
    (file,) = package.files
    assert (file.name, file.content_type, file.content_id, file.data) == (
        "Übersicht lang.txt",
        "text/plain",
        "cid-1",
        b"Inhalt",
    )
    assert (package.text, package.html, package.message_class) == ("Größe", "<p>bunt</p>", "IPM.Note")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"kein TNEF",
        TNEF + _attribute(3, 1, b""),
        TNEF + b"\x01" + struct.pack("<II", 1, 10**9) + b"x" * 20,
        TNEF + _attribute(1, 0x00069003, struct.pack("<I", 10**6)),
        TNEF + _attribute(1, 0x00069003, _properties(struct.pack("<HHII", 0x1F, 0x1000, 1, 10**6))),
        TNEF + _attribute(1, 0x00069003, _properties(struct.pack("<HHII", 0x77, 0x1000, 1, 1))),
        TNEF + _attribute(1, 0x00069003, b"\x01"),
        TNEF + _attribute(2, 0x00069002, b"") * 300,
        TNEF + _attribute(1, 1, b"") * 6_000,
    ],
)
def test_a_damaged_winmail_dat_is_kept_whole(data: bytes) -> None:
    with pytest.raises(tnef.NotTnef):
        tnef.unpack(data)
    part = b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    mail = message.parse(_multipart(PLAIN, part + base64.b64encode(data)))
    assert [part.filename for part in mail.attachments] == ["winmail.dat"]


def test_a_mail_that_is_all_winmail_dat_has_its_text() -> None:
    data = TNEF + _attribute(1, 0x0002800C, b"Nur hier\x00")
    raw = (
        HEAD
        + b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(data)
    )
    assert message.parse(raw).text == "Nur hier"
