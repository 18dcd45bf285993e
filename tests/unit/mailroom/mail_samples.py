"""The mail samples of tests/mail/samples and what is known about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2] / "mail" / "samples"
EXPECTED: dict[str, dict[str, Any]] = json.loads((ROOT / "expected.json").read_text("utf-8"))
MESSAGES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.eml"))
BODIES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("crisp", "talon")
    for path in (ROOT / folder).glob("*.[th][xt]*")
)


def raw(name: str) -> bytes:
    """One sample as a message; the bare bodies get a header."""
    data = (ROOT / name).read_bytes()
    if name.endswith(".eml"):
        return data
    kind = b"html" if name.endswith(".html") else b"plain"
    return b"From: Ada <ada@kunde.example>\r\nContent-Type: text/" + kind + b"; charset=utf-8\r\n\r\n" + data


def collapsed(text: str) -> str:
    """The text with white space collapsed, as expected.json compares."""
    return " ".join(text.split())
