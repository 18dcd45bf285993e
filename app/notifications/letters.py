"""What a mail about an event says to one reader: which template, and the values it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from markupsafe import escape

from app.core.db import db
from app.core.environment import environment
from app.core.formats import Formats
from app.core.language import _, language, pgettext, speaking
from app.core.text import shorten
from app.events.models import Event
from app.notifications import lone_letters, own_words, places, timeline
from app.notifications.audience import Recipient
from app.notifications.conditions import reopened
from app.notifications.dated import DatedFormats
from app.notifications.lone_letters import Made
from app.notifications.rendering import Written
from app.notifications.scene import Reader, Scene, TicketFacts, readers
from app.notifications.texts import priority_name
from app.notifications.words import CHOICES, Side, Topic
from app.settings.queries import get as settings
from app.settings.schemas import Site
from app.tickets.actions.rating import link_for as rating_link
from app.tickets.models import Attachment, Comment, Ticket
from app.tickets.words import AttachmentState, PendingReason, Status

EXCERPT = 2000
# Mails that show the request itself, so that a colleague can judge it on the way.
SHOW_REQUEST = frozenset({Topic.NEW_TICKET, Topic.CRITICAL, Topic.ASSIGNED, Topic.NOBODY_FREE})
# Entries are shown by the kind of event, never by a look at the entry: notes are told of by none of these (A37).
SHOW_ENTRY = "ticket.reply_added"
CAN_BE_TURNED_OFF = frozenset(choice.topic for choice in CHOICES)


@dataclass(frozen=True, slots=True)
class Sender:
    """What the office knows: the address mails come from and the one answers go to ("" for none)."""

    address: str
    answers_to: str


def compose(
    event: Event, recipient: Recipient, scene: Scene, *, mailbox: str, sender: Sender
) -> Written | None:
    """The words of a mail; None when there is nothing to say (any more).

    Args:
        event: what happened.
        recipient: the reader and why they are told.
        scene: the surroundings of the event.
        mailbox: for changes of address: ``new`` or ``old``.
        sender: see ``Sender``.
    """
    with speaking(recipient.reader.language):
        formats = DatedFormats(recipient.reader.time_zone)
        values = frame(recipient, sender)
        if recipient.side is Side.SELF:
            made = lone_letters.TABLE[event.kind](event, recipient.reader, mailbox, formats)
        elif recipient.side is Side.REQUESTER:
            made = _to_requester(event, recipient, scene, formats)
        else:
            made = _to_staff(event, recipient, scene, formats)
        if made is None:
            return None
        template, own = made
        return own_words.written(template, values | own, event, recipient.reader, scene)


def frame(recipient: Recipient, sender: Sender) -> dict[str, Any]:
    """What every mail names, whatever it is about."""
    reader = recipient.reader
    can_choose = recipient.topic in CAN_BE_TURNED_OFF and reader.verified_at is not None
    return house() | {
        "greeting": _("Hello %(name)s,", name=reader.own_name) if reader.own_name else _("Hello,"),
        "stands_in_for": recipient.stands_in_for,
        "settings_url": places.preferences(is_staff=reader.is_staff) if can_choose else "",
        "can_reply": bool(sender.answers_to),
    }


def house() -> dict[str, Any]:
    """What the frame of a mail says of the house, in the present language."""
    site = settings(Site)
    told = {
        "name": site_name(),
        "support_phone": site.support_phone,
        "support_email": site.support_email,
        "hours": site.hours,
    }
    return {"site": told, "language": language(), "stands_in_for": "", "settings_url": ""}


def site_name() -> str:
    """How the organisation calls its helpdesk."""
    return settings(Site).title or environment().app_name


def _to_requester(event: Event, recipient: Recipient, scene: Scene, formats: Formats) -> Made | None:
    facts = scene.ticket(event)
    if facts is None:
        return None
    unknown = recipient.reader.verified_at is None
    values: dict[str, Any] = {"ticket": _public_facts(facts, Side.REQUESTER)}
    if recipient.topic is Topic.RECEIVED:
        return ("received_neutral" if unknown else "received"), values
    values["rating_url"] = _rating_url(event, facts, recipient.reader)
    if recipient.topic is Topic.PROGRESS:
        values |= {
            "new": event.payload["new"],
            "reopened": reopened(event, scene),
            "waits_for_customer": event.payload.get("pending_reason") == PendingReason.CUSTOMER,
            "neutral": unknown,
        }
        return "progress", values
    values["written"] = _entry(event, facts, Side.REQUESTER, formats)
    return "reply", values


def _to_staff(event: Event, recipient: Recipient, scene: Scene, formats: Formats) -> Made | None:
    facts = scene.ticket(event)
    if facts is None:
        return None
    names = timeline.names_of([event])
    line = timeline.lines([event], names, Side.STAFF, formats, reader_id=recipient.reader.id)[0]
    written = None
    if event.kind == SHOW_ENTRY:
        written = _entry(event, facts, Side.STAFF, formats)
    elif recipient.topic in SHOW_REQUEST:
        written = _request(facts, formats)
    return recipient.topic.value, {
        "line": line.text.striptags(),
        "ticket": _staff_facts(event, facts, scene, formats),
        "written": written,
        "mine": event.payload.get("new_id") == recipient.reader.id,
        "breached": event.kind == "ticket.deadline_breached",
    }


def _public_facts(facts: TicketFacts, side: Side) -> dict[str, Any]:
    return {
        "number": facts.number,
        "title": facts.title,
        "url": places.ticket(facts.number, side),
        "status": facts.status.value,
        "waits_for_customer": facts.pending_reason is PendingReason.CUSTOMER,
    }


def _staff_facts(event: Event, facts: TicketFacts, scene: Scene, formats: Formats) -> dict[str, Any]:
    people = readers({facts.requester_id, *([facts.assignee_id] if facts.assignee_id else [])})
    assignee, team, due = people.get(facts.assignee_id or 0), scene.team(event), next_due(facts)
    return _public_facts(facts, Side.STAFF) | {
        "requester": people[facts.requester_id].name,
        "assignee": assignee.name if assignee else pgettext("mail", "nobody"),
        "priority": priority_name(facts.priority),
        "team": team.name if team else "",
        "due": formats.moment(due) if due else "",
    }


def next_due(facts: TicketFacts) -> datetime | None:
    """The deadline that counts now: the first response, then the resolution."""
    return facts.resolution_due_at if facts.first_response_at else facts.response_due_at


def _rating_url(event: Event, facts: TicketFacts, reader: Reader) -> str:
    """The requester alone rates, and only what is resolved."""
    if reader.id != facts.requester_id or facts.status not in (Status.RESOLVED, Status.CLOSED):
        return ""
    return rating_link(db.session.get_one(Ticket, event.ticket_id))


def _entry(event: Event, facts: TicketFacts, side: Side, formats: Formats) -> dict[str, Any]:
    comment = db.session.get_one(Comment, event.payload["comment_id"])
    files = _files(facts.id, comment.id, formats)
    url = places.ticket(facts.number, side, entry=comment.id)
    doubted = comment.is_unverified and side is Side.STAFF
    return {
        "author": comment.author_name,
        "doubt": _doubt(comment) if doubted else "",
        "text": comment.body,
        "html": comment.body_html,
        "files": files,
        "url": url,
    }


def _doubt(comment: Comment) -> str:
    return _("It is not certain that this mail comes from %(email)s.", email=comment.author_email)


def _request(facts: TicketFacts, formats: Formats) -> dict[str, Any]:
    """The beginning of the request, as plain words in both forms."""
    text = shorten(db.session.get_one(Ticket, facts.id).description, EXCERPT)
    return {
        "author": "",
        "doubt": "",
        "text": text,
        "html": _plain_html(text),
        "files": _files(facts.id, None, formats),
        "url": places.ticket(facts.number, Side.STAFF),
    }


def _plain_html(text: str) -> str:
    return str(escape(text)).replace("\n", "<br>")


def _files(ticket_id: int, comment_id: int | None, formats: Formats) -> list[tuple[str, str]]:
    """Names and sizes; the bytes stay in the house, where rights are checked when somebody asks for them."""
    rows = db.session.execute(
        sa.select(Attachment.filename, Attachment.size)
        .where(Attachment.ticket_id == ticket_id, Attachment.comment_id == comment_id)
        .where(Attachment.state != AttachmentState.INFECTED)
        .order_by(Attachment.id)
    )
    return [(name, formats.size(size)) for name, size in rows]
