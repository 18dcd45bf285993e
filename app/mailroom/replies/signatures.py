"""What stands below the words: signatures behind "-- ", lines a phone adds, the footer of a mailing list."""

from __future__ import annotations

from app.mailroom.replies import phrases
from app.mailroom.replies.lines import Line

_MAX_LINES = 15
_MAX_CHARACTERS = 1_500
_MAX_FOOTER_LINES = 6
_MAX_TAILS = 5


def below(lines: list[Line]) -> int:
    """The index from which one run of new lines is only signature; len(lines) when none of it is.

    A signature is short and has something above it; whatever does not look like one stays.

    Args:
        lines: new lines that stand together.
    """
    filled = end = _trimmed(lines, len(lines))
    for _ in range(_MAX_TAILS):
        shorter = _trimmed(lines, _without_tail(lines, end))
        if shorter == end:
            break
        end = shorter
    return end if end < filled else len(lines)


def _without_tail(lines: list[Line], end: int) -> int:
    if end and _is_device_line(lines[end - 1].bare):
        return end - 1
    start = _footer_start(lines, end)
    if start is None:
        start = _delimiter(lines, end)
    return end if start is None or not _trimmed(lines, start) else start


def _delimiter(lines: list[Line], end: int) -> int | None:
    """The last "-- " with little enough below it."""
    characters = 0
    filled = 0
    for index in range(end - 1, -1, -1):
        line = lines[index]
        if line.text.rstrip() == "--":
            return index
        characters += len(line.bare)
        filled += not line.blank
        if filled > _MAX_LINES or characters > _MAX_CHARACTERS:
            return None
    return None


def _footer_start(lines: list[Line], end: int) -> int | None:
    """ "____" and the name and address of a mailing list."""
    for index in range(end - 1, max(-1, end - 1 - _MAX_FOOTER_LINES), -1):
        bare = lines[index].bare
        if len(bare) >= 2 and not bare.strip("_"):
            footer = " ".join(line.bare for line in lines[index + 1 : end]).lower()
            return index if "mailing list" in footer or "listinfo" in footer else None
    return None


def _is_device_line(bare: str) -> bool:
    if len(bare) > 400:
        return False
    unlinked = phrases.LINK.sub("", bare)
    if phrases.DEVICE.fullmatch(unlinked):
        return True
    return unlinked != bare and bool(phrases.DEVICE_WITH_LINK.fullmatch(unlinked))


def _trimmed(lines: list[Line], end: int) -> int:
    """The end without blank lines before it."""
    while end and lines[end - 1].blank:
        end -= 1
    return end
