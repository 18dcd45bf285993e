"""What other sites say in the address they send a browser to: no query of ours, so nothing in it is an error."""

from __future__ import annotations

from flask import request


def said(longest: int) -> dict[str, str]:
    """The words behind the question mark, each by its first value.

    Args:
        longest: longer values are passed over, in characters.
    """
    return {name: value for name, value in request.args.items() if len(value) <= longest}
