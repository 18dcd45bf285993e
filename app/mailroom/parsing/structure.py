"""The skeleton of a message: where its parts begin and end, found on the raw bytes before anything is decoded.

A parent's boundary is looked for first and its parts only within what it left, so a child that never ends
cannot swallow its siblings. Enclosed messages stay closed: they are files, not parts of this mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from app.mailroom.parsing import charsets, headers, limits, parameters

_TYPE = re.compile(r"([a-z0-9!#$&^_.+-]{1,80})\s*/\s*([a-z0-9!#$&^_.+-]{1,100})")
_BARE_TYPES = {"text": "text/plain", "": "text/plain", "multipart": "multipart/mixed", "html": "text/html"}


@dataclass
class Entity:
    """One part: its header fields and where its body lies in the raw message."""

    fields: headers.Fields
    start: int
    end: int
    default_type: str = "text/plain"
    parent_type: str = ""
    children: list[Entity] = field(default_factory=list)

    def all(self, name: str) -> list[bytes]:
        """Every value of the field, in order (name in lower case)."""
        return [value for field_name, value in self.fields if field_name == name]

    def first(self, name: str) -> bytes:
        """The first value of the field, b'' when absent."""
        return next((value for field_name, value in self.fields if field_name == name), b"")

    @cached_property
    def _type(self) -> tuple[str, dict[str, str]]:
        value, found = parameters.split(self.first("content-type"))
        match = _TYPE.match(value)
        if match:
            return f"{match[1]}/{match[2]}", found
        return _BARE_TYPES.get(value, "application/octet-stream") if value else self.default_type, found

    @property
    def content_type(self) -> str:
        """type/subtype in lower case; what stands for it when the field is missing or nonsense."""
        return self._type[0]

    @cached_property
    def _disposition(self) -> tuple[str, dict[str, str]]:
        return parameters.split(self.first("content-disposition"))

    @property
    def disposition(self) -> str:
        """'inline', 'attachment', another word, or ''."""
        return self._disposition[0]

    @cached_property
    def charset(self) -> str:
        """As declared, '' when not."""
        return parameters.text(self._type[1], "charset").partition(" ")[0]

    @cached_property
    def filename(self) -> str:
        """As the sender wrote it, decoded but not cleaned; '' when absent."""
        return parameters.text(self._disposition[1], "filename", self.charset) or parameters.text(
            self._type[1], "name", self.charset
        )

    def parameter(self, name: str) -> str:
        """A parameter of Content-Type, '' when absent."""
        return parameters.text(self._type[1], name)

    @property
    def boundary(self) -> bytes:
        """The bytes that stand between the parts, b'' when none is declared."""
        declared = self._type[1].get("boundary", "") or parameters.text(self._type[1], "boundary")
        return declared.rstrip().encode("latin-1", "ignore")

    @property
    def hint(self) -> str:
        """The charset for raw 8-bit header bytes: the declared one when it says more than ASCII."""
        return self.charset if charsets.known(self.charset) not in ("", "cp1252", "utf-7") else ""

    def leaves(self) -> Iterator[Entity]:
        """The parts that hold content, in order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()


def scan(raw: bytes) -> Entity:
    """The message as a tree of parts.

    Args:
        raw: the message with "\\n" or "\\r\\n" line ends.

    Raises:
        Unreadable: header block, header line, number of parts or depth beyond parsing.limits.
    """
    fields, body = headers.read(raw, 0, len(raw), top=True)
    root = Entity(fields, body, len(raw))
    budget = limits.Budget()
    open_entities = [(root, 1)]
    while open_entities:
        entity, depth = open_entities.pop()
        if not entity.content_type.startswith("multipart/"):
            continue
        limits.check_depth(depth)
        entity.children = _children(raw, entity, budget)
        open_entities.extend((child, depth + 1) for child in entity.children)
    return root


def _children(raw: bytes, entity: Entity, budget: limits.Budget) -> list[Entity]:
    boundary = entity.boundary or _guessed(raw, entity)
    if not boundary:
        return []
    default = "message/rfc822" if entity.content_type == "multipart/digest" else "text/plain"
    children = []
    for start, end in _ranges(raw, entity, boundary, budget):
        budget.part()
        fields, body = headers.read(raw, start, end, top=False)
        children.append(Entity(fields, body, end, default, entity.content_type))
    return children


def _ranges(raw: bytes, entity: Entity, boundary: bytes, budget: limits.Budget) -> Iterator[tuple[int, int]]:
    """Where the parts between the boundary lines lie; text before the first and behind the last is no part."""
    start = -1
    for line_start, line_end, closing in _boundary_lines(raw, entity, boundary, budget):
        if start >= 0:
            yield start, _before_newline(raw, start, line_start)
        start = -1 if closing else line_end
    if start >= 0:
        yield start, entity.end


def _boundary_lines(
    raw: bytes, entity: Entity, boundary: bytes, budget: limits.Budget
) -> Iterator[tuple[int, int, bool]]:
    needle = b"\n--" + boundary
    position = entity.start if raw.startswith(needle[1:], entity.start, entity.end) else -1
    if position < 0:
        position = raw.find(needle, entity.start, entity.end) + 1
    while position > 0:
        newline = raw.find(b"\n", position, entity.end)
        after = newline + 1 if newline >= 0 else entity.end
        rest = raw[position + len(needle) - 1 : after]
        closing = rest.startswith(b"--")
        if closing or not rest.strip():
            yield position, after, closing
        else:
            budget.false_boundary()
        position = raw.find(needle, after - 1, entity.end) + 1


def _before_newline(raw: bytes, start: int, line_start: int) -> int:
    """The newline before a boundary belongs to the boundary (RFC 2046)."""
    end = max(start, line_start - 1)
    return end - 1 if end > start and raw[end - 1 : end] == b"\r" else end


def _guessed(raw: bytes, entity: Entity) -> bytes:
    """The boundary of a multipart that forgot to declare it: its first dashed line, when that comes again."""
    start = entity.start
    if not raw.startswith(b"--", start, entity.end):
        start = raw.find(b"\n--", start, entity.end) + 1
    if not start:
        return b""
    newline = raw.find(b"\n", start, entity.end)
    line = raw[start + 2 : newline if newline >= 0 else entity.end].strip()
    if not 0 < len(line) <= 70 or not line.strip(b"-=_ "):
        return b""
    return line if raw.find(b"\n--" + line, start + 2, entity.end) >= 0 else b""
