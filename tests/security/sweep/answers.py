"""What an answer looks like once everything that may differ by chance is taken out."""

from __future__ import annotations

import re
from typing import Any

CHANCE = re.compile(
    r'(?:value|content)="[^"]*"'  # tokens, one-time keys, what was typed
    r"|[A-Za-z0-9_~.%-]{16,}"  # references, bundles, sealed links
    r"|\d+"
)


def shape(answer: Any) -> tuple[int, str, str]:
    """Status, type and body without numbers and tokens; of a redirect, where it leads without the way back."""
    if 300 <= answer.status_code < 400:
        return answer.status_code, answer.mimetype, answer.headers["Location"].split("?")[0]
    return answer.status_code, answer.mimetype, CHANCE.sub("·", answer.get_data(as_text=True))


def told(answer: Any) -> str:
    """Everything a reader gets to see of an answer: status line, headers, body."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    return f"{answer.status}\n{headers}\n\n{answer.get_data(as_text=True)}"
