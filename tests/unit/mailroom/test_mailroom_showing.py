"""The HTML of a mail as it may be shown: nothing runs, fetches or leads astray, and what the mail looks like stays."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_samples import MESSAGES, raw

from app.mailroom.markup import showing
from app.mailroom.parsing import message
from tests.security.hostile import PROBE, RUNNING, SPYING

pytestmark = pytest.mark.sqlite_only
PICTURES = {"logo@firma": "/tickets/files/7"}
ALLOWED = {name for names in showing.ATTRIBUTES.values() for name in names} | {"rel", "target"}
LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)


class Reader(HTMLParser):
    """The tags of a text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def cleaned(source: str, *, remote: bool = False) -> str:
    return showing.clean(source, PICTURES, remote=remote).html


def assert_tame(html: str, *, remote: bool = False) -> None:
    """What the frame gets, whatever came in."""
    for tag, attributes in Reader(html).found:
        assert tag in showing.TAGS
        assert set(attributes) <= ALLOWED
        assert not re.search(r"url\s*\(|expression|\\|@import|position|image\(", attributes.get("style", ""))
        assert LINK.match(attributes.get("href", "tel:"))
        if tag == "a":
            assert (attributes["rel"], attributes["target"]) == ("noopener noreferrer", "_blank")
        source = attributes.get("src", "/tickets/files/7")
        assert source == "/tickets/files/7" or (remote and re.match(r"(?:https?:)?//", source, re.IGNORECASE))


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("text", [*RUNNING, *SPYING])
def test_a19_nothing_hostile_is_left(text: str, remote: bool) -> None:
    html = cleaned(text, remote=remote)
    assert_tame(html, remote=remote)
    assert not re.search(r"<[^>]*(?:\son\w+\s*=|javascript:|srcdoc|hx-)", html, re.IGNORECASE)


@pytest.mark.parametrize("text", SPYING)
def test_a20_nothing_is_fetched_from_elsewhere(text: str) -> None:
    assert not re.search(r"<[^>]*track\.example", cleaned(text))


@pytest.mark.parametrize(
    ("address", "stays"),
    [
        ("https://gut.example/seite?a=1&amp;b=2", "https://gut.example/seite?a=1&b=2"),
        (" HTTP://gut.example", "HTTP://gut.example"),
        ("mailto:hilfe@gut.example", "mailto:hilfe@gut.example"),
        ("tel:+492215550142", "tel:+492215550142"),
        ("javascript:alert(1)", ""),
        ("java&#10;script:alert(1)", ""),
        ("data:text/html,x", ""),
        ("cid:logo@firma", ""),
        ("ms-word:ofe|u|http://evil.example/x.docx", ""),
        ("file://host/share", ""),
        ("\\\\host\\share", ""),
        ("//evil.example/x", ""),
        ("/tickets/5/delete", ""),
        ("#anchor", ""),
        ("vbscript:x", ""),
    ],
)
def test_a21_links_lead_only_where_links_may_lead(address: str, stays: str) -> None:
    (link,) = Reader(cleaned(f'<a href="{address}" target="_top" rel="opener" onclick="x()">Seite</a>')).found
    wanted = {"rel": "noopener noreferrer", "target": "_blank"} | ({"href": stays} if stays else {})
    assert link == ("a", wanted)


@pytest.mark.parametrize(
    "address", ["cid:logo@firma", "CID:Logo@Firma", "cid:logo%40firma", " cid:&lt;logo@firma&gt;"]
)
def test_a_picture_of_the_mail_gets_our_address(address: str) -> None:
    assert cleaned(f'<img src="{address}" alt="Logo">') == '<img src="/tickets/files/7" alt="Logo">'


@pytest.mark.parametrize(
    "address",
    ["cid:other@firma", "data:image/svg+xml,x", "/tickets/files/9", "file:///etc/passwd", "x.png", ""],
)
def test_any_other_picture_is_left_away(address: str) -> None:
    found = showing.clean(f'<img src="{address}" alt="Bild">', PICTURES, remote=True)
    assert (found.html, found.left_out) == ('<img alt="Bild">', 0)


