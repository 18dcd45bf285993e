"""Passwords that guessing programs try first: common words with the usual decoration, walks over the keyboard,
rows of letters and digits, dates, the person's own name. Kept as rules, so that it works without any list from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from app.core.text import fold

LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "@": "a", "5": "s", "$": "s", "7": "t", "!": "i"}
)
DATE = re.compile(r"\d{1,2}[./\- ]?\d{1,2}[./\- ]?(19|20)?\d\d|(19|20)\d\d[./\- ]?\d\d[./\- ]?\d\d")
LEAST_REST = 4  # letters that must be left when everything well known is taken away
WALKS = (
    "qwertzuiopasdfghjklyxcvbnm",
    "qwertyuiopasdfghjklzxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "qaywsxedcrfvtgbzhnujmikolp",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qay2wsx3edc4rfv5tgb6zhn7ujm8ik9ol0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6z7u8i9o0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5z6u7i8o9p0",
    "abcdefghijklmnopqrstuvwxyz",
    "abc123def456ghi789",
    "01234567890123456789",
    "741852963",
    "147258369",
)
WORDS = """
abcd access adidas admin administrator adobe alexander alles amazon andrea andreas andrew angel anthony apple april
arsenal ashley august autumn baby bailey banana bankai barbara barcelona baseball basketball batman bayern benjamin
benutzer berlin bernd bienvenue bigdaddy birgit blume boomer borussia boston brandon bubbles buster butterfly change
changeme charlie cheese chelsea chester chicken chocolate chris christian christine claudia cocacola computer cookie
cooper corvette dallas daniel david default demo deutschland dezember diamond dienstag dolphin donald donnerstag
dortmund dragon einfach elephant elisabeth emma engel entry eternal fabian facebook falcon familie family ferrari
firma flower football forever fortuna frank frankfurt frankreich franzi freedom freitag freund friend fritz fruehling
fussball gandalf geheim george germany ginger gmail golden google guest guitar hallo hamburg hammer hannah hannover
harley heaven heidi heimat heinrich helga hello helpdesk herbst herz hoffnung hockey hotmail hund hunter ichliebe
iloveyou internet ireland jackson jaguar jakob jasmin jasmine jennifer jessica johannes jonathan jordan joshua julia
juli juni juventus kaiser karlsruhe karneval katharina katze kathrin kennwort kerstin killer koeln koenig klaus kunde
laptop lara leipzig leonie lena letmein liebe linux liverpool login london lovely loveme lucky ludwig lukas maerz
magdalena maggie mallorca manager manchester manuela marcel maria marina marion markus martin martina master matrix
matthew maus maximilian melanie mercedes mercury merlin michael michaela michelle microsoft mittwoch monika monkey
montag monster morgen mother muenchen murphy musik muster mustang mutter mybaby nadine natalie newyork nicholas
nicole nissan november office oktober oliver online orange ostern outlook owner parole pass passwd password passwort
patrick peanut pepper peter phoenix player please pokemon porsche power prince princess private purple qwer qwert
qwerty qwertz raider rainbow ranger real rebecca regen richard robert rocket root rosebud samantha samsung samstag
sandra schalke schatz schmetterling schneider schnucki schule schwarz scooter secret secure september server shadow
silver simone slipknot smart snoopy snowball soccer sommer sonne sonntag sophie spiderman starwars stefan steffi
steven stuttgart summer sunflower sunshine super superman support susanne sweet system tanja test teste tester thomas
thunder tiger tigger tinkerbell today treustes trustno tweety twitter urlaub user vanessa vater victoria volkswagen
wasser webmaster weihnachten welcome werder whatever wilhelm willkommen winter wolfgang yamaha yankees zaubern zugang
zuhause
"""


def is_guessable(password: str, own_words: Iterable[str] = ()) -> bool:
    """Whether a guessing program that knows the person would find this password soon.

    Args:
        password: the new password, at least eight characters.
        own_words: name, address and the like; parts under four letters are passed over.
    """
    low = fold(password)
    if len(set(low)) <= 3 or _is_repeated(low) or _is_date(low) or _is_walk(low):
        return True
    known = _words() | {part for word in own_words for part in _parts(word)}
    return any(_is_decorated(variant, known) for variant in (low, low.translate(LEET)))


def _is_repeated(text: str) -> bool:
    return any(text == (text[:n] * len(text))[: len(text)] for n in range(1, min(4, len(text) // 2) + 1))


def _is_date(text: str) -> bool:
    return DATE.fullmatch(text) is not None


def _is_walk(text: str) -> bool:
    """Rows of neighbouring keys, letters or digits, forwards or backwards, perhaps two of them one after the other."""
    rest, steps = re.sub(r"[^a-z0-9]", "", text), 0
    while len(rest) >= 3 and steps < 3:
        cut = _walked(rest)
        if cut < 3:
            return False
        rest, steps = rest[cut:], steps + 1
    return len(rest) < 3


def _walked(text: str) -> int:
    """How many characters at the start of the text are one walk."""
    rows = [row for walk in WALKS for row in (walk, walk[::-1])]
    best = len(text) - len(text.lstrip(text[0]))
    for length in range(len(text), best, -1):
        if any(text[:length] in row for row in rows):
            return length
    return best


def _is_decorated(text: str, known: frozenset[str]) -> bool:
    """One or two known words and what is hung around them (digits, signs), with too little left over."""
    letters, found = re.sub(r"[^a-z]", "", text), 0
    for word in sorted((word for word in known if word in letters), key=len, reverse=True):
        found += word in letters
        letters = letters.replace(word, "")
    return 1 <= found <= 2 and len(letters) < LEAST_REST


def _parts(word: str) -> list[str]:
    return [part for part in re.split(r"[^a-z]+", fold(word)) if len(part) >= LEAST_REST]


@cache
def _words() -> frozenset[str]:
    return frozenset(word for word in WORDS.split() if len(word) >= LEAST_REST)
