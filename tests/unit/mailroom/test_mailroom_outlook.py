"""Messages saved by Outlook: what stands in them is found, and hostile files end in a refusal, nothing else."""

from __future__ import annotations

import re
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.mailroom.containers import Container
from app.mailroom.mail import Address, Mail, Unreadable
from app.mailroom.parsing import inside, limits
from app.mailroom.words import Obstacle
from tests.support import outlook
from tests.support.ole import SECTOR, compound
from tests.support.outlook import BINARY, LONG, STRING8, UNICODE

pytestmark = pytest.mark.sqlite_only


def read(data: bytes) -> Mail:
    return inside.read(data, Container.OUTLOOK)


def refusal_of(data: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as refusal:
        read(data)
    return refusal.value


def test_a_message_says_who_wrote_what_to_whom() -> None:
    mail = read(outlook.sample())
    assert mail.subject == mail.title == "Angebot für Geräte"
    assert mail.sender == Address("Petra Lieferant", "petra@lieferant.example")
    assert mail.to == (Address("Anna Berger", "anna@firma.example"),)
    assert mail.cc == (Address("", "einkauf@firma.example"),)
    assert mail.date == outlook.SENT
    assert mail.text == outlook.TEXT


def test_files_come_out_and_enclosed_messages_are_named() -> None:
    mail = read(outlook.sample())
    assert [(part.filename, part.content_type, part.size) for part in mail.attachments] == [
        ("angebot.txt", "text/plain", 9),
        ("gross.bin", "application/octet-stream", 9_000),
    ]
    assert mail.attachments[1].data == b"x" * 9_000
    assert mail.unopened == ("Ihre Anfrage",)


def test_narrow_text_is_read_in_the_code_page_of_the_message() -> None:
    told = {
        outlook.CODEPAGE: (LONG, 1251),
        outlook.SUBJECT: (STRING8, "Привет".encode("cp1251")),
        outlook.BODY: (STRING8, "Текст".encode("cp1251") + b"\0"),
    }
    mail = read(outlook.message(told))
    assert (mail.subject, mail.text) == ("Привет", "Текст")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({outlook.HTML: (BINARY, "<p>Grüße</p><script>x</script>".encode())}, "Grüße"),
        ({outlook.HTML: (UNICODE, "<p>Grüße</p>")}, "Grüße"),
        ({outlook.RTF: (BINARY, outlook.compressed(rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe})"))}, "Grüße)"),
        ({outlook.BODY: (UNICODE, " \r\n"), outlook.HTML: (UNICODE, "<p>da</p>")}, "da"),
        ({}, ""),
    ],
)
def test_the_text_is_found_in_any_kind_of_body(body: dict[int, outlook.Value], text: str) -> None:
    assert read(outlook.message({outlook.SUBJECT: (UNICODE, "x")} | body)).text == text


def test_within_a_firm_people_have_names_only() -> None:
    told = {
        outlook.SENDER_NAME: (UNICODE, "Petra\r\nLieferant"),
        outlook.SENDER_EMAIL: (UNICODE, "/O=FIRMA/OU=X/CN=PETRA"),
        outlook.SHOWN_TO: (UNICODE, "Anna Berger; Jonas Weber"),
        outlook.SHOWN_CC: (UNICODE, ""),
    }
    mail = read(outlook.message(told))
    assert (mail.sender, mail.sender_text) == (None, "Petra Lieferant")
    assert mail.to == (Address("Anna Berger", ""), Address("Jonas Weber", ""))
    assert mail.cc == ()
    named = read(outlook.message(told, people=[(1, "Anna", "/O=FIRMA/CN=ANNA")]))
    assert named.to == (Address("Anna", ""),)


def test_a_file_without_a_good_name_gets_one() -> None:
    mail = read(
        outlook.message(
            {}, [outlook.file("..\\..\\a\u202egpj.exe", b"x"), outlook.file("", b"y", "image/png")]
        )
    )
    assert [part.filename for part in mail.attachments] == ["agpj.exe", "image-2.png"]


def test_large_messages_with_many_files_come_out_whole() -> None:
    files = [outlook.file(f"{number}.bin", bytes([number]) * (number * 1_000)) for number in range(1, 60)]
    mail = read(outlook.message({}, files))
    assert [part.size for part in mail.attachments] == [number * 1_000 for number in range(1, 60)]
    assert all(set(part.data) == {number} for number, part in enumerate(mail.attachments, 1))


def test_absurd_times_are_none() -> None:
    wrong = outlook.storage({}, 32)
    wrong["__properties_version1.0"] += struct.pack("<HHIQ", outlook.TIME, outlook.SENT_AT, 6, 2**64 - 1)
    assert read(compound(wrong)).date is None


@pytest.mark.parametrize("data", [b"", b"x" * 2_000, compound({}), compound({"WordDocument": b"x" * 5_000})])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    assert refusal_of(data).reason is Obstacle.BROKEN


def test_a28_too_much_is_refused() -> None:
    assert refusal_of(bytes(limits.MAX_MESSAGE + 1)).reason is Obstacle.TOO_LARGE
    assert refusal_of(outlook.message({}, [outlook.file("a", b"")] * 201)).reason is Obstacle.PARTS


def test_a28_streams_that_share_their_bytes_do_not_grow() -> None:
    files = [outlook.file("gross", bytes(200_000)), *[outlook.file(f"{n}", bytes(5_000)) for n in range(19)]]
    data = bytearray(outlook.message({}, files))
    name = "__substg1.0_37010102".encode("utf-16-le")
    entries = [found.start() for found in re.finditer(re.escape(name), data)]
    (first,) = [
        at[0] for at in (struct.unpack_from("<II", data, n + 116) for n in entries) if at[1] == 200_000
    ]
    for skipped, entry in enumerate(entries):  # each begins a sector later in the same chain
        struct.pack_into("<II", data, entry + 116, first + skipped, 200_000 - skipped * SECTOR)
    refusal = refusal_of(bytes(data))
    assert (refusal.reason, refusal.detail) == (Obstacle.BROKEN, "more than there is")


def test_a_table_that_runs_in_circles_ends() -> None:
    for step in range(1, 12):
        data = bytearray(outlook.sample())
        for sector in range(1, 60):
            struct.pack_into("<I", data, SECTOR + sector * 4, 1 + (sector + step) % 40)
        assert_read_or_refused(bytes(data))


def assert_read_or_refused(data: bytes) -> None:
    try:
        mail = read(data)
    except Unreadable:
        return
    for text in (mail.subject, mail.text, mail.sender_text, *mail.unopened):
        text.encode("utf-8")
        assert "\x00" not in text
    assert sum(part.size for part in mail.attachments) <= len(data)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A message with bytes overwritten, most of them where the tables and the directory lie."""
    data = bytearray(outlook.sample())
    for _ in range(draw(st.integers(1, 12))):
        place = draw(st.one_of(st.integers(0, 4_000), st.integers(0, len(data) - 8)))
        piece = draw(
            st.one_of(
                st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff"])
            )
        )
        data[place : place + len(piece)] = piece
    return bytes(data[: draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))])


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt())
def test_a_spoilt_message_is_read_or_refused(data: bytes) -> None:
    assert_read_or_refused(data)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2_000))
def test_random_bytes_behind_the_signature_are_read_or_refused(data: bytes) -> None:
    assert_read_or_refused(data)
    assert_read_or_refused(outlook.sample()[:SECTOR] + data)
