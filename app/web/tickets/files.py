"""Files of tickets, for staff."""

from __future__ import annotations

from flask import Response

from app.core.actor import Actor
from app.tickets.queries import download
from app.web.kit.downloads import send_attachment
from app.web.tickets.door import ID, door


@door.page(f"/files/<{ID}:attachment_id>", allow="tickets.work")
def file(actor: Actor, attachment_id: int) -> Response:
    """One file, if the viewer may see the entry it hangs on."""
    return send_attachment(download(actor, attachment_id))
