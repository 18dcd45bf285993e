"""Cards made of strangers' words (A69)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.integrations.cards import (
    BUILT_BYTES,
    LIMIT_BYTES,
    MOST_BUTTONS,
    MOST_FACTS,
    Button,
    card,
    envelope,
    escape,
)

# What a Teams client may do with a text block at worst: all of CommonMark, strike-through and bare links aside.
CLIENT = MarkdownIt("commonmark", {"html": True}).enable("strikethrough")
FORBIDDEN = {
    "link_open", "image", "em_open", "strong_open", "s_open", "code_inline", "code_block", "fence", "html_inline",
    "html_block", "heading_open", "blockquote_open",
}  # fmt: skip
MARKDOWN = st.text(st.sampled_from(list("ab1 \n\\*_`~[]()<>!#&;:/.\"'-+={}")), max_size=60)


def test_a_card_says_title_facts_text_and_buttons() -> None:
    made = card(
        "Neues Ticket TICKET-7",
        [("Priorität", "Hoch"), ("Team", "IT")],
        "Drucker brennt.\nBitte kommen.",
        [Button("Öffnen", "https://help.example/tickets/7")],
        language="de",
    )
    title, facts, text = made["body"]
    assert (made["type"], made["lang"], title["text"]) == ("AdaptiveCard", "de", "Neues Ticket TICKET-7")
    assert [(f["title"], f["value"]) for f in facts["facts"]] == [("Priorität", "Hoch"), ("Team", "IT")]
    assert text["text"] == "Drucker brennt.\n\nBitte kommen."
    assert made["actions"] == [
        {"type": "Action.OpenUrl", "title": "Öffnen", "url": "https://help.example/tickets/7"}
    ]


def test_a_card_of_a_title_only_has_no_empty_parts() -> None:
    made = card("Nur ein Titel")
    assert [part["type"] for part in made["body"]] == ["TextBlock"]
    assert made["actions"] == []


def test_the_envelope_is_what_a_workflow_takes() -> None:
    message = json.loads(envelope(card("Hallo")))
    assert message["type"] == "message"
    attachment = message["attachments"][0]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["body"][0]["text"] == "Hallo"


def test_a_subject_neither_mentions_everyone_nor_hides_a_link() -> None:
    subject = "<at>everyone</at> [click](http://evil.example)"
    made = card(subject, [(subject, subject)], subject)
    payload = envelope(made).decode()
    assert "<at>" not in payload
    assert "](" not in payload
    assert "entities" not in payload
    for words in _texts(made):
        assert "‹at>everyone‹/at> [click] (http://evil.example)" in words


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("[TICKET-123] Drucker", "[TICKET-123] Drucker"),
        ("R&D, 5 < 6 > 4, C:\\temp, ~3 h", "R&D, 5 < 6 > 4, C:\\temp, ~3 h"),
        ("my_file *now*", "my\\_file \\*now\\*"),
        ("\\\\server\\share", "\\\\\\server\\share"),
        ("~~weg~~", "\\~\\~weg\\~\\~"),
        ("&lt;at&gt;", "& lt;at& gt;"),
        ("![x](http://evil.example/p.png)", "![x] (http://evil.example/p.png)"),
        ("[x][y]\n[y]: http://evil.example", "[x] [y]\n[y] : http://evil.example"),
        ("<http://evil.example>", "‹http://evil.example>"),
        ("# laut\n  > zitiert", "\\# laut\n\\> zitiert"),
        ("- > x\n1. - # y", "- \\> x\n1. - \\# y"),
        ("{{DATE(2026-01-01T00:00:00Z)}}", "{ {DATE(2026-01-01T00:00:00Z)}}"),
    ],
)
def test_only_what_would_change_its_meaning_is_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@settings(max_examples=400, deadline=None)
@given(MARKDOWN)
def test_no_client_finds_markup_in_foreign_text(text: str) -> None:
    for words in _texts(card(text or "x", [(text, text)], text)):
        assert not FORBIDDEN & {token.type for token in _tokens(words)}


def test_control_and_direction_marks_go() -> None:
    made = card(
        "a\u202eb\x00c",
        [("x\r\ny", "\u2066z")],
        "eins\x07\r\nzwei\u200b",
        [Button("o\u202ek", "https://h.example")],
    )
    assert made["body"][0]["text"] == "abc"
    assert made["body"][1]["facts"] == [{"title": "x y", "value": "z"}]
    assert made["body"][2]["text"] == "eins\n\nzwei"
    assert made["actions"][0]["title"] == "ok"


@pytest.mark.parametrize("piece", ["a", "ä", "😀", "*", "\\!", '"', "Wort und Wort. ", "\n"])
def test_a_long_text_is_cut_to_size_and_says_so(piece: str) -> None:
    made = card(
        "T" * 5000, [("n" * 500, piece * 5000)] * MOST_FACTS, "x" + piece * 40_000 + "x", cut_note="(gekürzt)"
    )
    assert len(envelope(made)) <= BUILT_BYTES
    assert made["body"][2]["text"].endswith("\n\n(gekürzt)") or piece == "\n"


def test_as_much_of_a_long_text_as_fits_is_kept() -> None:
    made = card("T", text="w" * 40_000)
    assert BUILT_BYTES - 10 <= len(envelope(made)) <= BUILT_BYTES


def test_the_largest_head_leaves_room_for_text() -> None:
    worst = "😀" * 400
    buttons = [Button(worst, "https://help.example/tickets/12345")] * MOST_BUTTONS
    made = card(worst, [(worst, worst)] * MOST_FACTS, "kurz", buttons)
    assert len(envelope(made)) <= BUILT_BYTES < LIMIT_BYTES
    assert made["body"][2]["text"] == "kurz"


def test_half_characters_do_not_break_the_card() -> None:
    assert json.loads(envelope(card("kaputt \ud83d")))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/tickets/1", "file:///etc/passwd", ""]
)
def test_a_button_opens_web_pages_only(url: str) -> None:
    with pytest.raises(ValueError, match="web page"):
        card("T", buttons=[Button("los", url)])


def test_more_than_teams_shows_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="too many"):
        card("T", [("a", "b")] * (MOST_FACTS + 1))
    with pytest.raises(ValueError, match="too many"):
        card("T", buttons=[Button("a", "https://h.example")] * (MOST_BUTTONS + 1))


def _texts(made: dict[str, Any]) -> list[str]:
    found = [made["fallbackText"]]
    for part in made["body"]:
        found += [part["text"]] if "text" in part else []
        for fact in part.get("facts", []):
            found += [fact["title"], fact["value"]]
    return found


def _tokens(text: str) -> list[Any]:
    tokens: list[Any] = []
    for token in CLIENT.parse(text):
        tokens += [token, *(token.children or [])]
    return tokens
