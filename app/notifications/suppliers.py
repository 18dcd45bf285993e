"""The mail to somebody outside who is asked about a ticket: the question, on request what was asked of us, files."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Person
from app.core import plain
from app.core.db import db
from app.core.language import _, speaking
from app.core.text import shorten
from app.events.models import Event
from app.integrations.compose import Letter, Mailbox
from app.mailroom import own_ids
from app.mailroom.models import Forwarding
from app.mailroom.outgoing import Office
from app.notifications import letters
from app.notifications.letters import Sender
from app.notifications.rendering import write as fill
from app.tickets.models import Attachment, Comment, Ticket
from app.tickets.words import AttachmentState, number_of

KIND = "mail.forwarded"
TEMPLATE = "forwarded"
REQUEST_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class SentFile:
    """A stored file that goes along with a mail."""

    name: str
    media_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A mail to somebody outside and its files."""

    letter: Letter
    files: tuple[SentFile, ...]


def target_of(event: Event) -> str:
    """The one who is asked, as deliveries name them."""
    return f"forward:{event.payload['forwarding_id']}"


def write(event: Event, sender: Sender, office: Office | None) -> Asked | None:
    """The mail of a forwarding; None when its ticket or its note is not there any more.

    Args:
        event: that it was forwarded.
        sender: the address it comes from and where answers go.
        office: the account it goes out from.
    """
    forwarding = db.session.get_one(Forwarding, event.payload["forwarding_id"])
    ticket = db.session.get_one(Ticket, forwarding.ticket_id)
    note = db.session.get_one(Comment, forwarding.comment_id)
    if ticket.deleted_at is not None or note.redacted_at is not None:
        return None
    author = db.session.get_one(Person, forwarding.created_by_id)
    with speaking(author.language):
        written = fill(TEMPLATE, _values(forwarding, ticket, author, sender))
    house = (office.name if office else "") or letters.site_name()
    letter = Letter(
        sender=Mailbox(sender.address, f"{author.full_name} – {house}"),
        recipient=Mailbox(forwarding.address),
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=own_ids.make("forward", forwarding.id, event.id, 0),
        date=event.at,
        reply_to=Mailbox(_answers_to(forwarding, sender, office), house) if sender.answers_to else None,
    )
    return Asked(letter, _files(forwarding))


def _values(forwarding: Forwarding, ticket: Ticket, author: Person, sender: Sender) -> dict[str, object]:
    request = shorten(ticket.description, REQUEST_LENGTH) if forwarding.with_request else ""
    return letters.house() | {
        "number": number_of(ticket.id),
        "title": forwarding.subject,
        "words": _piece(forwarding.body),
        "request": _piece(request) if request else None,
        "author": author.full_name,
        "greeting": _("Hello,"),
        "can_reply": bool(sender.answers_to),
    }


def _piece(text: str) -> dict[str, object]:
    return {"author": "", "doubt": "", "text": text, "html": plain.to_html(text), "files": [], "url": ""}


def _answers_to(forwarding: Forwarding, sender: Sender, office: Office | None) -> str:
    if office is None or not office.plus_addressing:
        return sender.answers_to
    return own_ids.reply_address(sender.answers_to, "forward", forwarding.id)


def _files(forwarding: Forwarding) -> tuple[SentFile, ...]:
    """What goes along; a file that was removed or found infected meanwhile stays here."""
    rows = db.session.execute(
        sa.select(Attachment.filename, Attachment.content_type, Attachment.sha256)
        .where(Attachment.id.in_(forwarding.file_ids), Attachment.ticket_id == forwarding.ticket_id)
        .where(Attachment.state == AttachmentState.CLEAN)
        .order_by(Attachment.id)
    )
    return tuple(SentFile(*row) for row in rows)
