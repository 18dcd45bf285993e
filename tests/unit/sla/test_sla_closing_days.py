"""Public holidays of the German states, and a firm's own closing days."""

from datetime import date

import holidays
import pytest
from sample_calendars import BAVARIAN_DAYS, BERLIN_DAYS

from app.sla.closing_days import STATES, ClosingDays

pytestmark = pytest.mark.sqlite_only


@pytest.mark.parametrize(("state", "days"), [("BY", BAVARIAN_DAYS), ("BE", BERLIN_DAYS)])
def test_the_holidays_of_a_state_are_those_of_its_law(state: str, days: dict[date, str]) -> None:
    closing = ClosingDays(state)
    assert dict(closing.in_year(2026)) | dict(closing.in_year(2027)) == days


def test_assumption_day_belongs_to_the_catholic_communities_of_bavaria() -> None:
    assumption = date(2026, 8, 15)
    assert ClosingDays("BY").name(assumption) == "Mariä Himmelfahrt"
    assert ClosingDays("BY", catholic=False).name(assumption) is None
    assert ClosingDays("SL", catholic=False).name(assumption) == "Mariä Himmelfahrt"


def test_corpus_christi_belongs_to_a_few_places_of_saxony_and_thuringia() -> None:
    for state in ("SN", "TH"):
        assert ClosingDays(state, catholic=False).name(date(2026, 6, 4)) is None
        assert ClosingDays(state, catholic=True).name(date(2026, 6, 4)) == "Fronleichnam"


def test_repentance_day_is_saxon() -> None:
    closed_in = {state for state in STATES if ClosingDays(state).name(date(2026, 11, 18))}
    assert closed_in == {"SN"}


def test_every_state_is_known_to_the_source_and_none_is_missing() -> None:
    assert set(STATES) == set(holidays.Germany.subdivisions) - {"Augsburg"}
    assert all(ClosingDays(state).name(date(2026, 10, 3)) for state in STATES)


def test_the_name_speaks_the_readers_language() -> None:
    assert ClosingDays("BE").name(date(2026, 3, 8), "de") == "Frauentag"
    assert ClosingDays("BE").name(date(2026, 3, 8), "en") == "Women's Day"


def test_no_state_has_no_holidays() -> None:
    assert ClosingDays().in_year(2026) == {}


def test_an_own_day_is_added_in_its_year_only_and_keeps_its_name() -> None:
    closing = ClosingDays("BE", own=frozenset({(date(2026, 12, 24), "Betriebsruhe")}))
    assert closing.name(date(2026, 12, 24), "en") == "Betriebsruhe"
    assert closing.name(date(2026, 12, 25), "en") == "Christmas Day"
    assert closing.name(date(2027, 12, 24)) is None


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown German state"):
        ClosingDays("XX")
