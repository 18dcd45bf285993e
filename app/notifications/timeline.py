"""What happened, as a line of a ticket's timeline, of the bell or of the audit page; in the reader's language.

Names are looked up for many events at once, or handed in by a page that knows them already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from app.accounts.models import Person, Team
from app.core.db import db
from app.core.formats import Formats
from app.core.language import language
from app.events.models import Event
from app.notifications import mail_tellers, schedule_tellers
from app.notifications.tellers import TELLERS
from app.notifications.told import Told
from app.notifications.words import Side
from app.tickets.models import Category, Comment

PEOPLE = ("person_id", "requester_id")
# Importing them has made them known.
TOLD_ELSEWHERE = (mail_tellers, schedule_tellers)
PAIRS_OF_PEOPLE = frozenset({"ticket.assigned", "ticket.requester_changed"})


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind ids. ``authors``: who wrote an entry, by its id (for what came by mail)."""

    people: Mapping[int, str] = field(default_factory=dict)
    teams: Mapping[int, str] = field(default_factory=dict)
    categories: Mapping[int, str] = field(default_factory=dict)
    authors: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``tone``: empty, ``warn`` or ``danger``."""

    event: Event
    icon: str
    text: Markup
    tone: str = ""


def lines(
    events: Iterable[Event], names: Names, side: Side, formats: Formats, *, reader_id: int | None = None
) -> list[Line]:
    """The lines of some events; kinds that a newer version wrote are left out.

    Args:
        events: already limited to what the reader may see.
        names: from ``names_of``, or a page's own.
        side: whose words are used.
        formats: of the reader.
        reader_id: who reads, to be addressed as "you"; None for nobody in particular.
    """
    found = []
    for event in events:
        teller = TELLERS.get(event.kind)
        if teller is not None:
            told = Told(event, names, side, formats, reader_id)
            found.append(Line(event, teller.icon, teller.tell(told), teller.tone))
    return found


def names_of(events: Sequence[Event]) -> Names:
    """Look up everything the events name; a statement for each sort of thing that is named at all."""
    people, teams, categories, entries = _ids(events)
    name = Category.name_en if language() == "en" else Category.name_de
    return Names(
        people={i: f"{first} {last}".strip() or email for i, first, last, email in _rows(people, *_PERSON)},
        teams=dict(_rows(teams, Team.id, Team.name)),
        categories=dict(_rows(categories, Category.id, name)),
        authors=dict(_rows(entries, Comment.id, Comment.author_name)),
    )


_PERSON = (Person.id, Person.first_name, Person.last_name, Person.email)


def _rows(ids: set[int], *columns: Any) -> list[Any]:
    if not ids:
        return []
    return [tuple(row) for row in db.session.execute(sa.select(*columns).where(columns[0].in_(ids)))]


def _ids(events: Sequence[Event]) -> tuple[set[int], set[int], set[int], set[int]]:
    people: set[int | None] = {event.actor_id for event in events}
    teams: set[int | None] = set()
    categories: set[int | None] = set()
    entries: set[int | None] = set()
    for event in events:
        payload = event.payload
        pair = {payload.get("old_id"), payload.get("new_id")}
        people |= {payload.get(key) for key in PEOPLE}
        if event.kind in PAIRS_OF_PEOPLE:
            people |= pair
        elif event.kind == "ticket.team_changed":
            teams |= pair
        elif event.kind == "ticket.category_changed":
            categories |= pair
        elif event.kind == "ticket.nobody_free":
            teams.add(payload.get("team_id"))
        elif event.actor_id is None:
            entries.add(payload.get("comment_id"))
    return tuple({i for i in ids if i} for ids in (people, teams, categories, entries))  # type: ignore[return-value]
