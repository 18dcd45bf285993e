"""Colours can be read: every pair of tokens, and every accent a site may choose."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.web.kit import brand
from tools.check_contrast import GRAPHIC, TEXT, TOKENS, pairs, theme

pytestmark = pytest.mark.sqlite_only
MIX = re.compile(r"--hd-([\w-]+): (?:color-mix\(in srgb, )?#([0-9a-f]{6})(?: (\d+)%, ([^)]+\)?)\))?;")
# What an accent meets on the pages: colour, ground, ratio.
MEETINGS = [
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    ("accent-text", "bg", TEXT),
    ("accent-text", "surface", TEXT),
    ("accent-text", "surface-3", TEXT),
    ("accent-text", "select", TEXT),
    ("accent-text", "accent-soft", TEXT),
    ("text", "accent-soft", TEXT),
    ("text", "select", TEXT),
    ("text-3", "select", TEXT),
    ("focus", "surface", GRAPHIC),
    ("focus", "bg", GRAPHIC),
]


def css() -> str:
    return TOKENS.read_text(encoding="utf-8")


def test_every_pair_of_tokens_can_be_read_in_both_themes() -> None:
    assert [pair for pair in pairs(css()) if pair.fails] == []


def test_a_pair_that_is_too_pale_is_found() -> None:
    pale = css().replace("--hd-text-3: #56656b", "--hd-text-3: #a6b5bb")
    assert pale != css()
    assert {pair.colour for pair in pairs(pale) if pair.fails} == {"text-3"}


def mixed(one: str, other: str, share: int) -> str:
    """What ``color-mix(in srgb, one share%, other)`` gives."""
    parts = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (0, 2, 4))
    return "".join(f"{round((a * share + b * (100 - share)) / 100):02x}" for a, b in parts)


def branded(accent: str, start: str, tokens: dict[str, str]) -> dict[str, str]:
    """The tokens of one theme after the accent's stylesheet, its mixtures worked out."""
    sheet = brand.stylesheet(accent)
    at = sheet.index(start)
    others = {"white": "ffffff", "black": "000000", "var(--hd-surface)": tokens["surface"]}
    made = dict(tokens)
    for name, one, share, other in MIX.findall(sheet[at : sheet.index("}", at)]):
        made[name] = mixed(one, others[other], int(share)) if share else one
    return made


def too_low(tokens: dict[str, str]) -> list[tuple[str, str, float]]:
    measured = ((c, g, need, brand.contrast(tokens[c], tokens[g])) for c, g, need in MEETINGS)
    return [(colour, ground, ratio) for colour, ground, need, ratio in measured if ratio < need]


@given(st.integers(0, 0xFFFFFF))
def test_every_accent_that_is_accepted_can_be_read_in_both_themes(number: int) -> None:
    accent = f"{number:06x}"
    assume(brand.is_readable(accent))
    light = theme(css(), '[data-bs-theme="light"] {')
    dark = light | theme(css(), '[data-bs-theme="dark"] {')
    assert too_low(branded(accent, '[data-bs-theme="light"]', light)) == []
    assert too_low(branded(accent, '[data-bs-theme="dark"]', dark)) == []


@pytest.mark.parametrize("accent", ["ffffff", "f0a020", "777777", "#0a6272", "0a627", "", "zzzzzz"])
def test_an_accent_nobody_can_read_white_on_is_refused(accent: str) -> None:
    assert not brand.is_readable(accent)
    with pytest.raises(ValueError, match="cannot be read"):
        brand.stylesheet(accent)


def test_contrast_is_that_of_the_standard() -> None:
    assert brand.contrast("000000", "ffffff") == pytest.approx(21)
    assert brand.contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.01)
