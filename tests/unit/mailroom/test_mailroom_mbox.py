"""Mailbox files, message by message."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from app.mailroom.parsing import mbox

FIRST = b"From: a@x.example\nSubject: eins\n\nHallo\n>From hier an zitiert\nFrom now on it is text\n"
SECOND = (
    b"From: b@x.example\nSubject: zwei\n\nHallo\n\nFrom here on, text at 10:00 in 2024 and no separator?\n"
)
LINE = b"From ada@x.example Mon Mar  4 10:00:00 2024\n"
BOX = (
    LINE
    + FIRST.replace(b">From", b">>From")
    + b"\n"
    + LINE
    + b"From: b@x.example\nSubject: zwei\n\nHallo\n"
    + b"\n"
)


def test_a_mailbox_is_split_into_its_messages() -> None:
    assert list(mbox.split(io.BytesIO(BOX))) == [FIRST, b"From: b@x.example\nSubject: zwei\n\nHallo\n"]


def test_a_mailbox_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "post.mbox"
    path.write_bytes(BOX.replace(b"\n", b"\r\n"))
    first, second = mbox.split(path)
    assert first == FIRST.replace(b"\n", b"\r\n")
    assert second.endswith(b"Hallo\r\n")


def test_a_file_without_a_separator_is_one_message() -> None:
    assert list(mbox.split(io.BytesIO(FIRST))) == [FIRST.replace(b">From", b"From")]


def test_an_empty_file_holds_no_message() -> None:
    assert list(mbox.split(io.BytesIO(b""))) == []
    assert list(mbox.split(io.BytesIO(LINE))) == []


def test_a_huge_message_takes_bounded_memory_and_is_given_as_too_large() -> None:
    huge = LINE + b"Subject: x\n\n" + b"Zeile\n" * 1_000 + b"\n" + LINE + b"Subject: y\n\nHallo\n"
    first, second = mbox.split(io.BytesIO(huge), max_bytes=100)
    assert len(first) == 101
    assert second == b"Subject: y\n\nHallo\n"


def test_a_line_longer_than_the_buffer_is_kept_whole() -> None:
    message = b"Subject: x\n\n" + b"From " + b"x" * 200_000 + b"\n>From y\n"
    (found,) = mbox.split(io.BytesIO(LINE + message))
    assert found == message.replace(b">From y", b"From y")


@pytest.mark.parametrize(
    ("head", "is_mbox"),
    [
        (LINE, True),
        (b"From: a@x.example\n", False),
        (b"From a@x\n", False),
        (b"", False),
        (b"From MAILER-DAEMON  Mon Sep 20 19:29:27 2021\n", True),
    ],
)
def test_a_mailbox_is_told_from_a_message(head: bytes, is_mbox: bool) -> None:
    assert mbox.is_mbox(head) is is_mbox
