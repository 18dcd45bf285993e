"""What can happen when people come from a file or from the directory, beside what happens to each of them."""

from __future__ import annotations

from app.events.kinds import Fact


class PeopleImportStarted(Fact):
    kind = "people.import_started"
    lines: int


class PeopleImported(Fact):
    """A file of people is done."""

    kind = "people.imported"
    created: int
    updated: int
    unchanged: int
    refused: int
    closed: int


class PeopleFetched(Fact):
    """A run over the directory ended; ``trouble``: what kept it from its end, "" for nothing."""

    kind = "people.fetched"
    created: int
    updated: int
    closed: int
    reopened: int
    trouble: str = ""


class PeopleFetchStopped(Fact):
    """A run over the directory needs somebody.

    ``trouble``: too_many_gone (``count`` of them would have been deactivated), last_admin (who stays),
    permission_missing, or why Microsoft gives us no token.
    """

    kind = "people.fetch_stopped"
    trouble: str
    count: int = 0
