"""Times, spans, numbers and sizes as a reader writes them; used by pages and mails alike."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import dates, numbers

from app.core import clock
from app.core.language import _, language, ngettext

UNITS = ("KB", "MB", "GB")
SMALLEST_KB = 100  # below it "0,1 KB" says less than the number of bytes


class Formats:
    """Formatting for one reader.

    Args:
        time_zone: IANA name of the reader's zone.
    """

    def __init__(self, time_zone: str) -> None:
        self.zone = ZoneInfo(time_zone)

    def time(self, at: datetime) -> str:
        """``9:12`` (24 hours in both languages)."""
        local = at.astimezone(self.zone)
        return f"{local.hour}:{local.minute:02d}"

    def day(self, at: datetime) -> str:
        """``12. November 2026``."""
        return str(dates.format_date(at.astimezone(self.zone), "long", locale=language()))

    def calendar_day(self, day: date) -> str:
        """A day of the calendar, whatever the zone: ``12. November 2026``."""
        return str(dates.format_date(day, "long", locale=language()))

    def weekday(self, at: datetime) -> str:
        """``Mo.`` as calendars print it."""
        return str(dates.format_datetime(at.astimezone(self.zone), "EEE", locale=language()))

    def moment(self, at: datetime) -> str:
        """``Heute, 9:12`` · ``Gestern, 9:12`` · ``Fr., 14. Nov., 9:12`` · with the year when it is not this one."""
        local, today = at.astimezone(self.zone), clock.now().astimezone(self.zone).date()
        days = (local.date() - today).days
        if days == 0:
            return _("Today, %(time)s", time=self.time(at))
        if days == -1:
            return _("Yesterday, %(time)s", time=self.time(at))
        if days == 1:
            return _("Tomorrow, %(time)s", time=self.time(at))
        pattern = "EEE, d. MMM" if language() == "de" else "EEE, d MMM"
        if local.year != today.year:
            pattern += " y"
        return f"{dates.format_datetime(local, pattern, locale=language())}, {self.time(at)}"

    def ago(self, at: datetime) -> str:
        """``vor 3 Min.`` · ``gestern`` for a list."""
        passed = clock.now() - at
        minutes = int(passed.total_seconds() // 60)
        if minutes < 1:
            return _("just now")
        if minutes < 60:
            return _("%(n)s min. ago", n=minutes)
        if minutes < 24 * 60:
            return _("%(n)s h ago", n=minutes // 60)
        days = (clock.now().astimezone(self.zone).date() - at.astimezone(self.zone).date()).days
        if days == 1:
            return _("yesterday")
        return ngettext("%(num)s day ago", "%(num)s days ago", days)

    def span(self, span: timedelta) -> str:
        """``2 Std. 10 Min.`` · ``1 Tag 4 Std.`` · ``unter 1 Min.``, always positive."""
        minutes = int(abs(span).total_seconds() // 60)
        if not minutes:
            return _("under 1 min.")
        days, rest = divmod(minutes, 24 * 60)
        hours, minutes = divmod(rest, 60)
        parts = []
        if days:
            parts.append(ngettext("%(num)s day", "%(num)s days", days))
        if hours:
            parts.append(_("%(n)s h", n=hours))
        if not days and (minutes or not hours):
            parts.append(_("%(n)s min.", n=minutes))
        return " ".join(parts)

    def number(self, value: float) -> str:
        """Grouped by the reader's habit, at most one decimal."""
        return str(numbers.format_decimal(round(value, 1), locale=language()))

    def size(self, size: int) -> str:
        """Bytes as a person reads them."""
        if size < SMALLEST_KB:
            return ngettext("%(num)s byte", "%(num)s bytes", size)
        amount = size / 1024
        unit = UNITS[0]
        for unit in UNITS:
            if amount < 1024 or unit == UNITS[-1]:
                break
            amount /= 1024
        return f"{self.number(amount if amount < 10 else round(amount))} {unit}"
