"""Reading the feed to its end, as a client does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.support.programs import Caller

PATH = "/api/v1/events"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def told(program: Caller, after: int = 0, **query: Any) -> list[dict[str, Any]]:
    """Everything from a position on, piece by piece."""
    found: list[dict[str, Any]] = []
    while True:
        answer = program.get(PATH, query_string={"after": after} | query)
        assert answer.status_code == 200, answer.text
        found += answer.json["results"]
        assert answer.json["next_after"] >= after
        after = answer.json["next_after"]
        if not answer.json["more"]:
            return found


def said(events: list[dict[str, Any]]) -> list[str]:
    """The kinds of some events."""
    return [one["kind"] for one in events]
