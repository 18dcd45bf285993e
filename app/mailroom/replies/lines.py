"""A message cut into lines, each looked at once: what it could be on its own."""

from __future__ import annotations

from dataclasses import dataclass

from app.mailroom.replies import phrases

_HEAD = 400
_TAIL = 200
_COLONS = (":", "：")


@dataclass(slots=True)
class Line:
    """One line. bare is what patterns look at: stripped, and of a very long line only both ends."""

    text: str
    bare: str
    quoted: bool
    label: str = ""

    @property
    def blank(self) -> bool:
        """Whether nothing is on it."""
        return not self.bare


def read(text: str) -> list[Line]:
    """The lines of a text; an attribution that begins in the middle of a line gets a line of its own.

    Args:
        text: with "\\n" line ends.
    """
    found: list[Line] = []
    for raw in text.split("\n"):
        line = _line(raw)
        cut = _middle_start(line)
        if cut:
            found.extend((_line(raw[:cut]), _line(raw[cut:])))
        else:
            found.append(line)
    return found


def ends_attribution(bare: str) -> bool:
    """Whether a line could be the last of "On … wrote:" or of "---- On … wrote ----"."""
    core = bare.rstrip(" \t*_>-\xa0\u00ad")
    return core.endswith(_COLONS) or (bare.endswith("--") and bool(phrases.VERB_AT_END.search(core[-40:])))


def has_verb(text: str) -> bool:
    """Whether a word for "wrote" stands in the text."""
    return bool(phrases.VERB.search(text))


def _line(raw: str) -> Line:
    bare = raw.strip()
    if len(bare) > _HEAD + _TAIL:
        bare = f"{bare[:_HEAD]} {bare[-_TAIL:]}"
    match = phrases.LABEL.match(bare)
    label = phrases.LABELS.get(match[1].lower().strip(), "") if match else ""
    return Line(raw, bare, bare.startswith(">"), label)


def _middle_start(line: Line) -> int:
    """Where in the line an attribution begins that something stands in front of, 0 when none does."""
    if len(line.text) > 2_000 or not ends_attribution(line.bare) or not has_verb(line.bare):
        return 0
    if line.quoted or phrases.START.match(line.bare) or not phrases.ADDRESS.search(line.bare):
        return 0
    last = 0
    for match in phrases.MIDDLE_START.finditer(line.text):
        last = match.end()
    return last
