"""Tables as CSV files that a spreadsheet shows instead of running (CWE-1236, abuse case A70)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"  # without it a spreadsheet reads umlauts wrongly


def written(rows: Iterable[Sequence[object]]) -> str:
    """Rows as text: semicolons, and no cell that a spreadsheet would run. The mark of a file is the caller's."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([safe_cell(str(cell)) for cell in row] for row in rows)
    return out.getvalue()


def safe_cell(text: str) -> str:
    """A cell that a spreadsheet shows instead of running it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def original_cell(text: str) -> str:
    """What a cell said before it was made safe, so that a file of ours can be read again."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text
