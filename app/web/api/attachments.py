"""`/attachments`: files are sent first, and hung on a ticket or comment by their id."""

from __future__ import annotations

from flask import Response

from app.core.actor import Actor
from app.tickets import queries
from app.tickets.actions.files import StoredFile, receive
from app.web.api import ticket_shapes as shapes
from app.web.api.door import door
from app.web.api.ticket_shapes import Attachment
from app.web.kit.downloads import send_attachment
from app.web.kit.uploads import is_scanned, store_one


@door.upload("/attachments", allow="tickets.create", store=store_one, gives=Attachment)
def upload_attachment(actor: Actor, stored: StoredFile) -> tuple[Attachment, str]:
    """Send a file.

    It belongs to you alone until a ticket or comment takes it with `attachment_ids`, and is cleared away after a day
    when none does.
    """
    made = receive(stored, actor=actor, scanned=is_scanned())
    return shapes.attachment(made), f"/api/v1/attachments/{made.id}"


@door.read("/attachments/<id:attachment_id>", allow="portal.use", gives=Attachment)
def attachment(actor: Actor, attachment_id: int) -> Attachment:
    """What a file is called and how its check for viruses went."""
    return shapes.attachment(queries.known(actor, attachment_id))


@door.file("/attachments/<id:attachment_id>/content", allow="portal.use")
def attachment_content(actor: Actor, attachment_id: int) -> Response:
    """The bytes of a file, whole or in ranges.

    While it is checked only whoever sent it gets it (409), an infected one nobody but administrators (403).
    """
    return send_attachment(queries.download(actor, attachment_id))
