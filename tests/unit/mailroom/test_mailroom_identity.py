"""What makes two mails the same one, and their text as HTML."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import plain
from app.core.text import clean
from app.mailroom import identity

MAIL = (
    b"Received: from mx\r\nFrom: mia@kunde.example\r\nSubject: Ein langer\r\n Betreff\r\n"
    b"Message-ID: <a@kunde.example>\r\nContent-Type: text/plain\r\n\r\nGuten Tag\r\n\r\nMia\r\n"
)


@pytest.mark.parametrize(
    "same",
    [
        MAIL.replace(b"\r\n", b"\n"),
        MAIL.replace(b"\r\n", b"\r"),
        MAIL + b"\r\n\r\n",
        b"From mia Mon Nov 16 08:00:00 2026\r\n" + MAIL,
        MAIL.replace(
            b"Received: from mx\r\n", b"X-UID: 7\r\nStatus: RO\r\nReturn-Path: <mia@kunde.example>\r\n"
        ),
        MAIL.replace(b"langer\r\n Betreff", b"langer Betreff"),
        MAIL.replace(b"From:", b"FROM:").replace(b"Message-ID", b"Message-Id"),
    ],
    ids=[
        "line feeds",
        "carriage returns",
        "blank end",
        "mailbox line",
        "marks on the way",
        "folding",
        "capitals",
    ],
)
def test_what_is_added_on_the_way_changes_nothing(same: bytes) -> None:
    assert identity.of(same) == identity.of(MAIL)


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"Guten Tag", b"Guten  Tag"),
        MAIL.replace(b"Betreff", b"Betreff!"),
        MAIL.replace(b"mia@", b"Mia@"),
        MAIL.replace(b"text/plain", b"text/html"),
        MAIL.replace(b"From:", b"From: eva@fremd.example\r\nFrom:"),
        MAIL.replace(b"<a@", b"<A@"),
        MAIL.replace(b"example>\r\n", b"example> \r\n"),
    ],
    ids=["words", "subject", "sender", "kind", "second sender", "id", "blank behind the id"],
)
def test_what_the_sender_wrote_makes_another_mail(other: bytes) -> None:
    assert identity.of(other) != identity.of(MAIL)


def test_a_mail_without_an_id_says_so() -> None:
    assert not identity.of(b"From: a@x\r\nMessage-ID:   \r\n\r\nText").has_message_id
    assert identity.of(MAIL).has_message_id


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_have_an_identity(raw: bytes) -> None:
    assert identity.of(raw) == identity.of(raw)
    assert len(identity.of(b"From: a@x\n" + raw).content_hash) == 64


def test_a_head_without_end_costs_no_more_than_its_length() -> None:
    started = time.process_time()
    identity.of(b"X-A: b\r\n" * 2_000_000)
    assert time.process_time() - started < 2


class Words(HTMLParser):
    """The text a browser would show."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)


PIECES = [*"ab <>&\"'*_#\\`~[]()!-\n\t:/.?=äß", "https://x.example/"]


@given(st.lists(st.sampled_from(PIECES), max_size=80).map("".join))
@settings(max_examples=400, deadline=None)
def test_every_sign_of_a_text_is_shown_and_nothing_else(text: str) -> None:
    words = Words()
    words.feed(clean(plain.to_html(text)))
    words.close()
    assert "".join("".join(words.text).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb\n\n\nc", "<p>a<br>\nb</p>\n<p>c</p>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ("(https://x.example/a).", '<p>(<a href="https://x.example/a">https://x.example/a</a>).</p>'),
        ("", ""),
    ],
)
def test_text_as_html(text: str, html: str) -> None:
    assert plain.to_html(text) == html


@pytest.mark.parametrize("hostile", [" " * 200_000, "\n \n" * 60_000, "https://" * 25_000, ">" * 200_000])
def test_hostile_text_costs_no_more_than_its_length(hostile: str) -> None:
    started = time.process_time()
    plain.to_html(hostile)
    assert time.process_time() - started < 0.5
