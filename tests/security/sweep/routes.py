"""Every route there is, read from the doors: nothing is listed by hand, so nothing can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from app import wiring
from app.web.kit.door import Body

PARAMETER = re.compile(r"<(?:(?P<converter>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Line:
    """One route.

    Args:
        allow: the permission it asks for.
        takes: the form, the query or the body it reads, if any.
        is_json: it speaks with programs, by token.
        brings_file: its body is a form with one file.
        brings_bytes: its body is bare bytes.
    """

    endpoint: str
    method: str
    rule: str
    allow: str
    takes: type[BaseModel] | None
    is_json: bool = False
    brings_file: bool = False
    brings_bytes: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the things in its address."""
        return tuple(found["name"] for found in PARAMETER.finditer(self.rule))

    @property
    def is_page(self) -> bool:
        return self.method == "GET"

    def path(self, things: Mapping[str, str]) -> str:
        """The address with these things in it."""
        return PARAMETER.sub(lambda found: things[found["name"]], self.rule)

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def routes(wanted: Callable[[Line], bool] = lambda _line: True) -> list[Line]:
    """The routes of all doors, in the order of their addresses."""
    found = [
        Line(
            route.endpoint,
            route.method,
            route.rule,
            route.allow,
            route.takes,
            route.is_json,
            route.brings is Body.FILE,
            route.brings is Body.BYTES,
        )
        for door in wiring.DOORS
        for route in door.table
    ]
    return sorted(filter(wanted, found), key=lambda line: (line.rule, line.method))


PAGES = routes(lambda line: line.is_page and not line.is_json)
DEEDS = routes(lambda line: not line.is_page and not line.is_json)
FORMS = [line for line in DEEDS if line.takes is not None]
QUERIES = [line for line in PAGES if line.takes is not None]
CALLS = routes(lambda line: line.is_json)
BODIES = [line for line in CALLS if not line.is_page and line.takes is not None]
