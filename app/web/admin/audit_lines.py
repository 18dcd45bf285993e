"""Lines of the audit log: for the page with names and links, for the file plain and safe to open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.accounts.queries import names
from app.core.language import Lazy, _, lazy_gettext
from app.core.sheets import BOM, written
from app.tickets.words import number_of
from app.web.admin.kinds import kind_name

if TYPE_CHECKING:
    from app.events.models import Event

COLUMNS = (
    "id",
    "at",
    "kind",
    "actor_kind",
    "actor_id",
    "actor",
    "subject_kind",
    "subject_id",
    "ticket",
    "details",
)
ACTORS: dict[str, Lazy] = {
    "mail": lazy_gettext("Incoming mail"),
    "clock": lazy_gettext("The clock"),
    "shell": lazy_gettext("The command line"),
    "rule": lazy_gettext("A rule"),
    "ai": lazy_gettext("The AI"),
    "nobody": lazy_gettext("Nobody signed in"),
    "person": lazy_gettext("A person"),
}
SUBJECTS: dict[str, Lazy] = {
    "audit": lazy_gettext("Audit log"),
    "blocked_sender": lazy_gettext("Blocked sender"),
    "category": lazy_gettext("Category"),
    "channel": lazy_gettext("Channel in Teams of the house"),
    "delivery": lazy_gettext("Delivery"),
    "mail": lazy_gettext("E-mail"),
    "mail_account": lazy_gettext("Mail account"),
    "mail_signature": lazy_gettext("Signature"),
    "mail_template": lazy_gettext("Words of a mail"),
    "muted_address": lazy_gettext("Silenced address"),
    "organisation": lazy_gettext("Organisation"),
    "people_fetch": lazy_gettext("Run over the directory"),
    "people_import": lazy_gettext("Import of people"),
    "person": lazy_gettext("Person"),
    "settings": lazy_gettext("Settings"),
    "sla_policy": lazy_gettext("SLA policy"),
    "team": lazy_gettext("Team"),
    "webhook": lazy_gettext("Webhook"),
    "work_calendar": lazy_gettext("Calendar"),
}
PLACES = {
    "people_import": "/people/import/{}",
    "person": "/people/{}",
    "team": "/admin/teams/{}",
    "organisation": "/admin/organisations/{}",
    "category": "/admin/categories/{}",
    "mail_account": "/admin/mail/{}",
    "sla_policy": "/admin/sla/policies/{}",
    "webhook": "/admin/webhooks/{}",
    "work_calendar": "/admin/sla/calendars/{}",
}


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One event as the page shows it."""

    id: int
    at: datetime
    what: str
    who: str
    who_url: str
    subject: str
    subject_url: str
    details: list[tuple[str, str]]


def lines(events: Sequence[Event]) -> list[AuditLine]:
    """Events for the page, with the names of people, in one further statement."""
    known = names(event.actor_id for event in events)
    people = {person_id: name.full_name for person_id, name in known.items()}
    return [_line(event, people) for event in events]


def _line(event: Event, people: Mapping[int, str]) -> AuditLine:
    subject, url = _subject(event)
    return AuditLine(
        id=event.id,
        at=event.at,
        what=kind_name(event.kind),
        who=_who(event, people),
        who_url=f"/people/{event.actor_id}" if event.actor_id else "",
        subject=subject,
        subject_url=url,
        details=_details(event.payload),
    )


def _who(event: Event, people: Mapping[int, str]) -> str:
    if event.actor_id is not None and event.actor_id in people:
        return people[event.actor_id]
    return str(ACTORS.get(event.actor_kind, event.actor_kind))


def _subject(event: Event) -> tuple[str, str]:
    if event.ticket_id is not None:
        number = number_of(event.ticket_id)
        return number, f"/tickets/{number}"
    if not event.subject_id:
        return str(SUBJECTS.get(event.subject_kind, event.subject_kind)), ""
    place = PLACES.get(event.subject_kind, "")
    name = SUBJECTS.get(event.subject_kind, event.subject_kind)
    return f"{name} {event.subject_id}", place.format(event.subject_id) if place else ""


def _details(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the event carries: old and new as one line, everything else by its name."""
    rest = {
        name: value
        for name, value in payload.items()
        if value is not False and value not in (None, "", [], {})
    }
    pairs = []
    for old, new in (("old", "new"), ("old_id", "new_id"), ("from_level", "to_level")):
        if old in payload and new in payload:
            pairs.append(("", f"{_text(payload[old])} → {_text(payload[new])}"))
            rest.pop(old, None)
            rest.pop(new, None)
    return pairs + [(name, _text(value)) for name, value in rest.items()]


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if value is True:
        return _("yes")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {inner}" for name, inner in value.items())
    return str(value)


def csv_of(batches: Iterable[Sequence[Event]]) -> Iterator[str]:
    """The file piece by piece: semicolons, UTF-8 with a mark, no cell that a spreadsheet would run."""
    yield BOM + written([COLUMNS])
    for events in batches:
        known = names(event.actor_id for event in events)
        people = {person_id: name.full_name for person_id, name in known.items()}
        yield written(_cells(event, people) for event in events)


def _cells(event: Event, people: Mapping[int, str]) -> Sequence[object]:
    return (
        event.id,
        event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        event.kind,
        event.actor_kind,
        event.actor_id or "",
        people.get(event.actor_id or 0, ""),
        event.subject_kind,
        event.subject_id,
        number_of(event.ticket_id) if event.ticket_id else "",
        "; ".join(f"{name}: {text}" if name else text for name, text in _details(event.payload)),
    )
