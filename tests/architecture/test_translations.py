"""Every sentence speaks German: complete, without leftovers, in one voice, with the same gaps to fill."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import pytest

from tests.architecture.sentences import (
    Said,
    Translated,
    catalogues,
    everything,
    in_code,
    in_template,
    placeholders,
    read,
)
from tests.architecture.source import module, modules

pytestmark = pytest.mark.sqlite_only
# How often a sentence may come from a variable, because it was written out where it was named.
FROM_VARIABLES = {
    "app/core/language.py": 3,
    "app/core/schema.py": 1,
    "app/notifications/tellers.py": 1,
    "app/web/kit/marks.py": 1,
}
# Formal and calm: "Sie", no exclamation marks, no "leider".
TONE = re.compile(r"!|\bleider\b|\bunfortunately\b|\b(?:du|dich|dir|dein\w*|euch|euer)\b", re.IGNORECASE)


def without_german(said: Iterable[Said], known: Iterable[Translated]) -> set[str]:
    """Sentences that a German reader would see in English."""
    german = {entry.key: entry for entry in known if all(text.strip() for text in entry.german)}
    return {
        f"{one.where} {one.sentence!r}"
        for one in said
        if one.sentence and (one.key not in german or german[one.key].plural != one.plural)
    }


def leftovers(said: Iterable[Said], known: Iterable[Translated]) -> set[str]:
    """Entries nobody says any more."""
    used = {one.key for one in said}
    return {f"{entry.area}: {' '.join(entry.key)!r}" for entry in known if entry.key not in used}


def at_odds(known: Iterable[Translated]) -> set[str]:
    """Sentences that are translated in two ways."""
    found = defaultdict(set)
    for entry in known:
        found[entry.key].add((entry.plural, entry.german))
    return {sentence for (_context, sentence), ways in found.items() if len(ways) > 1}


def twice(known: Iterable[Translated]) -> set[str]:
    """Sentences that stand twice in one catalogue."""
    seen: set[tuple[str, str, str]] = set()
    again = set()
    for entry in known:
        place = (entry.area, *entry.key)
        again |= {entry.sentence} if place in seen else set()
        seen.add(place)
    return again


def wrong_gaps(known: Iterable[Translated]) -> Iterator[str]:
    """German texts with other placeholders than the English ones."""
    for entry in known:
        wanted = placeholders(entry.sentence) | placeholders(entry.plural)
        for number, text in enumerate(entry.german):
            given = placeholders(text)
            may_drop = {"num"} if entry.plural and number == 0 else set()
            if given - wanted or (wanted - given) - may_drop:
                yield f"{entry.area}: {entry.sentence!r}"


def wrong_tone(known: Iterable[Translated]) -> Iterator[str]:
    """Sentences that shout, whine or are too familiar."""
    for entry in known:
        for text in (entry.sentence, entry.plural, *entry.german):
            if TONE.search(text):
                yield f"{entry.area}: {text!r}"


def variable(said: Iterable[Said]) -> set[str]:
    """Sentences that cannot be found because they are put together while the program runs."""
    unknown = [one.where for one in said if not one.sentence]
    files = Counter(where.split(":")[0] for where in unknown)
    return {where for where in unknown if files[path := where.split(":")[0]] > FROM_VARIABLES.get(path, 0)}


@pytest.fixture(scope="module")
def said() -> list[Said]:
    return everything(modules())


@pytest.fixture(scope="module")
def known() -> list[Translated]:
    return catalogues()


def test_every_sentence_has_its_german(said: list[Said], known: list[Translated]) -> None:
    assert without_german(said, known) == set()


def test_no_translation_is_left_over(said: list[Said], known: list[Translated]) -> None:
    assert leftovers(said, known) == set()


def test_a_sentence_is_translated_in_one_way(known: list[Translated]) -> None:
    assert at_odds(known) == set()


def test_a_sentence_stands_once_in_a_catalogue(known: list[Translated]) -> None:
    assert twice(known) == set()


def test_the_german_has_the_same_gaps(known: list[Translated]) -> None:
    assert list(wrong_gaps(known)) == []


def test_the_tone_is_formal_and_calm(known: list[Translated]) -> None:
    assert list(wrong_tone(known)) == []


def test_every_gap_is_filled_where_the_sentence_is_said(said: list[Said]) -> None:
    assert {f"{one.where} {sorted(one.missing)}" for one in said if one.missing} == set()


def test_sentences_are_written_out_where_they_are_said(said: list[Said]) -> None:
    assert variable(said) == set()


PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"

{entries}
"""


