"""The little language of mails: what is a placeholder, what becomes of values, and that nothing is ever run."""

from __future__ import annotations

import html
import re
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import UNSEEN, one_line
from app.notifications.placeholders import PLACEHOLDER, Piece, block_of, fill, names, pieces, words
from tests.unit.mailroom.work_counting import assert_linear

pytestmark = pytest.mark.sqlite_only
VALUES = {"title": "Ein *Titel*", "link": "http://localhost/x?a=1&b=2", "empty": "", "name": "<b>Mia</b>"}
TEXTS = st.text(alphabet=st.sampled_from(list("{}ab title\n*_<>&[]()\"'`#-0")), max_size=60)
TAG = re.compile(r"<[^>]*>")


def says(name: str) -> str | None:
    return VALUES.get(name)


def test_names_are_found_in_their_order_and_once() -> None:
    assert names("{b} {a}{b} {} { x } {{c}} {a\n}") == ["b", "a", "", " x ", "c"]


@pytest.mark.parametrize(
    ("line", "block"),
    [("{message}", "message"), ("  {message} ", "message"), ("a {message}", ""), ("{a}{b}", ""), ("", "")],
)
def test_a_block_has_its_line_to_itself(line: str, block: str) -> None:
    assert block_of(line) == block


def test_what_nobody_knows_stays_as_it_was_typed() -> None:
    assert fill("{{7*7}} {config} {0} {title.__class__} {title", says) == (
        "{{7*7}} {config} {0} {title.__class__} {title"
    )


def test_text_between_blocks_keeps_its_paragraphs() -> None:
    made = pieces("Eins\nzwei\n\ndrei\n{message}\n\n{title}\n{unknown}", says, frozenset({"message"}))
    assert [(one.block, one.text) for one in made] == [
        ("", "Eins\nzwei\n\ndrei"),
        ("message", ""),
        ("", "Ein *Titel*\n{unknown}"),
    ]
    assert "zwei</p>\n<p>drei" in made[0].html


def test_values_are_neither_markdown_nor_html() -> None:
    made = words("**{title}** {name} `{name}`", says)
    assert made.text == "**Ein *Titel*** <b>Mia</b> `<b>Mia</b>`"
    assert made.html == (
        "<p><strong>Ein *Titel*</strong> &lt;b&gt;Mia&lt;/b&gt; <code>&lt;b&gt;Mia&lt;/b&gt;</code></p>"
    )


def test_an_address_is_a_link_and_may_be_where_one_leads() -> None:
    there = 'href="http://localhost/x?a=1&amp;b=2"'
    assert there in words("Hier: {link}", says).html
    assert f"<a {there}" in words("[Anfrage]({link})", says).html
    assert words("[Anfrage]({link})", says).html.count("<a ") == 1


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "https://boese.example", '" onmouseover="x', "data:text/html,x"]
)
@pytest.mark.parametrize("text", ["[x]({title})", "<https://{title}/>", "[x][1]\n\n[1]: {title}"])
def test_a_value_never_says_where_a_link_leads(value: str, text: str) -> None:
    made = words(text, lambda name: value if name == "title" else None)
    for found in re.findall(r'href="([^"]*)"', made.html):
        assert "boese" not in found and "javascript" not in found and "data:" not in found
    assert not re.search(r"<[^>]*onmouseover", made.html)


def test_a_line_of_empty_placeholders_is_left_out() -> None:
    made = words("Telefon: {empty}\n{title} {empty}\nSchluss", says)
    assert made.text == "Ein *Titel* \nSchluss"
    assert words("Telefon: {empty}", says) == Piece()


def test_raw_html_and_scripts_of_the_text_itself_stay_text() -> None:
    made = words("<script>x</script> <img src=x onerror=y> [a](javascript:x)", says)
    assert not re.search(r"<(script|img)|href=", made.html)


@given(TEXTS, st.dictionaries(st.sampled_from(["title", "a", "b", ""]), TEXTS))
def test_each_placeholder_is_filled_in_exactly_once(text: str, values: dict[str, str]) -> None:
    expected, end = "", 0
    for found in PLACEHOLDER.finditer(text):
        value = values.get(found[1])
        expected += text[end : found.start()] + (found[0] if value is None else one_line(value))
        end = found.end()
    assert fill(text, values.get) == expected + text[end:]


@given(TEXTS, st.dictionaries(st.sampled_from(["title", "a", "b"]), st.text(max_size=30)))
def test_html_has_no_tag_that_a_value_brought(text: str, values: dict[str, str]) -> None:
    without = words(text, lambda name: None if name not in values else "x").html
    made = words(text, values.get).html
    if all(one_line(value) for value in values.values()):
        assert TAG.findall(made) == TAG.findall(without)


@given(st.text(max_size=40))
def test_a_value_is_read_as_it_was_written(value: str) -> None:
    shown = html.unescape(TAG.sub("", words("Vorher {title} nachher", {"title": value}.get).html))
    wanted = one_line(value)
    expected = f"Vorher {wanted} nachher" if wanted else ""
    assert shown.replace("\xa0", " ") == expected.replace("\xa0", " ")
    assert not UNSEEN.search(shown)


@pytest.mark.parametrize(
    ("text", "times"),
    [("{", 4000), ("{title}", 550), ("{a", 2000), ("[", 4000), ("> ", 2000), ("*{title}_", 400)],
)
def test_hostile_words_take_no_time(text: str, times: int) -> None:
    assert_linear(partial(words, says=says), text * times, text * times * 2)
    assert_linear(partial(pieces, says=says, blocks=frozenset({"title"})), text * times, text * times * 2)
