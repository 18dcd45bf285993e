"""Looking into files that hold a message, here and in the process of its own."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mailroom.containers import Container, container_of
from app.mailroom.mail import Listed, Unreadable
from app.mailroom.parsing import child, inside, serving, wire
from app.mailroom.words import Obstacle
from tests.support import outlook
from tests.support.letters import letter

pytestmark = pytest.mark.sqlite_only
MAIL = letter("Guten Tag", subject="Innen", files=[("a.txt", b"eins"), ("b.txt", b"zwei zwei")])


@pytest.fixture(autouse=True)
def _no_process_left() -> Iterator[None]:
    yield
    child.close_idle()


def attribute(level: int, identity: int, content: bytes) -> bytes:
    return (
        struct.pack("<BII", level, identity, len(content))
        + content
        + struct.pack("<H", sum(content) & 0xFFFF)
    )


def properties(*values: tuple[int, int, bytes]) -> bytes:
    """A list of MAPI properties with values of their own length."""
    told = struct.pack("<I", len(values))
    for tag, kind, value in values:
        told += struct.pack("<HHII", kind, tag, 1, len(value)) + value + bytes(-len(value) % 4)
    return told


def winmail(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


WINMAIL = winmail(
    attribute(1, 0x00018004, "Aus Outlook".encode("cp1252") + b"\0"),
    attribute(
        1,
        0x00069003,
        properties(
            (0x0C1A, 0x1F, "Petra Lieferant".encode("utf-16-le")),
            (0x5D01, 0x1F, "petra@lieferant.example".encode("utf-16-le")),
            (0x0E04, 0x1E, b"Anna Berger; Jonas Weber\0"),
            (0x1009, 0x102, outlook.compressed(rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe\par}")),
        ),
    ),
    attribute(2, 0x00069002, b"\0" * 14),
    attribute(2, 0x00018010, b"liste.csv\0"),
    attribute(2, 0x0006800F, b"a;b"),
)


@pytest.mark.parametrize(
    ("name", "kind", "container"),
    [
        ("Nachricht.EML", "text/plain", Container.MAIL),
        ("x", "message/rfc822", Container.MAIL),
        ("Angebot.msg", "application/vnd.ms-outlook", Container.OUTLOOK),
        ("angebot.MSG", "application/octet-stream", Container.OUTLOOK),
        ("WinMail.dat", "application/octet-stream", Container.TNEF),
        ("x.bin", "application/ms-tnef", Container.TNEF),
        ("daten.dat", "application/octet-stream", None),
        ("eml", "text/plain", None),
        ("bild.png", "image/png", None),
        ("", "", None),
    ],
)
def test_files_that_hold_a_message_are_told(name: str, kind: str, container: Container | None) -> None:
    assert container_of(name, kind) is container


@pytest.mark.parametrize(
    ("data", "container", "subject", "text", "files"),
    [
        (MAIL, Container.MAIL, "Innen", "Guten Tag", ["a.txt", "b.txt"]),
        (outlook.sample(), Container.OUTLOOK, "Angebot für Geräte", None, ["angebot.txt", "gross.bin"]),
        (WINMAIL, Container.TNEF, "Aus Outlook", "Grüße", ["liste.csv"]),
    ],
)
def test_a_look_from_the_process_is_a_look(data, container, subject, text, files) -> None:
    look = child.look_into_isolated(data, container)
    assert look == inside.look(data, container, None, remote=False)
    assert look.mail.subject == subject
    assert look.mail.text.strip() == (text or outlook.TEXT)
    assert [file.filename for file in look.files] == files
    assert look.mail.attachments == ()


def test_a_winmail_says_who_wrote_it() -> None:
    mail = inside.read(WINMAIL, Container.TNEF)
    assert mail.sender is not None
    assert mail.sender.email == "petra@lieferant.example"
    assert [who.name for who in mail.to] == ["Anna Berger", "Jonas Weber"]


def test_one_file_comes_out_of_the_process() -> None:
    part = child.file_inside_isolated(MAIL, Container.MAIL, 2)
    assert part is not None
    assert (part.filename, part.data) == ("b.txt", b"zwei zwei")
    assert child.look_into_isolated(MAIL).files[1] == Listed("b.txt", "application/octet-stream", 9)
    assert [child.file_inside_isolated(MAIL, Container.MAIL, number) for number in (0, 3)] == [None, None]


def test_html_is_cleaned_in_the_process_when_it_is_asked_for() -> None:
    source = b"Content-Type: text/html\r\n\r\n<p onclick=x>da<img src=cid:a@b><img src=https://t.example/x>"
    assert child.look_into_isolated(source).mail.html is None
    look = child.look_into_isolated(source, pictures={"a@b": "/tickets/files/5"})
    assert (look.mail.html, look.left_out) == ('<p>da<img src="/tickets/files/5"><img></p>', 1)
    asked = child.look_into_isolated(source, pictures={}, remote=True)
    assert (asked.mail.html, asked.left_out) == ('<p>da<img><img src="https://t.example/x"></p>', 0)


def test_a16_html_that_takes_too_long_to_clean_is_refused_and_the_next_one_read() -> None:
    slow = "".join(f"<font color={number}>" for number in range(60_000)).encode()
    source = b"Content-Type: text/html\r\n\r\n" + slow
    with pytest.raises(Unreadable) as refusal:
        child.look_into_isolated(source, pictures={}, cpu_seconds=1)
    assert refusal.value.reason is Obstacle.CPU
    assert child.look_into_isolated(MAIL).mail.subject == "Innen"


@pytest.mark.parametrize("container", list(Container))
def test_a_refusal_comes_back_with_its_reason(container: Container) -> None:
    data = b"Subject: " + b"x" * 70_000 + b"\r\n\r\n"
    for ask in (child.look_into_isolated, lambda *given: child.file_inside_isolated(*given, 1)):
        with pytest.raises(Unreadable) as refusal:
            ask(data, container)
        expected = Obstacle.HEADER_LINE if container is Container.MAIL else Obstacle.BROKEN
        assert refusal.value.reason is expected


def saying(answer: bytes) -> str:
    """A process that answers so whatever it is asked."""
    said = f"sys.stdout.buffer.write({answer!r}); sys.stdout.flush()"
    return f"import sys; sys.stdin.buffer.read(32); {said}; sys.stdin.read()"


@pytest.mark.parametrize("kind", [serving.MAIL, serving.REFUSED])
def test_the_answer_to_another_question_is_none(monkeypatch: pytest.MonkeyPatch, kind: bytes) -> None:
    told, _files = wire.dump(inside.read(MAIL, Container.MAIL)) if kind == serving.MAIL else (b"nonsense", [])
    said = serving.ANSWER.pack(kind, len(told), 0) + told
    monkeypatch.setattr(child, "_BOOT", saying(said))
    with pytest.raises(Unreadable) as refusal:
        child.look_into_isolated(b"")
    assert refusal.value.reason is Obstacle.BROKEN


def test_a_look_instead_of_a_mail_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    told = wire.dump_look(inside.look(MAIL, Container.MAIL, None, remote=False))
    said = serving.ANSWER.pack(serving.LOOK, len(told), 0) + told
    monkeypatch.setattr(child, "_BOOT", saying(said))
    with pytest.raises(Unreadable) as refusal:
        child.parse_isolated(b"")
    assert refusal.value.reason is Obstacle.BROKEN


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300),
    st.lists(st.tuples(st.integers(0, len(WINMAIL) - 1), st.integers(0, 255)), max_size=8),
)
def test_a_spoilt_winmail_is_read_or_refused(data: bytes, spoilt: list[tuple[int, int]]) -> None:
    changed = bytearray(WINMAIL)
    for place, value in spoilt:
        changed[place] = value
    for source in (WINMAIL[:6] + data, bytes(changed)):
        try:
            mail = inside.read(source, Container.TNEF)
        except Unreadable:
            continue
        (mail.subject + mail.text + mail.sender_text).encode("utf-8")
