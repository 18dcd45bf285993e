"""What a mail would look like: the words of the house with a made-up ticket of made-up people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.accounts.words import Role
from app.core import clock
from app.core.actor import ActorKind
from app.core.formats import Formats
from app.core.language import _, pgettext, speaking
from app.core.links import absolute
from app.core.text import render
from app.events.models import Event
from app.notifications import letters, own_words, places, timeline
from app.notifications.audience import Recipient
from app.notifications.dated import DatedFormats
from app.notifications.mail_kinds import LETTERS
from app.notifications.own_words import Found, Reading
from app.notifications.rendering import Written
from app.notifications.scene import Reader
from app.notifications.texts import priority_name
from app.notifications.words import MailKind, Side, Topic
from app.settings.queries import get as settings
from app.settings.schemas import Site
from app.tickets.words import Priority, Status, number_of

MIA, JONAS, LEA = 1, 2, 3
PEOPLE = {MIA: ("Mia", "Muster"), JONAS: ("Jonas", "Weber"), LEA: ("Lea", "Hoffmann")}
NUMBER = number_of(42)
# The event each mail to staff is told of: its kind, who did it (None: the house itself), and what it carries.
EVENTS: dict[MailKind, tuple[str, int | None, dict[str, Any]]] = {
    MailKind.NEW_TICKET: ("ticket.opened", MIA, {"channel": "web", "requester_id": MIA}),
    MailKind.CRITICAL: ("ticket.opened", MIA, {"channel": "web", "requester_id": MIA}),
    MailKind.ASSIGNED: ("ticket.assigned", LEA, {"new_id": JONAS, "how": "assigned"}),
    MailKind.CUSTOMER_REPLY: ("ticket.reply_added", MIA, {}),
    MailKind.TEAM_REPLY: ("ticket.reply_added", LEA, {}),
    MailKind.NOT_SENT: ("ticket.reply_stopped", MIA, {"person_id": JONAS, "why": "customer_replied"}),
    MailKind.REOPENED: ("ticket.status_changed", MIA, {"old": "resolved", "new": "in_progress", "how": "reopened"}),
    MailKind.ESCALATED: ("ticket.escalated", LEA, {"from_level": 2, "to_level": 3}),
    MailKind.DEADLINE: ("ticket.deadline_breached", None, {"clock": "response"}),
    MailKind.NOBODY_FREE: ("ticket.nobody_free", None, {"team_id": 1, "level": 3}),
}  # fmt: skip


def sample(kind: MailKind, found: Found, *, team: str, language: str, time_zone: str) -> Written:
    """A mail in these words.

    Args:
        found: words and signature; without words, the built-in ones.
        team: the name of the ticket's team, empty for any.
        language: of the reader.
        time_zone: of the reader.
    """
    with speaking(language):
        formats, team = DatedFormats(time_zone), team or _("Service desk")
        side = LETTERS[kind].side
        support = settings(Site).support_email
        recipient = Recipient(_reader(side, language, time_zone), _topic(kind), side)
        values = letters.frame(recipient, letters.Sender(support, support or "sample"))
        values |= _to_staff(kind, team, formats) if side is Side.STAFF else _to_requester(kind)
        reading = Reading(recipient.reader.own_name, lambda: team)
        return own_words.write_about_ticket(kind, values, found, reading)


def _topic(kind: MailKind) -> Topic:
    return Topic.RECEIVED if kind is MailKind.RECEIVED_NEUTRAL else Topic(kind.value)


def _reader(side: Side, language: str, time_zone: str) -> Reader:
    person_id, role = (JONAS, Role.SUPPORT_AGENT) if side is Side.STAFF else (MIA, Role.CUSTOMER)
    first, last = PEOPLE[person_id]
    return Reader(
        id=person_id,
        first_name=first,
        last_name=last,
        email="",
        role=role,
        is_active=True,
        language=language,
        time_zone=time_zone,
        absent_from=None,
        absent_until=None,
        deputy_id=None,
        verified_at=clock.now(),
    )


def _name(person_id: int) -> str:
    return " ".join(PEOPLE[person_id])


def _ticket(side: Side, status: Status) -> dict[str, Any]:
    return {
        "number": NUMBER,
        "title": _("The printer prints empty pages"),
        "url": places.ticket(NUMBER, side),
        "status": status.value,
        "waits_for_customer": False,
    }


def _to_requester(kind: MailKind) -> dict[str, Any]:
    status = Status.OPEN if kind in (MailKind.RECEIVED, MailKind.RECEIVED_NEUTRAL) else Status.RESOLVED
    return {
        "ticket": _ticket(Side.REQUESTER, status),
        "rating_url": absolute("/rate/sample"),
        "written": _written(JONAS, _("A cable was loose. Please try once more.")),
        "new": status.value,
        "reopened": False,
        "waits_for_customer": False,
        "neutral": False,
    }


def _to_staff(kind: MailKind, team: str, formats: Formats) -> dict[str, Any]:
    due = clock.now() + timedelta(hours=-1 if kind is MailKind.DEADLINE else 4)
    happened, actor_id, payload = EVENTS[kind]
    payload = payload | {"due_at": due.isoformat(), "reason": _("Needs somebody who knows the print server")}
    event = Event(kind=happened, actor_id=actor_id, actor_kind=_kind_of(actor_id), payload=payload)
    names = timeline.Names(people={one: _name(one) for one in PEOPLE}, teams={1: team})
    line = timeline.lines([event], names, Side.STAFF, formats, reader_id=JONAS)[0]
    author = LEA if kind is MailKind.TEAM_REPLY else MIA
    shows = "message" in LETTERS[kind].blocks
    return {
        "line": line.text.striptags(),
        "ticket": _ticket(Side.STAFF, Status.IN_PROGRESS)
        | {
            "requester": _name(MIA),
            "assignee": pgettext("mail", "nobody") if kind is MailKind.NOBODY_FREE else _name(JONAS),
            "priority": priority_name(Priority.CRITICAL if kind is MailKind.CRITICAL else Priority.MEDIUM),
            "team": team,
            "due": formats.moment(due),
        },
        "written": _written(author, _("Since this morning only empty pages come out.")) if shows else None,
        "mine": True,
        "breached": True,
    }


def _kind_of(actor_id: int | None) -> str:
    return (ActorKind.CLOCK if actor_id is None else ActorKind.PERSON).value


def _written(author: int, text: str) -> dict[str, Any]:
    return {"author": _name(author), "doubt": "", "text": text, "html": render(text), "files": [], "url": ""}