@pytest.mark.parametrize(
    "address", ["https://x.example/a", "http://x.example/a", "//x.example/a", " HTTPS://x.example/a"]
)
def test_pictures_from_the_internet_come_when_they_are_asked_for(address: str) -> None:
    source = f'<p><img src="{address}"></p><img src="cid:logo@firma"><img srcset="https://x.example/b 2x">'
    without, within = (showing.clean(source, PICTURES, remote=remote) for remote in (False, True))
    assert (without.left_out, within.left_out) == (1, 0)
    assert "x.example" not in without.html
    assert f'<img src="{address.strip()}">' in within.html
    assert "x.example/b" not in within.html


@pytest.mark.parametrize(
    ("style", "stays"),
    [
        ("color:red; POSITION:fixed; top:0; z-index:9", "color:red"),
        ("FONT-SIZE: 11pt;FONT-FAMILY:Calibri", "font-size:11pt;font-family:Calibri"),
        ("background:#fff url(https://t.example/a);color:blue", "color:blue"),
        ("background:#fff", "background:#fff"),
        ("color:rgb(1,2,3)", "color:rgb(1, 2, 3)"),
        ("width:expression(alert(1));width:10px", "width:10px"),
        ("color:\\75rl(x)", ""),
        ("background:image-set('https://t.example/a' 1x)", ""),
        ("background:/**/url(x)", ""),
        ("-moz-binding:url(x);behavior:url(x);content:'x'", ""),
        ("--x:url(https://t.example);color:var(--x)", ""),
        ("width:calc(1px);margin:0 auto", "margin:0 auto"),
    ],
)
def test_styles_stay_as_far_as_they_only_dress(style: str, stays: str) -> None:
    ((_tag, attributes),) = Reader(cleaned(f'<p style="{style}">x</p>')).found
    assert attributes.get("style", "") == stays


def test_tables_fonts_and_lists_of_a_newsletter_stay() -> None:
    source = (
        '<center><table width="600" cellpadding="4" bgcolor="#eeeeee"><tr><td colspan="2" align="right">'
        '<font color="#333333" face="Arial" size="2">Guten Tag</font></td></tr></table></center>'
        '<ol start="3"><li>c</li></ol>'
    )
    assert cleaned(source).replace("<tbody>", "").replace("</tbody>", "") == source


@pytest.mark.parametrize(
    "source",
    [
        "<title>Betreff</title>da",
        "<style>p{color:red}</style>da",
        "<xml><o:AllowPNG/>96</xml>da",
        "<!--[if mso]>Outlook<![endif]-->da",
        "<select><option>eins</option></select>da",
        "<svg><text>gemalt</text></svg>da",
    ],
)
def test_what_is_no_text_is_no_text(source: str) -> None:
    assert cleaned(source) == "da"


def test_the_document_carries_the_text_of_a_mail_without_html() -> None:
    page = showing.document(None, "1 < 2 & <b>\n\nEnde", language="de", title='</title><script>"')
    assert "<pre>1 &lt; 2 &amp; &lt;b&gt;\n\nEnde</pre>" in page
    assert "<title>&lt;/title&gt;&lt;script&gt;&quot;</title>" in page
    assert '<html lang="de">' in page
    assert "<pre>x</pre>" in showing.document(" \n", "x", language="de", title="")


def test_html_stands_in_the_document_as_it_was_cleaned() -> None:
    assert "<body><p>x</p></body>" in showing.document("<p>x</p>", "y", language="en", title="")


def test_every_sample_comes_out_tame_and_keeps_its_words() -> None:
    words_lost = {}
    for name in MESSAGES:
        source = message.parse(raw(name)).html
        if source:
            html = cleaned(source)
            assert_tame(html)
            words_lost[name] = len(source) > 200 and not re.sub(r"<[^>]*>", "", html).strip()
    assert len(words_lost) > 10
    assert not any(words_lost.values())


PIECES = [
    "<", ">", '"', "'", "=", "/", "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&#60;", "<img src=", "cid:logo@firma",
    "//t.example", "https://t.example", "javascript:", "<style>", "</style>", "<svg>", "<math>", "<table>",
    "<td style=", "url(", "<a href=", "onerror=", PROBE, "<template>", "</p>", "<p style='color:", "\\", "\x00", "ü",
    "<font face=", "<noscript>", " ",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=30), st.booleans())
def test_whatever_comes_in_comes_out_tame(pieces: list[str], remote: bool) -> None:
    html = cleaned("".join(pieces), remote=remote)
    assert_tame(html, remote=remote)
    again = cleaned(html, remote=remote)
    assert_tame(again, remote=remote)
