"""How much work a function does, counted in calls instead of seconds: the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def calls_made(function: Callable[..., Any], *arguments: Any) -> int:
    """The number of Python and C calls made while the function runs."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return calls


def assert_linear(function: Callable[[Any], Any], small: Any, large: Any) -> None:
    """Twice the input may cost little more than twice the work."""
    once = calls_made(function, small)
    twice = calls_made(function, large)
    assert twice <= 2.4 * once + 2_000, (once, twice)
