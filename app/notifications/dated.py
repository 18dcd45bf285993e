"""Moments for mails and cards: with their date, because nobody knows on which day they are read."""

from __future__ import annotations

from datetime import datetime

from app.core.formats import Formats


class DatedFormats(Formats):
    """As Formats, but never ``today`` or ``yesterday``."""

    def moment(self, at: datetime) -> str:
        """``20. November 2026, 9:12``."""
        return f"{self.day(at)}, {self.time(at)}"
