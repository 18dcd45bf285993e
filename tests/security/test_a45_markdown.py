"""A45: Markdown of strangers becomes harmless HTML, and rendering it costs about as much as reading it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import text
from app.core.text import MAX_DEPTH, PROSE_LENGTH, PROSE_LINES, SCHEMES, TAGS, clean, render
from tests.security.hostile import LEADING, PROBE, RUNNING, SPYING
from tests.support.world import World
from tests.unit.mailroom.work_counting import assert_linear

pytestmark = pytest.mark.sqlite_only
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
}


class Seen(HTMLParser):
    """The tags and links of a piece of HTML, and how deep it goes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.strange: list[str] = []
        self.said = ""
        self.quotes = self.deepest = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.quotes += tag == "blockquote"
        self.deepest = max(self.deepest, self.quotes)
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, set()):
                self.strange.append(f"{tag} {name}")
            if name == "href":
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.quotes -= tag == "blockquote"

    def handle_data(self, data: str) -> None:
        self.said += data

    def handle_comment(self, data: str) -> None:
        self.strange.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def seen(markdown: str) -> Seen:
    """What a reader's browser gets: rendered when written, cleaned when shown."""
    return Seen(clean(render(markdown)))


def assert_harmless(page: Seen) -> None:
    assert set(page.tags) <= TAGS
    assert page.strange == []
    assert {scheme_of(link) for link in page.links} <= {"", *SCHEMES}


def scheme_of(link: str) -> str:
    """The scheme a browser finds in a link (URL standard: blanks around it and line ends inside do not count)."""
    found = SCHEME.match(re.sub("[\t\n\r]", "", link).strip("".join(map(chr, range(33)))))
    return found[1].lower() if found else ""


@pytest.mark.parametrize("markup", RUNNING + SPYING + LEADING)
def test_a45_nothing_hostile_is_left_of_what_was_typed(markup: str) -> None:
    assert_harmless(seen(markup))
    assert_harmless(seen(f"> - {markup}"))
    assert_harmless(seen(f"|a|\n|-|\n|{markup}|"))


@pytest.mark.parametrize("markup", RUNNING)
def test_a45_the_renderer_alone_lets_no_markup_by(markup: str) -> None:
    """The cleaner is the second door; the first is closed as well."""
    page = Seen(render(markup))
    assert set(page.tags) <= TAGS
    assert page.strange in ([], ["code class"])  # the language of a block of code; the cleaner takes it away


@pytest.mark.parametrize(
    "tag", ["<b>", "<script>", "<img src=x>", "<!-- x -->", "<?php x ?>", "<![CDATA[x]]>"]
)
def test_a45_raw_html_is_shown_as_it_was_typed(tag: str) -> None:
    assert tag in seen(f"Vorher {tag} nachher").said
    assert tag in seen(f"{tag}\nnachher").said


TARGETS = [
    f"javascript:{PROBE}",
    f"JaVaScRiPt:{PROBE}",
    f"&#106;avascript:{PROBE}",
    f"&#x6A;avascript&colon;{PROBE}",
    f"java&Tab;script:{PROBE}",
    f"java&NewLine;script:{PROBE}",
    f"&#1;javascript:{PROBE}",
    f"\\javascript:{PROBE}",
    f"javascript%3A{PROBE}",
    f"vbscript:{PROBE}",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "data:image/png;base64,AAAA",
    "file:///etc/passwd",
    "ms-word:ofe|u|http://evil.example/x.docx",
    "blob:https://evil.example/1",
    "view-source:javascript:alert(1)",
]
WRITTEN: dict[str, Callable[[str], str]] = {
    "link": lambda to: f"[klick]({to})",
    "link in brackets": lambda to: f"[klick](<{to}>)",
    "link with title": lambda to: f'[klick]({to} "Titel")',
    "reference": lambda to: f"[klick][1]\n\n[1]: {to}",
    "reference in brackets": lambda to: f"[klick][1]\n\n[1]: <{to}>",
    "shortest reference": lambda to: f"[klick]\n\n[klick]: {to} 'Titel'",
    "autolink": lambda to: f"<{to}>",
    "picture": lambda to: f"![klick]({to})",
    "picture in a link": lambda to: f"[![klick]({to})]({to})",
    "heading": lambda to: f"# [klick]({to})",
    "quote": lambda to: f"> - [klick]({to})",
}


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize("target", TARGETS)
def test_a45_no_way_to_write_a_link_leads_anywhere_dangerous(way: str, target: str) -> None:
    page = seen(WRITTEN[way](target))
    assert_harmless(page)
    assert {scheme_of(link) for link in page.links} <= {
        ""
    }  # at most a path of our own, where there is nothing
    assert not any(link.startswith("//") for link in page.links)


def test_a45_a_scheme_is_found_as_a_browser_finds_it() -> None:
    for link in ("javascript:x", " JAVASCRIPT:x", "\x01java\tscr\nipt:x"):
        assert scheme_of(link) == "javascript"
    for link in ("%6Aavascript:x", "/javascript:x", "&#1;javascript:x", "java%09script:x", "seite"):
        assert scheme_of(link) == ""


@pytest.mark.parametrize("way", [way for way in WRITTEN if "picture" not in way])
@pytest.mark.parametrize(
    "target", ["https://gut.example/seite?a=1", "mailto:hilfe@gut.example", "tel:+49221"]
)
def test_a45_honest_links_arrive(way: str, target: str) -> None:
    page = seen(WRITTEN[way](target))
    assert page.links == [target]
    assert 'rel="noopener noreferrer nofollow"' in clean(render(WRITTEN[way](target)))


