"""What a mail about an event says to one reader: which template, and the values it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from markupsafe import escape

from app.accounts import tokens
from app.accounts.models import OneTimeToken
from app.core.db import db
from app.core.environment import environment
from app.core.formats import Formats
from app.core.language import _, language, pgettext, speaking
from app.core.text import shorten
from app.events.models import Event
from app.notifications import places, timeline
from app.notifications.audience import Recipient
from app.notifications.conditions import reopened
from app.notifications.dated import DatedFormats
from app.notifications.rendering import Written, write
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
        values = _frame(recipient, sender)
        if recipient.side is Side.SELF:
            made = _about_account(event, recipient.reader, mailbox, formats)
        elif recipient.side is Side.REQUESTER:
            made = _to_requester(event, recipient, scene, formats)
        else:
            made = _to_staff(event, recipient, scene, formats)
        if made is None:
            return None
        template, own = made
        return write(template, values | own)


def _frame(recipient: Recipient, sender: Sender) -> dict[str, Any]:
    reader, site = recipient.reader, settings(Site)
    can_choose = recipient.topic in CAN_BE_TURNED_OFF and reader.verified_at is not None
    return {
        "site": {
            "name": site_name(),
            "support_phone": site.support_phone,
            "support_email": site.support_email,
            "hours": site.hours,
        },
        "language": language(),
        "greeting": _("Hello %(name)s,", name=reader.own_name) if reader.own_name else _("Hello,"),
        "stands_in_for": recipient.stands_in_for,
        "settings_url": places.preferences(is_staff=reader.is_staff) if can_choose else "",
        "can_reply": bool(sender.answers_to),
    }


def site_name() -> str:
    """How the organisation calls its helpdesk."""
    return settings(Site).title or environment().app_name


Made = tuple[str, dict[str, Any]]


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
    return {
        "author": comment.author_name,
        "text": comment.body,
        "html": comment.body_html,
        "files": files,
        "url": url,
    }


def _request(facts: TicketFacts, formats: Formats) -> dict[str, Any]:
    """The beginning of the request, as plain words in both forms."""
    text = shorten(db.session.get_one(Ticket, facts.id).description, EXCERPT)
    return {
        "author": "",
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


def _about_account(event: Event, reader: Reader, mailbox: str, formats: Formats) -> Made | None:
    return _ACCOUNT[event.kind](event, reader, mailbox, formats)


def _with_link(template: str) -> Callable[[Event, Reader, str, Formats], Made | None]:
    """A mail that carries a one-time link; none is sent for a link that was used or replaced meanwhile."""

    def make(event: Event, reader: Reader, _mailbox: str, formats: Formats) -> Made | None:
        link = tokens.link_for(event.payload["token_id"])
        row = db.session.get(OneTimeToken, event.payload["token_id"])
        if link is None or row is None:
            return None
        how = event.payload.get("how", "")
        return template, {
            "link": link,
            "until": formats.moment(row.expires_at),
            "address": reader.email,
            "how": how,
        }

    return make


def _password_changed(event: Event, _reader: Reader, _mailbox: str, formats: Formats) -> Made:
    values = {"at": formats.moment(event.at), "forgot_url": places.forgot_password()}
    return "password_changed", values


def _second_factor(template: str) -> Callable[[Event, Reader, str, Formats], Made]:
    """A mail about the second factor: what changed, when, and whether staff did it."""

    def make(event: Event, _reader: Reader, _mailbox: str, formats: Formats) -> Made:
        by_staff = event.payload.get("by_staff", False)
        values = {"at": formats.moment(event.at), "by_staff": by_staff}
        return template, values | {"forgot_url": places.forgot_password()}

    return make


def _change_requested(event: Event, reader: Reader, mailbox: str, formats: Formats) -> Made | None:
    if mailbox == "new":
        return _with_link("email_confirm")(event, reader, mailbox, formats)
    row = db.session.get(OneTimeToken, event.payload["token_id"])
    if row is None:
        return None
    return "email_warning", {"address": row.detail, "forgot_url": places.forgot_password()}


def _changed(event: Event, _reader: Reader, _mailbox: str, _formats: Formats) -> Made | None:
    row = db.session.get(OneTimeToken, event.payload["token_id"])
    return None if row is None else ("email_changed", {"address": row.detail})


_ACCOUNT: dict[str, Callable[[Event, Reader, str, Formats], Made | None]] = {
    "person.welcomed": _with_link("welcome"),
    "registration.started": _with_link("confirm"),
    "password.reset_requested": _with_link("reset"),
    "password.changed": _password_changed,
    "email.change_requested": _change_requested,
    "email.changed": _changed,
    "totp.enrolled": _second_factor("second_factor_on"),
    "totp.removed": _second_factor("second_factor_off"),
    "totp.codes_renewed": _second_factor("recovery_codes"),
}
