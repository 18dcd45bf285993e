"""Outlook's third kind of body: what was compressed comes out, and its words are found."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mailroom.parsing import rtf
from tests.support.outlook import compressed

pytestmark = pytest.mark.sqlite_only
# The two examples of MS-OXRTFCP, 3.1.1.1 and 3.1.1.2.
SIMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def test_the_examples_of_the_specification_come_out() -> None:
    assert rtf.unpack(SIMPLE) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rtf.unpack(CROSSING) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_what_was_not_compressed_comes_out() -> None:
    assert rtf.unpack(b"\x14\0\0\0\x04\0\0\0MELA\0\0\0\0{\\rtf1}")[:4] == b"{\\rt"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (rb"{\rtf1\ansi Guten Tag\par Zeile\line zwei\tab Spalte}", "Guten Tag\nZeile\nzwei\tSpalte"),
        (rb"{\rtf1\ansi\ansicpg1252 Gr\'fc\'dfe}", "Grüße"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}", "日本"),
        (rb"{\rtf1\ansi\ansicpg65001 Gr\'c3\'bc\'c3\'9fe}", "Grüße"),
        (b"{\\rtf1\\ansi\\ansicpg1252 Gr\xfc\xdfe}", "Grüße"),
        (rb"{\rtf1 3 \u8364 ? und \u-10179?\u-8704?\uc0\u228 ,\uc2\u8211 --Ende}", "3 € und 😀ä,–Ende"),
        (rb"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator Word;}{\info{\author Ich}}da{\pict ffd8}}", "da"),
        (rb"{\rtf1 \{a\}\\b\~c\_d\bin3 {{{e}", "{a}\\b\xa0c-de"),
        (
            rb"{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 1\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}2}",
            "1\n2",
        ),
        (b"}}}}{{{{", ""),
        (b"", ""),
    ],
)
def test_words_are_found(source: bytes, words: str) -> None:
    assert rtf.text(source) == words
    assert rtf.text(rtf.unpack(compressed(source))) == words


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_anything_is_read_somehow(data: bytes) -> None:
    for source in (data, b"\0\0\0\0\xff\xff\xff\xffLZFu\0\0\0\0" + data):
        text = rtf.text(source) + rtf.text(rtf.unpack(source))
        text.encode("utf-8")
        assert "\x00" not in text


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([b"{", b"}", b"\\", b"\\u1 ", b"\\'41", b"\\bin9", b"\\*", b"\\uc3", b"a"]),
        max_size=80,
    )
)
def test_a_heap_of_syntax_is_read_somehow(pieces: list[bytes]) -> None:
    rtf.text(b"".join(pieces)).encode("utf-8")


def test_a28_a_body_that_claims_to_be_endless_ends() -> None:
    claims = b"\0\0\0\0\xff\xff\xff\xffLZFu\0\0\0\0"
    began = time.process_time()
    out = rtf.unpack(claims + b"\xff" + b"\x00\x0f" * 400_000)
    assert len(out) <= rtf.MAX_RTF
    assert rtf.text(b"{" * 500_000) == ""
    assert rtf.text(b"\\par" * 200_000) == ""
    assert time.process_time() - began < 6
