"""What machines send that fill in no form: a word in the address, JSON in the body."""

from __future__ import annotations

import json
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge


def in_address(name: str) -> str | None:
    """A word from the address; None when it is not there."""
    return request.args.get(name)


def as_json(most_bytes: int) -> Any:
    """The body as JSON; None for anything that is none.

    Raises:
        RequestEntityTooLarge: it is larger.
    """
    raw = request.stream.read(most_bytes + 1)
    if len(raw) > most_bytes:
        raise RequestEntityTooLarge
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
