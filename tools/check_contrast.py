"""Checks the colour pairs of tokens.css against WCAG 2.2: text 4.5:1, graphics and edges of controls 3:1.

Prints every pair for both themes and ends with 1 when one is too low.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.web.kit.brand import contrast

TOKENS = Path(__file__).resolve().parents[1] / "app" / "static" / "css" / "tokens.css"
TEXT, GRAPHIC = 4.5, 3.0
TONES = ("info", "progress", "ok", "warn", "orange", "danger", "neutral", "ai", "note")
GROUNDS = {
    "text": ("bg", "surface", "surface-2", "surface-3", "select", "note-bg", "ai-bg"),
    "text-2": (
        "bg",
        "surface",
        "surface-2",
        "surface-3",
        "note-bg",
        "ai-bg",
        "warn-bg",
        "info-bg",
        "danger-bg",
    ),
    "text-3": ("bg", "surface", "surface-2", "surface-3", "select", "note-bg"),
    "accent-text": (
        *("bg", "surface", "surface-2", "surface-3", "select"),
        *("accent-soft", "accent-soft-2", "note-bg", "warn-bg"),
    ),
    "on-accent": ("accent", "accent-hover"),
    "rail-text": ("rail",),
    "rail-active-text": ("rail-active", "rail"),
    "rail-badge-text": ("rail-badge",),
    "note-bg": ("note-fg",),
}
EDGES = {
    "rail-marker": ("rail",),
    "border-strong": ("bg", "surface", "surface-2"),
    "focus": ("bg", "surface", "surface-2"),
    "star": ("surface",),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A colour on a ground, with its ratio in both themes and the ratio it needs."""

    colour: str
    ground: str
    need: float
    light: float
    dark: float

    @property
    def fails(self) -> bool:
        return min(self.light, self.dark) < self.need


def theme(css: str, start: str) -> dict[str, str]:
    """The colours of the block that begins with ``start``, as ``rrggbb`` by token name."""
    at = css.index(start)
    return dict(re.findall(r"--hd-([\w-]+):\s*#([0-9a-fA-F]{6})", css[at : css.index("}", at)]))


def wanted() -> Iterator[tuple[str, str, float]]:
    """Every pair the pages use: colour, ground, the ratio it needs."""
    for colours, need in ((GROUNDS, TEXT), (EDGES, GRAPHIC)):
        for colour, grounds in colours.items():
            yield from ((colour, ground, need) for ground in grounds)
    for tone in TONES:
        yield from ((f"{tone}-fg", ground, TEXT) for ground in (f"{tone}-bg", "surface", "bg"))
        yield f"{tone}-solid", "surface", GRAPHIC


def pairs(css: str) -> list[Pair]:
    """Measure every pair.

    Raises:
        KeyError: a token is missing.
    """
    light = theme(css, '[data-bs-theme="light"] {')
    dark = light | theme(css, '[data-bs-theme="dark"] {')
    return [
        Pair(
            colour, ground, need, contrast(light[colour], light[ground]), contrast(dark[colour], dark[ground])
        )
        for colour, ground, need in wanted()
    ]


def main() -> int:
    """Print the table; 1 when a pair is too low."""
    table = pairs(TOKENS.read_text(encoding="utf-8"))
    for pair in table:
        mark = "  FAIL" if pair.fails else ""
        print(
            f"{pair.colour:18} on {pair.ground:14} need {pair.need:<4}"
            f" light {pair.light:5.2f}  dark {pair.dark:5.2f}{mark}"
        )
    failed = sum(pair.fails for pair in table)
    print(f"{len(table)} pairs, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
