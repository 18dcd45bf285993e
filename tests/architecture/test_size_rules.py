"""Files of at most 300 lines, functions of 25 as a rule and never more than 40, names that say what is inside."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Function, Module, module, modules

pytestmark = pytest.mark.sqlite_only
FILE_LINES = 300
FUNCTION_LINES = 25
NEVER_MORE = 40
# Functions over 25 lines (docstring not counted) that were looked at twice, and why they stay in one piece.
LONG: dict[str, str] = {
    "app.tickets.actions.opening.open_ticket": "one deed from its command to its fact, step by step",
    "app.tickets.actions.opening._ticket": "one row, a line for each column",
    "app.tickets.rows.statement": "one statement, a line for each column",
    "app.core.log.configure": "one configuration of two libraries, no decision in it",
    "app.events.log.record": "half of it names the columns of one row",
    "app.integrations.cards.card": "one card, written as it looks",
    "app.integrations.graph_people._profile": "names the fields of one person",
    "app.integrations.http._exchange": "one request from open to close",
    "app.jobs.queue.make_queue": "one table of Celery's options",
    "app.mailroom.parsing.message._parse": "names the fields of one result",
    "app.tickets.actions.changing.move": "half of it are its arguments and the columns of one fact",
    "app.tickets.actions.replying.enter": "half of it are its arguments and the columns of one row",
    "app.tickets.board._lanes": "one query, and the lanes it makes",
    "app.tickets.counts._figures": "one statement",
    "app.tickets.deadlines._refresh_clock": "the life of one clock, read from top to bottom",
    "app.tickets.portal.requests": "one query, and the page it makes",
    "app.web.health.metrics._House.collect": "one list of figures",
    "app.web.kit.door.Door.deed": "a decorator with its two inner functions",
}
EMPTY_WORDS = re.compile(
    r"_?(utils?|helpers?|commons?|services?|managers?|base|base_\w+|misc|stuff|tools|lib|shared|handlers?)"
)
SOURCES = ("app", "tools", "bench", "tests")


def everything() -> list[Module]:
    return [one for folder in SOURCES for one in modules(folder=folder)]


def too_long(found: Iterable[Module]) -> Iterator[str]:
    """Files to split by verb."""
    for one in found:
        lines = len(one.text.splitlines())
        if lines > FILE_LINES:
            yield f"{one.path}: {lines} lines"


def length(function: Function) -> int:
    """Lines of a function without its decorators and its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def long_functions(found: Iterable[Module], limit: int) -> dict[str, int]:
    """Functions over the limit and their lines."""
    measured = (
        (f"{one.name}.{name}", length(function)) for one in found for name, function in one.functions()
    )
    return {name: lines for name, lines in measured if lines > limit}


def empty_names(paths: Iterable[Path]) -> set[str]:
    """Files and folders whose names would take in anything."""
    return {str(path) for path in paths for part in path.parts if EMPTY_WORDS.fullmatch(Path(part).stem)}


def undescribed(found: Iterable[Module]) -> Iterator[str]:
    """Modules that do not begin with a line about what lives there."""
    for one in found:
        first = (ast.get_docstring(one.tree) or "").strip().split("\n")[0]
        if len(first) < 10 or not one.text.lstrip().startswith(('"""', 'r"""')):
            yield one.path


def test_files_are_short() -> None:
    assert list(too_long([*everything(), *modules(folder=".ci")])) == []
    assert len((ROOT / "config.py").read_text(encoding="utf-8").splitlines()) <= FILE_LINES


def test_no_function_is_longer_than_forty_lines() -> None:
    assert long_functions(modules(), NEVER_MORE) == {}


def test_functions_over_twenty_five_lines_were_looked_at_twice() -> None:
    assert set(long_functions(modules(), FUNCTION_LINES)) - set(LONG) == set()
    assert len(LONG) <= 20


def test_every_exception_is_still_needed() -> None:
    assert set(LONG) - set(long_functions(modules(), FUNCTION_LINES)) == set()


def test_names_say_what_is_inside() -> None:
    paths = [
        path.relative_to(ROOT)
        for folder in ("app", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert empty_names(paths) == set()


def test_every_module_begins_by_saying_what_lives_there() -> None:
    assert list(undescribed(everything())) == []


def test_a_long_file_is_found() -> None:
    assert list(too_long([module("app.planted", "x = 1\n" * 301)]))
    assert list(too_long([module("app.planted", "x = 1\n" * 300)])) == []


@pytest.mark.parametrize(("lines", "found"), [(38, False), (39, True)])
def test_a_long_function_is_found(lines: int, found: bool) -> None:
    head = "class A:\n    @mark\n    def f(\n        self):\n"
    docstring = '        """One.\n\n        Two.\n        """\n'
    planted = module("app.planted", head + docstring + "        x = 1\n" * lines)
    assert (long_functions([planted], NEVER_MORE) != {}) is found


@pytest.mark.parametrize(
    "name",
    [
        "app/tickets/utils.py",
        "app/core/helper.py",
        "app/services/x.py",
        "tests/support/common.py",
        "app/base_model.py",
    ],
)
def test_an_empty_name_is_found(name: str) -> None:
    assert empty_names([Path(name)]) == {name}


@pytest.mark.parametrize("text", ["", "x = 1\n", "# A comment.\nx = 1\n", '"""Short"""\n'])
def test_a_module_that_does_not_say_what_it_holds_is_found(text: str) -> None:
    assert list(undescribed([module("app.planted", text)]))
