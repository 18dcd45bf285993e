"""New words and old ones: a reply apart from what it quotes and signs with, folded and never cut away.

Rather too much is shown than a word lost: answers between the quoted lines, a message passed on, a quote a
person chose to put in the middle, all are shown whole. Linear in the length of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.mailroom.replies import hints, phrases, signatures, starts
from app.mailroom.replies import lines as line_reading
from app.mailroom.replies.lines import Line
from app.mailroom.replies.starts import REPLY_MARKER, Starts

__all__ = ["MAX_EXAMINED", "MAX_LINES", "REPLY_MARKER", "Split", "split"]

MAX_EXAMINED = 200_000
MAX_LINES = 3_500
_MAX_INLINE_NOTE = 600


@dataclass(frozen=True, slots=True)
class Split:
    """A message: what is new, what can be folded (quotes and signatures, in their order), and the whole.

    ``is_mixed``: what is called new holds a quote as well, because nothing could tell the two apart.
    """

    new: str
    folded: list[str] = field(default_factory=list)
    whole: str = ""
    is_mixed: bool = False


def split(text: str, html: str | None = None, *, forwarded: bool = False) -> Split:
    """Tell the new words of a message from its quotes and signatures.

    Args:
        text: the plain text of the mail; what is beyond MAX_EXAMINED characters or MAX_LINES lines is shown, or
            goes with the quote it stands in.
        html: its HTML, where there is one; shows the beginning of quotes in languages nobody listed.
        forwarded: the subject says the mail was passed on: then what it quotes is new here, and all is shown.
    """
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    if forwarded or not whole.strip():
        return Split(whole.strip("\n"), [], whole, is_mixed=forwarded)
    examined, rest = _examined(whole)
    lines = line_reading.read(examined)
    found = starts.find(lines)
    if html and found.open_at is None and not found.attributions:
        _add_hint(lines, found, html)
    kept = _kept(lines, found)
    new = _joined(lines, kept)
    nothing_new = not new or new.split("\n", 1)[0].rstrip() == "--"
    if found.is_forward or nothing_new or len(kept) == len(lines) or _answers_inside(new, found):
        return Split(whole.strip("\n"), [], whole, is_mixed=_has_quote(lines, found))
    return _assembled(lines, kept, found, rest, whole)


def _has_quote(lines: list[Line], found: Starts) -> bool:
    return (
        found.is_forward
        or found.open_at is not None
        or bool(found.attributions)
        or any(line.quoted for line in lines)
    )


def _examined(whole: str) -> tuple[str, str]:
    """What is looked at line by line, and the rest."""
    if len(whole) <= MAX_EXAMINED and whole.count("\n") < MAX_LINES:
        return whole, ""
    head = whole[:MAX_EXAMINED]
    cut = len(head) - len(head.split("\n", MAX_LINES)[-1]) - 1
    cut = cut if cut > 0 else MAX_EXAMINED
    return whole[:cut], whole[cut:]


def _add_hint(lines: list[Line], found: Starts, html: str) -> None:
    line = hints.quote_line(lines, html)
    if line is None or lines[line].quoted:
        return
    for index in range(line, min(len(lines), line + 6)):
        if lines[index].quoted:
            found.attributions.update(range(line, index))
            return
    found.open_at = line


def _kept(lines: list[Line], found: Starts) -> set[int]:
    """The indexes of the new lines, signatures taken off."""
    end = len(lines) if found.open_at is None else found.open_at
    runs = _runs(lines, end, found)
    quotes = [run for run in runs if run[0]]
    if len(quotes) > 1 or (len(runs) == 3 and quotes and not _has_attribution(lines, quotes[0][1], found)):
        return set(range(len(lines)))
    kept: set[int] = set()
    for is_quote, indexes in runs:
        if not is_quote:
            kept.update(indexes[: signatures.below([lines[index] for index in indexes])])
    return kept


def _runs(lines: list[Line], end: int, found: Starts) -> list[tuple[bool, list[int]]]:
    """Stretches of quoted and of new lines in turn; blank lines go with what is above them."""
    runs: list[tuple[bool, list[int]]] = []
    for index in range(end):
        line = lines[index]
        is_quote = line.quoted or index in found.attributions
        if line.blank and not runs:
            continue
        if runs and (line.blank or runs[-1][0] == is_quote):
            runs[-1][1].append(index)
        else:
            runs.append((is_quote, [index]))
    return runs


def _has_attribution(lines: list[Line], indexes: list[int], found: Starts) -> bool:
    """Whether a program began the quote: with an attribution above it, or quoted along with it (Apple Mail)."""
    if any(index in found.attributions for index in indexes):
        return True
    first = " ".join(lines[index].bare.lstrip("> ") for index in indexes[:3])
    return line_reading.has_verb(first) and bool(phrases.START.match(first))


def _answers_inside(new: str, found: Starts) -> bool:
    """The person says the answers stand inside an unmarked quote, where nothing can tell them apart."""
    return found.open_at is not None and len(new) <= _MAX_INLINE_NOTE and bool(phrases.INLINE.search(new))


def _joined(lines: list[Line], kept: set[int]) -> str:
    return "\n".join(line.text for index, line in enumerate(lines) if index in kept).strip("\n").rstrip()


def _assembled(lines: list[Line], kept: set[int], found: Starts, rest: str, whole: str) -> Split:
    folded: list[str] = []
    piece: list[str] = []
    for index, line in enumerate(lines):
        if index in kept or index == found.open_at:
            _add_piece(folded, piece)
            piece = []
        if index not in kept:
            piece.append(line.text)
    new = _joined(lines, kept)
    if rest and (found.open_at is not None or (piece and _is_quoted(rest))):
        piece.append(rest.removeprefix("\n"))
    elif rest:
        new += rest
    _add_piece(folded, piece)
    return Split(new, folded, whole)


def _is_quoted(rest: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith(">") for line in rest.split("\n"))


def _add_piece(folded: list[str], piece: list[str]) -> None:
    text = "\n".join(piece).strip("\n").rstrip()
    if text.strip():
        folded.append(text)
