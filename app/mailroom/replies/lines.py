"""A message cut into lines, each looked at once: what it could be on its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.mailroom.replies import phrases

_DASHES = re.compile(r"-{3,80}\s{0,4}$")
_HEAD = 400
_TAIL = 200
_LABEL_WIDTH = 60
_COLONS = (":", "：")
_LAST_SIGNS = frozenset(":：*_>-\u00ad")
_FIRST_SIGNS = frozenset("-_=*[>")


@dataclass(slots=True)
class Line:
    """One line. bare is what patterns look at: stripped, and of a very long line only both ends.

    ``notable``: its first or last sign, a label or a marker says that a quote could begin here; most lines are not.
    """

    text: str
    bare: str
    blank: bool = False
    quoted: bool = False
    notable: bool = False
    label: str = ""


def read(text: str) -> list[Line]:
    """The lines of a text; an attribution that begins in the middle of a line gets a line of its own.

    Args:
        text: with "\\n" line ends.
    """
    found: list[Line] = []
    for raw in text.split("\n"):
        line = _line(raw)
        if line.notable and (cut := _middle_start(line)):
            found.extend((_line(raw[:cut]), _line(raw[cut:])))
        else:
            found.append(line)
    return found


def ends_attribution(bare: str) -> bool:
    """Whether a line could be the last of "On … wrote:" or of "---- On … wrote ----"."""
    if bare[-1:] not in _LAST_SIGNS:
        return False
    core = bare.rstrip(" \t*_>-\xa0\u00ad")
    return core.endswith(_COLONS) or (bare.endswith("--") and bool(phrases.VERB_AT_END.search(core[-40:])))


def has_verb(text: str) -> bool:
    """Whether a word for "wrote" stands in the text."""
    lowered = text.lower()
    return any(stem in lowered for stem in phrases.VERB_STEMS) and bool(phrases.VERB.search(text))


def _line(raw: str) -> Line:
    bare = raw.strip()
    if not bare:
        return Line(raw, bare, True)
    if len(bare) > _HEAD + _TAIL:
        bare = f"{bare[:_HEAD]} {bare[-_TAIL:]}"
    label = _label(bare) if ":" in bare or "：" in bare else ""
    notable = bare[-1] in _LAST_SIGNS or bare[0] in _FIRST_SIGNS or label != "" or "##-" in bare
    return Line(raw, bare, False, bare[0] == ">", notable, label)


def _label(bare: str) -> str:
    match = phrases.LABEL.match(bare[:_LABEL_WIDTH])
    return phrases.LABELS.get(match[1].lower().strip(), "") if match else ""


def _middle_start(line: Line) -> int:
    """Where in the line an attribution begins that something stands in front of, 0 when none does."""
    if line.quoted or len(line.text) > 2_000 or not ends_attribution(line.bare) or not has_verb(line.bare):
        return 0
    if phrases.START.match(line.bare) or not phrases.ADDRESS.search(line.bare):
        return 0
    last = 0
    for match in phrases.MIDDLE_START.finditer(line.text):
        last = match.end()
    before = line.text[:last]
    dashes = _DASHES.search(before)
    return 0 if has_verb(before) else dashes.start() if dashes else last
