"""Days on which a calendar stays closed: the public holidays of a German state, and own days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays

STATES = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
_PACKAGE_LANGUAGE = {"de": "de", "en": "en_US"}


@dataclass(frozen=True, slots=True)
class ClosingDays:
    """A state's public holidays by law and the days a firm adds.

    `state` is one of STATES (two letters, ISO 3166-2:DE) or None for no public holidays. `catholic`
    adds the days that are free only in catholic communities, where the state has such days: Mariä
    Himmelfahrt in most of BY, Fronleichnam in a few places of SN and TH. `own` holds (day, name).
    Public holidays are known for 1991 to 2100. Raises ValueError on an unknown state.
    """

    state: str | None = None
    catholic: bool = True
    own: frozenset[tuple[date, str]] = frozenset()

    def __post_init__(self) -> None:
        if self.state is not None and self.state not in STATES:
            raise ValueError(f"unknown German state: {self.state!r}")

    def in_year(self, year: int, language: str = "de") -> Mapping[date, str]:
        """The closing days of a year with their names; `language` is "de" or "en", own names stay."""
        public = _public_holidays(self.state, self.catholic, year, language) if self.state else {}
        own = {day: name for day, name in self.own if day.year == year}
        return {**public, **own} if own else public

    def name(self, day: date, language: str = "de") -> str | None:
        """What closes this day, None when nothing does."""
        return self.in_year(day.year, language).get(day)


@lru_cache(maxsize=512)
def _public_holidays(state: str, catholic: bool, year: int, language: str) -> Mapping[date, str]:
    categories = ("public", "catholic") if catholic else ("public",)
    return dict(
        holidays.country_holidays(
            "DE", subdiv=state, years=year, categories=categories, language=_PACKAGE_LANGUAGE[language]
        )
    )
