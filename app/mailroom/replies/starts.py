"""Where somebody else's words begin: attributions, header blocks, separators, in any language we know.

Every look ahead or back is bounded, so the whole is linear in the number of lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.mailroom.replies import lines as line_reading
from app.mailroom.replies import phrases
from app.mailroom.replies.lines import Line

# Put above the text of every notification; whatever stands below it is ours.
REPLY_MARKER = "##- Bitte oberhalb antworten / Please reply above this line -##"

_MARKER = re.compile(r"##-.{1,100}-##")
_MAX_ATTRIBUTION_LINES = 4
_MAX_BLOCK_LINES = 24
_MAX_CONTINUATIONS = 4
_MAX_PLAIN = 160
_NAMES_WROTE = re.compile(
    r"(?:[A-ZÀ-ÞА-Я\"(\[][\w.'’\")\]-]{0,40}[, ]{1,2}){1,5}\w{3,12}(?: (?:am|on|le) (?=[^:]{0,20}\d)[\w.,/: -]{4,40})?:"
)


@dataclass(slots=True)
class Starts:
    """What was found: attribution lines above ">" quotes, and where an unmarked quote runs to the end."""

    attributions: set[int] = field(default_factory=set)
    open_at: int | None = None
    is_forward: bool = False


def find(lines: list[Line]) -> Starts:
    """The beginnings of quoted messages.

    Args:
        lines: the message.
    """
    return _Finder(lines).find()


class _Finder:
    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self._starts = Starts()
        self._quote_follows = _quote_follows(lines)
        self._begins: dict[int, bool] = {}

    def find(self) -> Starts:
        index = 0
        while index < len(self._lines) and self._starts.open_at is None:
            index = self._look(index)
        return self._starts

    def _look(self, index: int) -> int:
        """Judge one line; returns the line to go on with."""
        line = self._lines[index]
        if line.quoted or not line.notable:
            return index + 1
        if "##-" in line.bare and _MARKER.search(line.bare):
            self._open(index)
        elif (separator := _separator(line.bare)) is not None:
            self._starts.is_forward = separator == "forward"
            self._open(self._with_rule(index))
        elif line.label and (behind := self._header_block(index)):
            return self._take(self._with_rule(index), behind)
        elif line_reading.ends_attribution(line.bare) or (
            line.bare.endswith(">") and self._quote_follows[index]
        ):
            self._attribution(index)
        return index + 1

    def _open(self, index: int) -> None:
        self._starts.open_at = index

    def _take(self, start: int, behind: int) -> int:
        """A quote begins at start; whether it has marks shows behind its attribution or header block."""
        if self._quote_follows[behind - 1]:
            self._starts.attributions.update(range(start, behind))
        else:
            self._open(start)
        return behind

    def _attribution(self, last: int) -> None:
        first = self._attribution_start(last)
        if first is not None:
            self._take(first, last + 1)

    def _attribution_start(self, last: int) -> int | None:
        """The first line of the attribution that ends here; the shortest one that begins like one."""
        marked = self._quote_follows[last]
        joined = ""
        for first in range(last, max(-1, last - _MAX_ATTRIBUTION_LINES), -1):
            line = self._lines[first]
            if line.blank or line.quoted:
                break
            joined = f"{line.bare} {joined}".replace("< ", "<")
            if self._begins_attribution(first) and _is_attribution(joined, marked):
                return first
        return last if _is_plain_attribution(self._lines[last].bare, marked) else None

    def _begins_attribution(self, index: int) -> bool:
        if index not in self._begins:
            self._begins[index] = bool(phrases.START.match(self._lines[index].bare))
        return self._begins[index]

    def _header_block(self, index: int) -> int:
        """Where the lines "From: … Sent: … To: … Subject: …" that begin here end; 0 when they are none."""
        if self._lines[index].label not in (phrases.FROM, phrases.DATED, phrases.ABOUT):
            return 0
        kinds: set[str] = set()
        said: list[Line] = []
        behind = index
        loose = 0
        for position in range(index, min(len(self._lines), index + _MAX_BLOCK_LINES)):
            line = self._lines[position]
            if line.label in kinds and line.label != phrases.OTHER:
                break
            if line.label and not line.quoted:
                kinds.add(line.label)
                said.append(line)
                behind, loose = position + 1, 0
                continue
            loose += 1
            if line.quoted or loose > _MAX_CONTINUATIONS or not self._block_goes_on(position):
                break
        return behind if _is_header_block(kinds, said) else 0

    def _block_goes_on(self, position: int) -> bool:
        """A long list of recipients wraps, and HTML puts blank lines between the fields."""
        ahead = self._lines[position + 1 : position + 1 + _MAX_CONTINUATIONS]
        if not self._lines[position].blank:
            return any(line.label for line in ahead)
        return bool(ahead) and bool(ahead[0].label)

    def _with_rule(self, index: int) -> int:
        """The rule drawn above a header block belongs to it."""
        for above in range(index - 1, max(-1, index - 4), -1):
            bare = self._lines[above].bare
            if not bare:
                continue
            return above if len(bare) >= 5 and not bare.strip("_-=—–* ") else index
        return index


def _quote_follows(lines: list[Line]) -> list[bool]:
    """For each line whether the next line with something on it is quoted."""
    follows = [False] * len(lines)
    state = False
    for index in range(len(lines) - 1, -1, -1):
        follows[index] = state
        if not lines[index].blank:
            state = lines[index].quoted
    return follows


def _separator(bare: str) -> str | None:
    """'reply' or 'forward' for a line like "-----Original Message-----", else None."""
    if len(bare) > 200 or (bare[0] not in "-_=*[>" and bare[-1] not in ":："):
        return None
    core = bare.strip("-_=*>[]. \t").lower().replace("’", "'").rstrip(":： ")
    if core.startswith(phrases.FORWARD_LINES) and len(core) < 60:
        return "forward"
    if not bare.lstrip("*> \t").startswith(("--", "__", "==")) and not bare.startswith("*--"):
        return None
    if core.startswith(phrases.FORWARDS):
        return "forward"
    if core in phrases.SEPARATORS:
        return "reply"
    lotus = bare.endswith("--") and line_reading.has_verb(bare) and phrases.ADDRESS.search(bare)
    return "reply" if lotus else None


def _is_attribution(joined: str, marked: bool) -> bool:
    """Whether lines that begin and end like an attribution are one.

    Args:
        joined: its lines in one.
        marked: whether a ">" quote follows; if not, everything to the end would be taken for quoted, so a person
            telling when somebody wrote must not be mistaken for a program.
    """
    verb = line_reading.has_verb(joined)
    bracketed = bool(phrases.BRACKETED_ADDRESS.search(joined))
    if not (verb or marked) or (not bracketed and phrases.STORY.search(joined)):
        return False
    time = list(phrases.TIME.finditer(joined))
    date = bool(phrases.DATE.search(joined))
    if not verb:
        return bracketed and date
    if marked:
        return bracketed or bool(time) or date or bool(phrases.ADDRESS.search(joined))
    return (bracketed and (date or bool(time))) or (
        date and bool(time) and _is_name(joined[time[-1].end() :])
    )


def _is_name(rest: str) -> bool:
    """Whether between the time and the colon there are a name and a verb, and no sentence."""
    words = phrases.VERB.sub(" ", rest).strip(" :：>*-_,").split()
    words = [word for word in words if word.lower().strip(",.:;") not in phrases.GLUE]
    return len(words) <= 8 and all(
        not word[0].isalpha() or word[0].isupper() or "@" in word for word in words
    )


def _is_plain_attribution(bare: str, marked: bool) -> bool:
    """A line that begins with a name: "Ada Lovelace wrote:", "Ada <ada@x> schrieb am 7. März 2024 um 18:05:"."""
    if len(bare) > _MAX_PLAIN or not line_reading.has_verb(bare):
        return False
    if phrases.BRACKETED_ADDRESS.search(bare):
        return marked or bool(phrases.DATE.search(bare) and phrases.TIME.search(bare))
    return marked and not phrases.STORY.search(bare) and bool(_NAMES_WROTE.fullmatch(bare))


def _is_header_block(kinds: set[str], said: list[Line]) -> bool:
    """Whether fields that stand together were written by a program; people fill in forms, too."""
    main = kinds & {phrases.FROM, phrases.DATED, phrases.TO, phrases.ABOUT}
    if len(main) < 2:
        return False
    dates = [line for line in said if line.label == phrases.DATED]
    by_program = any(_label_of(line) in phrases.PROGRAM_DATES for line in dates)
    address = any("@" in line.bare for line in said)
    time = any(phrases.TIME.search(line.bare) for line in dates)
    if phrases.FROM in main:
        return address or by_program or (time and phrases.ABOUT in main)
    if said[0].label == phrases.DATED and phrases.TO in main:
        return address and (time or by_program)
    return len(main) >= 3 and address and bool(dates)


def _label_of(line: Line) -> str:
    return line.bare.strip("*_| ").partition(":")[0].strip("*_ ").lower()
