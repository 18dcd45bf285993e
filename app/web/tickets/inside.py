"""Looking into attached messages without saving them: who wrote what to whom, and the files in them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from app.core.actor import Actor
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.language import _
from app.core.text import shorten
from app.mailroom.containers import Container, container_of
from app.mailroom.mail import Unreadable
from app.mailroom.texts import sentence
from app.tickets.queries import download
from app.tickets.words import AttachmentState, number_of
from app.web.kit import page
from app.web.kit.downloads import send_unpacked
from app.web.tickets import reading
from app.web.tickets.door import ID, door
from app.web.tickets.frame import nav

if TYPE_CHECKING:
    from app.tickets.models import Attachment

SHOWN_LENGTH = 100_000


@door.page(f"/files/<{ID}:attachment_id>/inside", allow="tickets.work")
def look_inside(actor: Actor, attachment_id: int) -> str:
    """What an attached message says, and which files it holds."""
    found, container = _message(actor, attachment_id)
    look, refusal = None, ""
    try:
        look = reading.look(found, container)
    except Unreadable as error:
        refusal = sentence(error.reason)
    return page.render(
        "tickets/inside.html",
        file=found,
        number=number_of(found.ticket_id or 0),
        look=look,
        text=shorten(look.mail.text, SHOWN_LENGTH) if look else "",
        refusal=refusal,
        nav=nav(actor),
    )


@door.page(f"/files/<{ID}:attachment_id>/inside/<{ID}:file_number>", allow="tickets.work")
def file_inside(actor: Actor, attachment_id: int, file_number: int) -> Response:
    """One file of an attached message, counted from 1; always to be saved."""
    try:
        part = reading.file(*_message(actor, attachment_id), file_number)
    except Unreadable as error:
        raise NotFound from error
    if part is None:
        raise NotFound
    return send_unpacked(part.filename, part.data)


def _message(actor: Actor, attachment_id: int) -> tuple[Attachment, Container]:
    """An attached message that was found clean; its uploader does not look into it earlier, nor administrators.

    Raises:
        NotFound, Conflict, Forbidden: as ``queries.download``; also when it is no message.
    """
    found = download(actor, attachment_id)
    container = container_of(found.filename, found.content_type)
    if container is None or found.ticket_id is None:
        raise NotFound
    if found.state is AttachmentState.PENDING:
        raise Conflict(_("This file is still being checked for viruses. Please try again in a moment."))
    if found.state is AttachmentState.INFECTED:
        raise Forbidden(_("A virus was found in this file. It cannot be opened."))
    return found, container
