"""``{% kept key, … %}…{% endkept %}``: a part of a page that is made once for each language and key, then said again.

For what every page carries and nobody's data changes: dialogs, texts for scripts, menus by right. Everything the part
depends on beside the language has to be named as a key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup, escape

from app.core.language import language

MOST = 500


class Kept(Extension):
    """The tag; what it keeps lives as long as the process, at most so many parts."""

    tags = {"kept"}

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._parts: dict[tuple[Any, ...], Markup] = {}
        self._lock = threading.Lock()

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        keys: list[nodes.Expr] = []
        while parser.stream.current.type != "block_end":
            keys.append(parser.parse_expression())
            parser.stream.skip_if("comma")
        body = parser.parse_statements(("name:endkept",), drop_needle=True)
        place: list[nodes.Expr] = [nodes.Const(parser.name), nodes.Const(line), nodes.Tuple(keys, "load")]
        return nodes.CallBlock(self.call_method("_said", place), [], [], body).set_lineno(line)

    def _said(self, template: str, line: int, keys: tuple[Any, ...], caller: Callable[[], str]) -> Markup:
        key = (template, line, language(), *keys)
        part = self._parts.get(key)
        if part is None:
            part = escape(caller())
            with self._lock:
                if len(self._parts) >= MOST:
                    self._parts.clear()
                self._parts[key] = part
        return part
