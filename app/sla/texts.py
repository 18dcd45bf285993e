"""What is said about hours of the week, in the reader's language."""

from __future__ import annotations

from typing import Literal

from babel import dates

from app.core.language import _, language
from app.sla.slots import Slot, SlotProblem
from app.sla.words import SlotFault

# Names of the states as German law writes them; they are names, not words to translate.
HOLIDAY_STATES = {
    "BW": "Baden-Württemberg",
    "BY": "Bayern",
    "BE": "Berlin",
    "BB": "Brandenburg",
    "HB": "Bremen",
    "HH": "Hamburg",
    "HE": "Hessen",
    "MV": "Mecklenburg-Vorpommern",
    "NI": "Niedersachsen",
    "NW": "Nordrhein-Westfalen",
    "RP": "Rheinland-Pfalz",
    "SL": "Saarland",
    "SN": "Sachsen",
    "ST": "Sachsen-Anhalt",
    "SH": "Schleswig-Holstein",
    "TH": "Thüringen",
}


def weekday_name(weekday: int, width: Literal["abbreviated", "wide"] = "wide") -> str:
    """``Montag`` for 0; with ``abbreviated``, ``Mo.``."""
    return str(dates.get_day_names(width, locale=language())[weekday])


def span_of(slot: Slot) -> str:
    """``8:00–12:00``."""
    return "–".join(f"{minute // 60}:{minute % 60:02d}" for minute in (slot.start, slot.end))


def slot_problem(problem: SlotProblem) -> str:
    """What is wrong with a line of the week, in one sentence."""
    day, span = weekday_name(problem.weekday), span_of(problem.slot)
    if problem.fault is SlotFault.OVERLAP and problem.other is not None:
        return _("%(day)s: %(span)s overlaps %(other)s.", day=day, span=span, other=span_of(problem.other))
    return _("%(day)s: %(span)s ends before it begins.", day=day, span=span)