def po(entries: str, area: str = "planted") -> list[Translated]:
    return read(area, PO.format(entries=entries).encode())


CODE = """
_("Hello, %(name)s.", name=1)
ngettext("%(num)s day", "%(num)s days", 2)
pgettext("verb", "Open")
Lazy("Open", "adjective")
refuse(N_("No."))
"""
GERMAN = """
msgid "Hello, %(name)s."
msgstr "Guten Tag, %(name)s."

msgid "%(num)s day"
msgid_plural "%(num)s days"
msgstr[0] "ein Tag"
msgstr[1] "%(num)s Tage"

msgctxt "verb"
msgid "Open"
msgstr "Öffnen"

msgctxt "adjective"
msgid "Open"
msgstr "Offen"

msgid "No."
msgstr "Nein."
"""


def test_what_is_right_passes() -> None:
    found, german = list(in_code([module("app.planted", CODE)])), po(GERMAN)
    assert without_german(found, german) == leftovers(found, german) == at_odds(german) == set()
    assert [*wrong_gaps(german), *wrong_tone(german), *twice(german)] == []
    assert not any(one.missing for one in found)


@pytest.mark.parametrize(
    "line", ['_("New.")', 'pgettext("noun", "Open")', 'Lazy("New.")', 'x = refuse("New.")']
)
def test_a_sentence_without_german_is_found(line: str) -> None:
    assert without_german(in_code([module("app.planted", line)]), po(GERMAN))


def test_a_sentence_of_a_template_without_german_is_found() -> None:
    source = (
        '{{ _("New.") }}{% trans n=1 %}%(n)s new{% pluralize %}news{% endtrans %}{{ pgettext("a", "b") }}'
    )
    assert len(without_german(in_template("planted.html", source), po(GERMAN))) == 3


def test_an_empty_translation_is_found() -> None:
    assert without_german(in_code([module("app.planted", '_("No.")')]), po('msgid "No."\nmsgstr ""'))


def test_a_leftover_is_found() -> None:
    assert len(leftovers([], po(GERMAN))) == 5


def test_a_sentence_translated_in_two_ways_is_found() -> None:
    assert at_odds([*po(GERMAN), *po('msgid "No."\nmsgstr "Nö."', "other")]) == {"No."}


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "Hello, %(name)s."\nmsgstr "Guten Tag."',
        'msgid "Hello, %(name)s."\nmsgstr "Guten Tag, %(nmae)s."',
        'msgid "%(num)s day"\nmsgid_plural "%(num)s days"\nmsgstr[0] "ein Tag"\nmsgstr[1] "Tage"',
    ],
)
def test_another_gap_is_found(entry: str) -> None:
    assert list(wrong_gaps(po(entry)))


@pytest.mark.parametrize("text", ["Fertig!", "Das geht leider nicht.", "Wollen Sie, dass dein Text bleibt?"])
def test_a_wrong_tone_is_found(text: str) -> None:
    assert list(wrong_tone(po(f'msgid "x"\nmsgstr "{text}"')))


@pytest.mark.parametrize("line", ['_("Hello, %(name)s.")', '_("Hello.", name=1)', 'Lazy("Hello, %(name)s.")'])
def test_a_gap_nobody_fills_is_found(line: str) -> None:
    assert [one for one in in_code([module("app.planted", line)]) if one.missing]


@pytest.mark.parametrize("line", ['_(f"Hello, {name}.")', "_(text)", '_("Hello, " + name)'])
def test_a_sentence_put_together_while_running_is_found(line: str) -> None:
    assert variable(in_code([module("app.planted", line)]))
