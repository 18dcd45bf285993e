"""Writes icons.css: the listed Bootstrap Icons as CSS masks that follow the text colour.

Usage: icons.py FOLDER_WITH_SVG_FILES LIST OUTPUT (tools/vendor.sh calls it with the published package).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HEAD = "/* Subset of Bootstrap Icons, MIT licence, The Bootstrap Authors. Written by tools/icons.py. */\n"
ENCODED = {"%": "%25", '"': "'", "<": "%3C", ">": "%3E", "#": "%23"}


def names(listing: str) -> list[str]:
    """Icon names of the list, sorted; blank lines and lines that start with # do not count."""
    lines = (line.strip() for line in listing.splitlines())
    return sorted({line for line in lines if line and not line.startswith("#")})


def rule(name: str, svg: str) -> str:
    """The CSS rule of one icon.

    Raises:
        ValueError: the file is not the plain 16 × 16 drawing this expects.
    """
    found = re.search(r"<svg[^>]*viewBox=\"(0 0 16 16)\"[^>]*>(.*)</svg>", svg, re.DOTALL)
    if found is None:
        raise ValueError(f"{name}: not a 16 by 16 icon")
    drawing = re.sub(r"\s*\n\s*", "", found[2]).strip()
    image = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}">{drawing}</svg>'
    encoded = "".join(ENCODED.get(letter, letter) for letter in image)
    return f'.i-{name}{{--i:url("data:image/svg+xml,{encoded}")}}\n'


def main(folder: Path, listing: Path, output: Path) -> None:
    """Write one rule per listed icon."""
    wanted = names(listing.read_text(encoding="utf-8"))
    rules = [rule(name, (folder / f"{name}.svg").read_text(encoding="utf-8")) for name in wanted]
    output.write_text(HEAD + "".join(rules), encoding="utf-8")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