def test_a45_a_picture_is_never_fetched_and_carries_no_handler() -> None:
    for markup in ('![](x "onerror=alert(1)")', "![x](http://track.example/p.gif)", '![x][1]\n\n[1]: x "y"'):
        assert not {"img", "picture", "source"} & set(seen(markup).tags)
    assert seen("![Bild](http://track.example/p.gif)").said.strip().startswith("!")


# Depth and length

DEEP = 10_000


@pytest.mark.parametrize(
    "markup",
    [">" * DEEP + " tief", "> " * DEEP + "tief", "- " * DEEP + "tief", "1. " * DEEP + "tief", "> - " * DEEP + "tief"],
)  # fmt: skip
def test_a45_nesting_ends_somewhere_and_loses_no_word(markup: str) -> None:
    page = seen(markup)
    assert_harmless(page)
    assert "tief" in page.said
    assert page.deepest <= MAX_DEPTH
    assert len(page.tags) <= 3 * MAX_DEPTH


@pytest.mark.parametrize(
    "sign", ["[", "![", "*", "_", "`", "~", "<", "(", "\\", "&", "*_", "[a](", "[]", "~~a"]
)
def test_a45_what_is_opened_ten_thousand_times_is_only_text(sign: str) -> None:
    page = seen(f"{sign * DEEP}\ntief")
    assert_harmless(page)
    assert "tief" in page.said


@pytest.mark.parametrize("sign", ["> ", "- ", "1. ", "> - "])
def test_a45_every_depth_is_shown(sign: str) -> None:
    for depth in range(1, 60):
        assert "tief" in seen(sign * depth + "tief").said, depth
        assert "tief" in seen(sign * depth + "**tief** [x](https://gut.example)").said, depth


def test_a45_deep_nesting_comes_in_by_the_form_and_is_shown(world: World) -> None:
    mia = world.browser(world.customer())
    mia.get("/portal/new")
    sent = {"title": "Tief", "description": ">" * DEEP + " tief", "impact": "low"}
    shown = mia.get(mia.post("/portal/new", sent).headers["Location"])
    assert shown.status_code == 200
    assert "tief" in shown.get_data(as_text=True)


PATTERNS: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "[" * n,
    "pictures": lambda n: "![" * (n // 2),
    "references": lambda n: "[a][b" * (n // 5),
    "links": lambda n: "[a](" * (n // 4),
    "emphasis": lambda n: "*a_ " * (n // 4),
    "strong": lambda n: "a**b" * (n // 4),
    "stars and bars": lambda n: "*_" * (n // 2),
    "strikes": lambda n: "~~a" * (n // 3),
    "ticks": lambda n: "`a``b" * (n // 5),
    "angles": lambda n: "<a:" * (n // 3),
    "comments": lambda n: "<!--" * (n // 4),
    "sections": lambda n: "<![CDATA[" * (n // 9),
    "quotes": lambda n: ">" * n,
    "lazy quotes": lambda n: "> " * 40 + "\n" + "a\n" * (n // 20),
    "lists": lambda n: "- a\n" * (n // 20),
    "rows": lambda n: "|a|b|\n|-|-|\n" + "|\n" * (n // 20),
    "columns": lambda n: "a|" * (n // 2) + "\n" + "-|" * (n // 2),
    "definitions": lambda n: '[a]: b "' + "c\n" * (n // 20),
    "entities": lambda n: "&a" * (n // 2),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_a45_twice_the_text_is_twice_the_work(name: str) -> None:
    assert_linear(render, PATTERNS[name](3_000), PATTERNS[name](6_000))


@pytest.mark.parametrize(
    "markup", ["**fett** " * 5_000, "**fett**\n" * PROSE_LINES], ids=["long", "many lines"]
)
def test_a45_what_is_too_long_for_prose_is_shown_as_it_was_typed(markup: str) -> None:
    page = seen(f"{markup}<script>{PROBE}</script> [x](javascript:{PROBE}) https://gut.example/a")
    assert_harmless(page)
    assert "strong" not in page.tags and "**fett**" in page.said
    assert f"<script>{PROBE}</script>" in page.said
    assert page.links == ["https://gut.example/a"]


def test_a45_what_is_not_too_long_is_prose() -> None:
    filled = "**fett** " + "a" * (PROSE_LENGTH - 9)
    assert "strong" in seen(filled).tags
    assert "strong" in seen("**fett**\n" * (PROSE_LINES - 1)).tags


def test_a45_the_longest_texts_never_reach_the_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits hold for every text there is room for, so that none of them takes long."""
    asked: list[str] = []
    monkeypatch.setattr(text._markdown, "parse", lambda one: asked.append(one) or [])
    for pattern in PATTERNS.values():
        render(pattern(200_000))
        render(pattern(200_000).replace(" ", "\n"))
    assert all(len(one) <= PROSE_LENGTH and one.count("\n") < PROSE_LINES for one in asked)


SIGNS = st.sampled_from(
    ["[", "]", "(", ")", "<", ">", "!", "*", "_", "`", "~", "#", "-", "+", "1.", "|", "\\", "&", ";", ":", '"', "'",
     "\n", "\n\n", " ", "    ", "\t", "a", "javascript:", "data:", "https://gut.example", "onerror=", "<img src=x ",
     "<script>", "</script>", "&#106;", "&colon;", "[1]: ", "![", "](", "<a href="]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(SIGNS, max_size=60))
def test_a45_no_mixture_of_signs_becomes_anything_else(signs: list[str]) -> None:
    assert_harmless(seen("".join(signs)))
