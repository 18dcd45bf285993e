"""HTML mail as plain text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from work_counting import assert_linear

from app.mailroom.markup import quotes, text


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<div>Hallo,</div><div><br></div><div>es geht.<br></div>", "Hallo,\n\nes geht."),
        ("<p>Eins</p><p>Zwei</p>", "Eins\n\nZwei"),
        (
            '<p class="MsoNormal">Eins</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>Zwei</p>',
            "Eins\n\nZwei",
        ),
        ('<p class="MsoNormal">Eins<o:p></o:p></p><p class=MsoNormal>Zwei</p>', "Eins\nZwei"),
        ("a<b>b</b> c  \n d", "ab c d"),
        ("<ul><li>eins<li>zwei<ul><li>tief</ul></ul>", "- eins\n- zwei\n  - tief"),
        ("<ol><li>eins</li><li>zwei</li></ol>", "1. eins\n2. zwei"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"),
        ("<pre>a\n  b</pre>c", "a\n  b\nc"),
        ("<blockquote>alt<blockquote>älter</blockquote></blockquote>neu", "> alt\n> > älter\nneu"),
        ('<blockquote style="margin:0 0 0 40px;border:none;padding:0">eingerückt</blockquote>', "eingerückt"),
        ('<blockquote style="border:none;border-left:solid #ccc 1pt">alt</blockquote>', "> alt"),
        ("a<hr>b", "a\n" + "_" * 32 + "\nb"),
        ('<a href="https://x.example/a">hier</a> klicken', "hier <https://x.example/a> klicken"),
        ('<a href="https://x.example/a">https://x.example/a</a>', "https://x.example/a"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:ada@x.example?subject=y">Ada</a>', "Ada <ada@x.example>"),
        ('<a href="javascript:alert(1)">klick</a>', "klick"),
        ('<a href="data:text/html,x">klick</a>', "klick"),
        ('<img src="cid:1" alt="Logo"> <img src=x>', "[Logo]"),
        ("<style>p{}</style><script>alert('<p>')</script><title>t</title>Text<!-- weg <p> -->", "Text"),
        ('<div style="display:none">Vorschau</div>Text', "Text"),
        ('<div style="display:none">alles, weil niemand schließt', "alles, weil niemand schließt"),
        ("<![if !mso]>Text<![endif]><!--[if mso]>weg<![endif]-->", "Text"),
        ("5 < 6 &amp; 7 &gt; 3 &auml; &#8364; &#x1F600; &unbekannt;", "5 < 6 & 7 > 3 ä € 😀 &unbekannt;"),
        ('<p title="a>b">Text</p>', "Text"),
        ("<p title='it's>Text</p> <b>fett</b>", "Text\n\nfett"),
        ("&#99999999999999999999; &#xD800;", "\ufffd \ufffd"),
        ("", ""),
        ("nur Text", "nur Text"),
        ("<p>offen", "offen"),
        ("<p", "<p"),
        ("<style>nie zu", "nie zu"),
        ("a<!-- nie zu", "a nie zu"),
    ],
)
def test_html_becomes_the_text_a_person_would_have_typed(html: str, plain: str) -> None:
    assert text.convert(html) == plain


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab <>\"'=/!-&;#x\n\xa0"), max_size=80))
def test_any_html_becomes_text(html: str) -> None:
    text.convert(html)
    quotes.first_words(html)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.from_regex(r"[a-zäöü]{1,8}", fullmatch=True), min_size=1, max_size=20))
def test_no_visible_word_is_lost(words: list[str]) -> None:
    html = "".join(f"<p>{word}</p><blockquote><b>{word}</b><br>" for word in words)
    assert text.convert(html).replace(">", " ").split() == [word for word in words for _ in range(2)]


@pytest.mark.parametrize(
    "piece",
    ['<a href="', "<a b='\">", "<div style='display:none'>", "<p>", "<ul><li>x", "<!x", "<title>x</title>"],
)
def test_the_work_grows_like_the_html(piece: str) -> None:
    assert_linear(text.convert, piece * 2_000, piece * 4_000)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ('a<div class="gmail_quote">Am Do schrieb Ada</div>', ["am", "do", "schrieb", "ada"]),
        ('a<div class="gmail_quote gmail_quote_container">Am Do</div>', ["am", "do"]),
        ("a<div class=moz-cite-prefix>Am Do</div>", ["am", "do"]),
        ('a<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">Von: Ada</div>', ["von", "ada"]),
        ('a<div id="x_divRplyFwdMsg">Von: Ada</div>', ["von", "ada"]),
        ('a<div name="quote"><b>Gesendet:</b> Montag</div>', ["gesendet", "montag"]),
        ('a<p id="reply-intro">Am Do</p>', ["am", "do"]),
        ('a<blockquote type="cite">alt</blockquote>', ["alt"]),
        ("a<blockquote>nur eingerückt</blockquote>", []),
        ("a quote of something", []),
    ],
)
def test_the_quote_containers_of_mail_programs_are_known(html: str, words: list[str]) -> None:
    assert quotes.first_words(html) == words
