"""A request as the simulation saw it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Seen:
    """``status`` is 0 while there is no answer, and 499 when the connection was ended instead."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False, default=b"")
    status: int = 0
