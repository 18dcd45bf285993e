"""Texts that must not change by accident: compared with files, rewritten when HD_GOLDEN=write is set."""

from __future__ import annotations

import os
import re
from pathlib import Path

FILES = Path(__file__).resolve().parents[1] / "golden" / "files"
# What differs from run to run: numbers the database gives, and secrets.
CHANGING = (
    (re.compile(r"TICKET-\d{6,}"), "TICKET-000042"),
    (re.compile(r"(?<=/rate/)[\w~.%-]+"), "TOKEN"),
    (re.compile(r"(?<=/auth/confirm/)[\w-]+"), "TOKEN"),
    (re.compile(r"(?<=/auth/password/reset/)[\w-]+"), "TOKEN"),
    (re.compile(r"(?<=#entry-)\d+"), "7"),
)


def settled(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, constant in CHANGING:
        text = pattern.sub(constant, text)
    return text


def compare(name: str, text: str) -> None:
    """Compare a text with its golden file.

    Args:
        name: of the file, with its ending.
        text: as it came out.
    """
    path, text = FILES / name, settled(text)
    if os.environ.get("HD_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing; HD_GOLDEN=write makes it, then look at it"
    assert text == path.read_text(encoding="utf-8")
