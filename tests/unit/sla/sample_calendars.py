"""The calendars the stories are told in, and the public holidays copied by hand from the states' laws."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from app.sla.calendars import Calendar
from app.sla.closing_days import ClosingDays
from app.sla.slots import Slot

BERLIN = ZoneInfo("Europe/Berlin")

NATIONWIDE = {
    date(2026, 1, 1): "Neujahr",
    date(2026, 4, 3): "Karfreitag",
    date(2026, 4, 6): "Ostermontag",
    date(2026, 5, 1): "Erster Mai",
    date(2026, 5, 14): "Christi Himmelfahrt",
    date(2026, 5, 25): "Pfingstmontag",
    date(2026, 10, 3): "Tag der Deutschen Einheit",
    date(2026, 12, 25): "Erster Weihnachtstag",
    date(2026, 12, 26): "Zweiter Weihnachtstag",
    date(2027, 1, 1): "Neujahr",
    date(2027, 3, 26): "Karfreitag",
    date(2027, 3, 29): "Ostermontag",
    date(2027, 5, 1): "Erster Mai",
    date(2027, 5, 6): "Christi Himmelfahrt",
    date(2027, 5, 17): "Pfingstmontag",
    date(2027, 10, 3): "Tag der Deutschen Einheit",
    date(2027, 12, 25): "Erster Weihnachtstag",
    date(2027, 12, 26): "Zweiter Weihnachtstag",
}
BERLIN_DAYS = NATIONWIDE | {date(2026, 3, 8): "Frauentag", date(2027, 3, 8): "Frauentag"}
BAVARIAN_DAYS = NATIONWIDE | {
    date(2026, 1, 6): "Heilige Drei Könige",
    date(2026, 6, 4): "Fronleichnam",
    date(2026, 8, 15): "Mariä Himmelfahrt",
    date(2026, 11, 1): "Allerheiligen",
    date(2027, 1, 6): "Heilige Drei Könige",
    date(2027, 5, 27): "Fronleichnam",
    date(2027, 8, 15): "Mariä Himmelfahrt",
    date(2027, 11, 1): "Allerheiligen",
}


def hours(*bounds: float, days: range = range(5)) -> tuple[Slot, ...]:
    """Slots from pairs of hours, the same on each of the days (Monday to Friday)."""
    pairs = list(zip(bounds[::2], bounds[1::2], strict=True))
    return tuple(Slot(day, int(a * 60), int(b * 60)) for day in days for a, b in pairs)


def berlin(year: int, month: int, day: int, hour: int = 0, minute: int = 0, *, fold: int = 0) -> datetime:
    """An instant named by what a clock in Berlin shows, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN, fold=fold).astimezone(UTC)


ALWAYS = Calendar(BERLIN, name="24x7")
OFFICE = Calendar(BERLIN, hours(8, 17), name="Mo-Fr 8-17")
LUNCH = Calendar(BERLIN, hours(8, 12, 12.5, 17), name="Mo-Fr 8-17 with a lunch break")
OFFICE_BY = Calendar(BERLIN, hours(8, 17), ClosingDays("BY"))
OFFICE_BE = Calendar(BERLIN, hours(8, 17), ClosingDays("BE"))
SHIFTS_BY = Calendar(BERLIN, hours(0, 2.5, 2.5, 9, 20, 24, days=range(7)), ClosingDays("BY"))
WHOLE_WEEK = Calendar(BERLIN, hours(0, 24, days=range(7)))
NEVER = Calendar(BERLIN, ())
