"""The few wishes of OData that Graph's readers say: filter, select, order, pages."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

Row = dict[str, Any]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}
STRING = r"'(?:[^']|'')*'"
TERM = re.compile(rf"\s*(?P<column>[\w/]+)\s+(?P<how>eq|ne|ge|gt|le|lt)\s+(?P<value>{STRING}|[^\s()]+)\s*")
CALL = re.compile(rf"\s*startswith\(\s*(?P<column>[\w/]+)\s*,\s*(?P<value>{STRING})\s*\)\s*")
JOINT = re.compile(r"and\b")


class BadQuery(ValueError):
    """Graph does not understand it."""


def matching(rows: Iterable[Row], text: str) -> list[Row]:
    """The rows a ``$filter`` leaves: comparisons and ``startswith``, joined by ``and``.

    Raises:
        BadQuery: anything else.
    """
    tests = _tests(text)
    return [row for row in rows if all(test(row) for test in tests)]


def _tests(text: str) -> list[Callable[[Row], bool]]:
    tests, place = [], 0
    while text and place < len(text):
        found = CALL.match(text, place) or TERM.match(text, place)
        if found is None:
            raise BadQuery(f"Invalid filter clause: {text}")
        tests.append(_test(found))
        place = found.end()
        joint = JOINT.match(text, place)
        if place < len(text) and joint is None:
            raise BadQuery(f"Invalid filter clause: {text}")
        place = joint.end() if joint else place
    return tests


def _test(found: re.Match[str]) -> Callable[[Row], bool]:
    column, value = found["column"], _value(found["value"])
    if "how" not in found.groupdict():
        return lambda row: str(_column(row, column) or "").lower().startswith(str(value).lower())
    compare = COMPARE[found["how"]]

    def test(row: Row) -> bool:
        told = _column(row, column)
        if isinstance(value, datetime):
            told = datetime.fromisoformat(told) if told else None
        if isinstance(value, str) and isinstance(told, str):
            return compare(told.lower(), value.lower())
        return compare(told, value) if told is not None or found["how"] in ("eq", "ne") else False

    return test


def _value(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text]
    if text.isdigit():
        return int(text)
    return time_of(text)


def time_of(text: str) -> datetime:
    """A time with its zone.

    Raises:
        BadQuery: it is none.
    """
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"Invalid value: {text}") from error
    if told.tzinfo is None:
        raise BadQuery(f"A time without its zone: {text}")
    return told


def _column(row: Row, name: str) -> Any:
    value: Any = row
    for part in name.split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def ordered(rows: list[Row], text: str) -> list[Row]:
    """The rows in the order of ``$orderby``."""
    for part in reversed([part.strip() for part in text.split(",") if part.strip()]):
        column, _, way = part.partition(" ")
        rows = sorted(rows, key=lambda row: str(_column(row, column) or ""), reverse=way.strip() == "desc")
    return rows


def chosen(row: Row, text: str) -> Row:
    """The columns of ``$select``; the id and what begins with @ stay."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if not names:
        return row
    return {
        name: value for name, value in row.items() if name in names or name == "id" or name.startswith("@")
    }
