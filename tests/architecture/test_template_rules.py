"""Templates: what people wrote is cleaned before it is shown as it is, and nothing lies around unused."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import pytest
from jinja2 import Environment, nodes

from app.web.kit.kept import Kept
from tests.architecture.sentences import templates
from tests.architecture.source import Module, module, modules

pytestmark = pytest.mark.sqlite_only
FOLDER = "app/templates/"
# Output that is shown without escaping although it does not come straight out of the cleaner.
SAFE_WITHOUT_CLEANING: dict[str, str] = {}
# Where Python calls a text HTML although it is no constant.
MARKED_UP = {
    "app/web/kit/marks.py": "a sentence of our own; its values are escaped when they are filled in",
    "app/web/tickets/rows.py": "patterns of the template, filled with values escaped one by one",
}


def parsed(source: str) -> nodes.Template:
    environment = Environment(
        autoescape=True,
        extensions=["jinja2.ext.i18n", Kept],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.parse(source)


def unclean(path: str, source: str) -> Iterator[str]:
    """Places where markup reaches the reader unescaped and uncleaned."""
    tree = parsed(source)
    for found in tree.find_all(nodes.Filter):
        cleaned = isinstance(found.node, nodes.Filter) and found.node.name == "clean"
        if found.name in ("safe", "forceescape") and not cleaned and path not in SAFE_WITHOUT_CLEANING:
            yield f"{path}:{found.lineno}"
    for node in tree.find_all((nodes.ScopedEvalContextModifier, nodes.MarkSafe)):
        yield f"{path}:{node.lineno}"


def marked_up(found: Iterable[Module]) -> Iterator[str]:
    """Python that calls something HTML which is no constant."""
    for one in found:
        if one.path in MARKED_UP:
            continue
        for node in ast.walk(one.tree):
            if not isinstance(node, ast.Call) or ast.unparse(node.func).rsplit(".", 1)[-1] != "Markup":
                continue
            if not node.args or not isinstance(node.args[0], ast.Constant):
                yield f"{one.path}:{node.lineno}"


def named_in_templates(all_templates: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Templates that other templates extend, include or import."""
    for _path, source in all_templates:
        for node in parsed(source).find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
            for constant in (node.template, *node.template.find_all(nodes.Const)):
                if isinstance(constant, nodes.Const) and isinstance(constant.value, str):
                    yield constant.value


def named_in_code(found: Iterable[Module]) -> tuple[set[str], set[re.Pattern[str]]]:
    """Texts in Python, and those with gaps that might name a template."""
    texts: set[str] = set()
    gapped = set()
    for one in found:
        for node in ast.walk(one.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
                if any("/" in (part or "") for part in parts):
                    gapped.add(
                        re.compile(
                            "".join(r"([\w/-]+)" if part is None else re.escape(part) for part in parts)
                        )
                    )
    return texts, gapped


def unused(all_templates: list[tuple[str, str]], found: Iterable[Module]) -> set[str]:
    """Templates that nobody renders, extends or includes.

    A name with gaps stands for a template when what fills the gaps is a text of the program, too.
    """
    texts, gapped = named_in_code(found)
    names = {path.removeprefix(FOLDER) for path, _source in all_templates}
    left = names - texts - set(named_in_templates(all_templates))
    return {
        name
        for name in left
        if not any((hit := gap.fullmatch(name)) and set(hit.groups()) <= texts for gap in gapped)
    }


def unused_macros(all_templates: list[tuple[str, str]]) -> set[str]:
    """Macros that nobody calls."""
    made = {
        (macro.name, path) for path, source in all_templates for macro in parsed(source).find_all(nodes.Macro)
    }
    called: set[str] = set()
    for _path, source in all_templates:
        for call in parsed(source).find_all(nodes.Call):
            called.add(
                call.node.attr if isinstance(call.node, nodes.Getattr) else getattr(call.node, "name", "")
            )
    return {f"{path} {name}" for name, path in made if name not in called}


def test_what_is_shown_as_it_is_was_cleaned() -> None:
    assert [place for path, source in templates() for place in unclean(path, source)] == []


def test_python_marks_up_constants_only() -> None:
    assert list(marked_up(modules())) == []


def test_every_template_is_used() -> None:
    assert unused(list(templates()), modules()) == set()


def test_every_macro_is_used() -> None:
    assert unused_macros(list(templates())) == set()


@pytest.mark.parametrize(
    "source",
    [
        "{{ body|safe }}",
        "{{ body|upper|safe }}",
        "{{ (body|clean ~ name)|safe }}",
        "{% autoescape false %}{{ body }}{% endautoescape %}",
        "{% set x = body|safe %}",
    ],
)
def test_uncleaned_output_is_found(source: str) -> None:
    assert list(unclean("app/templates/planted.html", source))


def test_cleaned_output_passes() -> None:
    assert list(unclean("app/templates/planted.html", "{{ body }}{{ body|clean|safe }}")) == []


@pytest.mark.parametrize(
    "text", ["Markup(body)", "Markup(f'<b>{name}</b>')", "markupsafe.Markup('<b>' + name)"]
)
def test_python_that_marks_up_what_people_wrote_is_found(text: str) -> None:
    assert list(marked_up([module("app.planted", text)]))


def test_a_template_nobody_uses_is_found() -> None:
    planted = [
        (FOLDER + "a/page.html", "{% extends 'a/base.html' %}{% include 'a/x.html' if y else 'a/z.html' %}"),
        *((FOLDER + f"a/{name}.html", "") for name in ("base", "x", "z", "one", "attic")),
    ]
    code = module("app.planted", "render('a/page.html')\nrender(f'a/{kind}.html')\nkind = 'one'")
    assert unused(planted, [code]) == {"a/attic.html"}


def test_a_macro_nobody_calls_is_found() -> None:
    planted = [("a.html", "{% macro one() %}{% endmacro %}{% macro two() %}{{ one() }}{% endmacro %}")]
    assert unused_macros(planted) == {"a.html two"}
