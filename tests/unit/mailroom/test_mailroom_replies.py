"""New words apart from quotes and signatures, in the forms mail programs write, with no word lost."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_samples import collapsed
from reply_forms import MARKED_FORMS, ORDERS, QUOTED, SHOWN_WHOLE, UNMARKED, UNMARKED_FORMS, Form
from work_counting import assert_linear

from app.mailroom import replies
from app.mailroom.replies import lines


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


@pytest.mark.parametrize("form", MARKED_FORMS, ids=lambda form: form.name)
def test_a_marked_quote_is_folded_with_its_attribution(form: Form) -> None:
    split = replies.split(form.text)
    assert collapsed(split.new) == collapsed(form.new)
    assert collapsed(QUOTED) in collapsed("\n".join(split.folded))


@pytest.mark.parametrize("form", UNMARKED_FORMS, ids=lambda form: form.name)
def test_an_unmarked_quote_is_folded_with_its_header(form: Form) -> None:
    split = replies.split(form.text)
    assert collapsed(split.new) == collapsed(form.new)
    assert collapsed(UNMARKED) in collapsed("\n".join(split.folded))


@pytest.mark.parametrize("form", UNMARKED_FORMS, ids=lambda form: form.name)
def test_below_a_header_a_marked_quote_is_folded_too(form: Form) -> None:
    split = replies.split(form.text.replace(UNMARKED, QUOTED))
    assert collapsed(split.new) == collapsed(form.new)


@pytest.mark.parametrize("form", ORDERS, ids=lambda form: form.name)
def test_the_order_of_answer_quote_and_signature_does_not_matter(form: Form) -> None:
    assert collapsed(replies.split(form.text).new) == collapsed(form.new)


@pytest.mark.parametrize("name", SHOWN_WHOLE)
def test_what_could_be_new_is_shown(name: str) -> None:
    split = replies.split(SHOWN_WHOLE[name])
    assert split.folded == []
    assert collapsed(split.new) == collapsed(SHOWN_WHOLE[name])


@pytest.mark.parametrize(
    "text",
    [
        *(form.text for form in [*MARKED_FORMS, *UNMARKED_FORMS, *ORDERS]),
        *SHOWN_WHOLE.values(),
    ],
)
def test_no_word_is_lost(text: str) -> None:
    split = replies.split(text)
    assert _words(split.new) + _words("\n".join(split.folded)) == _words(text)
    assert split.whole == text


LINES = st.sampled_from(
    [
        "", " ", "> zitiert", ">> doppelt", "Hallo,", "ja", "-- ", "--", "Gruß", "Von meinem iPhone gesendet", "_" * 32,
        "Am 07.03.24 um 18:05 schrieb Service-Desk:", "On Mon, Mar 4, 2024 at 9:12 AM Ada <ada@x.example> wrote:",
        "> Am 07.03.24 um 18:05 schrieb Ada:", "Ada schrieb:", "-----Ursprüngliche Nachricht-----", "schrieb:",
        "Von: Ada <ada@x.example>", "Gesendet: Montag, 4. März 2024 09:12", "An: Petra", "Betreff: Frage", "From: Ada",
        "danke Am 4. März 2024 um 18:05 schrieb Ada <ada@x.example>:", "<ada@x.example>:", "meine Antworten in rot",
        "---------- Forwarded message ---------", "Le jeu. 7 mars 2024 à 18:05, Ada <ada@x.example> a", "écrit :",
        replies.REPLY_MARKER,
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=25))
def test_every_word_is_either_new_or_folded(parts: list[str]) -> None:
    text = "\n".join(parts)
    split = replies.split(text)
    assert _words(split.new) + _words("\n".join(split.folded)) == _words(text)
    assert bool(split.new.strip()) == bool(text.strip())


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=12), st.text(max_size=300))
def test_html_beside_the_text_loses_no_word(parts: list[str], html: str) -> None:
    text = "\n".join(parts)
    split = replies.split(text, f'<div class="gmail_quote">{text}{html}</div>')
    assert _words(split.new) + _words("\n".join(split.folded)) == _words(text)


def test_a_text_beyond_what_is_examined_is_kept() -> None:
    filler = "Zeile mit Text\n" * 20_000
    plain = replies.split(filler + "Ende")
    assert plain.new.endswith("Ende")
    quoted = replies.split("Neu\n\n-----Original Message-----\n" + filler + "Ende")
    assert quoted.new == "Neu"
    assert quoted.folded[-1].endswith("Ende")


def test_a_marked_quote_longer_than_what_is_examined_stays_one_quote() -> None:
    quote = "Am 04.03.2026 um 10:00 schrieb Mia <mia@kunde.example>:\n" + "> Zeile\n" * 2 * replies.MAX_LINES
    split = replies.split(f"Neu\n\n{quote}")
    assert split.new == "Neu"
    assert [piece.count("> Zeile") for piece in split.folded] == [2 * replies.MAX_LINES]
    below = replies.split(f"Neu\n\n{quote}Unten auch")
    assert below.new.startswith("Neu") and below.new.endswith("Unten auch")


def test_a_forward_known_by_its_subject_is_shown_whole() -> None:
    form = next(form for form in UNMARKED_FORMS if form.name == "outlook de")
    assert replies.split(form.text, forwarded=True).folded == []


def test_a_quote_in_an_unknown_language_is_found_by_the_html() -> None:
    text = "Es geht.\n\nKubu kakali 2024 ada kala service desk\nnda bulu fufu"
    html = (
        '<div>Es geht.</div><div class="gmail_quote"><div class="gmail_attr">'
        "Kubu kakali 2024 ada kala service desk</div><blockquote>nda bulu fufu</blockquote></div>"
    )
    assert replies.split(text).folded == []
    assert replies.split(text, html).new == "Es geht."


HOSTILE = {
    "On": lambda n: "On " * n,
    "On on lines": lambda n: "On a\n" * n,
    "blanks": lambda n: " " * n,
    "28 a": lambda n: "a" * n + "!",
    "colons": lambda n: "On a:\n" * n,
    "wrote": lambda n: "wrote:\n" * n,
    "labels": lambda n: "From:\n" * n,
    "half blocks": lambda n: "Von: a\nb\nb\n" * n,
    "attributions": lambda n: "Am 1.1.24 um 10:00 schrieb Ab Cd\n" * n,
    "quotes in turn": lambda n: "> a\nb\n" * n,
    "signatures": lambda n: "--\n" * n,
    "phones": lambda n: "Von meinem iPhone gesendet\n" * n,
    "brackets": lambda n: "<a@b.cc> 2024:\n" * n,
    "markers": lambda n: "##- \n" * n,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a17_the_work_grows_like_the_text(name: str) -> None:
    hostile = HOSTILE[name]
    assert_linear(replies.split, hostile(3_000), hostile(6_000))


def test_a17_no_pattern_sees_a_long_line() -> None:
    (line,) = lines.read("On " * 20_000)
    assert len(line.bare) <= 601


def test_our_marker_ends_what_is_new() -> None:
    split = replies.split(f"Danke\n\n{replies.REPLY_MARKER}\n\nIhr Ticket wurde beantwortet.")
    assert split.new == "Danke"
