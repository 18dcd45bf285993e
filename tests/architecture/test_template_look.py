"""Templates carry no style and no script of their own, and show only icons that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from app.web.kit import assets, navigation
from app.web.kit.kept import Kept

pytestmark = pytest.mark.sqlite_only
FOLDER = Path("app/templates")
PAGES = sorted(FOLDER.glob("**/*.html"))
MAILS = ("mail", "mails", "email", "emails")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
FORBIDDEN = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "script in the page": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "event attribute": re.compile(r"<[^>]*\s(?:on[a-z]+|hx-on[:\w-]*)\s*=", re.IGNORECASE),
    "javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "colour": re.compile(r"(?<![&\w])#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?\b(?=[\"';\s])"),
    "foreign address": re.compile(r"(?:src|href)=[\"']https?://"),
    "script in HTMX": re.compile(r"hx-vals=[\"']\s*js:|hx-trigger=[\"'][^\"']*\["),
}
# Where an icon's name stands among the arguments of a macro.
ICON_ARGUMENT = {
    **{"icon": 0, "empty": 0, "tag": 1, "_prio": 1, "menu_link": 1, "submit": 1, "_tab": 2},
    **{"side_link": 1, "pill": 2, "_turn_link": 1},
}


def is_mail(path: Path) -> bool:
    """Mails are written in the old way mail programs understand; they never meet the browser's policy."""
    return any(part in MAILS for part in path.parts)


def offences(source: str) -> list[str]:
    """What a template must not contain."""
    plain = COMMENT.sub("", source)
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(plain)]


def icons(source: str) -> set[str]:
    """Icon names a template shows: those in macros' arguments, and those written as classes."""
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n", Kept]).parse(source)
    found = {name for call in tree.find_all(nodes.Call) for name in _of_call(call)}
    return found | set(re.findall(r"class=\"i i-([\w-]+)[ \"]", COMMENT.sub("", source)))


def _of_call(call: nodes.Call) -> Iterator[str]:
    name = call.node.attr if isinstance(call.node, nodes.Getattr) else getattr(call.node, "name", "")
    place = ICON_ARGUMENT.get(name)
    given = [word.value for word in call.kwargs if word.key == "symbol"]
    if place is not None and len(call.args) > place:
        given.append(call.args[place])
    for argument in given:
        yield from _constants(argument)


def _constants(argument: nodes.Node) -> Iterator[str]:
    if isinstance(argument, nodes.CondExpr):
        branches = [argument.expr1, argument.expr2]
        yield from (name for branch in branches if branch is not None for name in _constants(branch))
    elif isinstance(argument, nodes.Const) and isinstance(argument.value, str) and argument.value:
        yield argument.value


def known() -> set[str]:
    return set(re.findall(r"^\.i-([\w-]+)\{", (assets.FOLDER / "vendor/icons.css").read_text("utf-8"), re.M))


@pytest.mark.parametrize("path", [path for path in PAGES if not is_mail(path)], ids=str)
def test_a_template_has_no_style_or_script_of_its_own(path: Path) -> None:
    assert offences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("planted", "offence"),
    [
        ('<p style="color: red">', "style attribute"),
        ("<style>p {}</style>", "style element"),
        ("<script>alert(1)</script>", "script in the page"),
        ('<a href="/" onclick="go()">', "event attribute"),
        ('<a hx-on:click="go()">', "event attribute"),
        ('<a href="javascript:go()">', "javascript address"),
        ('<rect fill="#0a6272"/>', "colour"),
        ('<img src="https://elsewhere.example/x.png">', "foreign address"),
        ('<div hx-trigger="click[ctrlKey]">', "script in HTMX"),
    ],
)
def test_an_offence_is_found(planted: str, offence: str) -> None:
    assert offence in offences(planted)


def test_what_is_allowed_passes() -> None:
    assert (
        offences('{# style="x" #}<script src="{{ asset("a.js") }}"></script><a href="#main" data-on="x">')
        == []
    )


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_every_icon_of_a_template_exists(path: Path) -> None:
    assert icons(path.read_text(encoding="utf-8")) - known() == set()


def test_a_missing_icon_is_found() -> None:
    source = '{{ icon("a" if x else "b") }}{{ tags.tag("ok", "c", "d") }}{{ submit("f", symbol="g") }}'
    source += '<i class="i i-e" aria-hidden="true"></i>'
    assert icons(source) == {"a", "b", "c", "e", "g"}


def test_every_icon_of_the_menus_exists() -> None:
    groups = (
        navigation.RAIL,
        navigation.FOOT,
        navigation.PORTAL,
        *(g.places for g in navigation.ADMINISTRATION),
    )
    assert {place.icon for places in groups for place in places} - known() == set()


def test_every_icon_of_the_error_pages_exists() -> None:
    source = (FOLDER / "errors/error.html").read_text(encoding="utf-8")
    table = re.search(r"set symbol = \{(.*?)\}\.get\(status, \"([\w-]+)\"", source)
    assert table is not None
    assert {table[2], *re.findall(r"\d+: \"([\w-]+)\"", table[1])} - known() == set()
