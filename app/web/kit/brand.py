"""The site's own accent colour as a small stylesheet, because pages may carry no style of their own."""

from __future__ import annotations

import re

from flask import Flask, Response, abort

READABLE = 4.5
YEAR = 365 * 24 * 60 * 60
HEX = re.compile(r"[0-9a-f]{6}")

SHEET = """\
:root, [data-bs-theme="light"] {{
  --hd-accent: #{accent};
  --hd-accent-hover: color-mix(in srgb, #{accent} 78%, black);
  --hd-accent-text: color-mix(in srgb, #{accent} 80%, black);
  --hd-accent-soft: color-mix(in srgb, #{accent} 11%, white);
  --hd-accent-soft-2: color-mix(in srgb, #{accent} 20%, white);
  --hd-select: color-mix(in srgb, #{accent} 7%, white);
  --hd-focus: #{accent};
}}
@media screen {{
  [data-bs-theme="dark"] {{
    --hd-accent: color-mix(in srgb, #{accent} 45%, white);
    --hd-accent-hover: color-mix(in srgb, #{accent} 30%, white);
    --hd-accent-text: color-mix(in srgb, #{accent} 35%, white);
    --hd-accent-soft: color-mix(in srgb, #{accent} 25%, var(--hd-surface));
    --hd-accent-soft-2: color-mix(in srgb, #{accent} 35%, var(--hd-surface));
    --hd-select: color-mix(in srgb, #{accent} 16%, var(--hd-surface));
    --hd-focus: color-mix(in srgb, #{accent} 35%, white);
  }}
}}
"""


def luminance(colour: str) -> float:
    """Relative luminance of ``rrggbb``, 0 to 1 (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours ``rrggbb``, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def is_readable(accent: str) -> bool:
    """Whether white button text can be read on this accent ``rrggbb``."""
    return HEX.fullmatch(accent) is not None and contrast(accent, "ffffff") >= READABLE


def stylesheet(accent: str) -> str:
    """The tokens that follow from one accent, for both themes.

    Args:
        accent: ``rrggbb`` on which white can be read.

    Raises:
        ValueError: the accent is no such colour.
    """
    if not is_readable(accent):
        raise ValueError("white text cannot be read on this accent")
    return SHEET.format(accent=accent)


def register(app: Flask) -> None:
    """Serve the stylesheet of an accent; the colour stands in the address, so it can be kept for a year."""
    app.add_url_rule("/static/brand/<accent>.css", "brand", _answer, methods=["GET"])


def _answer(accent: str) -> Response:
    if not is_readable(accent):
        abort(404)
    response = Response(stylesheet(accent), mimetype="text/css")
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response
