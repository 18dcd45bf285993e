"""`/attachments/uploads`: large files part by part, to be gone on with after a line that was cut."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from app.core import fault
from app.core.actor import Actor
from app.core.uow import run_unit
from app.tickets import uploads
from app.tickets.actions import uploading
from app.web.api import ticket_shapes as shapes
from app.web.api.door import door
from app.web.api.ticket_commands import NewUpload
from app.web.api.ticket_shapes import Attachment
from app.web.kit.json_answers import Answer
from app.web.kit.json_files import Sent
from app.web.kit.upload_parts import StoredPart, store_part
from app.web.kit.uploads import file_limit, is_scanned, storage, store_joined


class Upload(Answer):
    """A file on its way. `received`: the numbers of the parts that are there; `attachment_id`: what it became.

    It has `parts` parts, numbered from 1, each of `part_size` bytes and the last of the rest.
    """

    id: int
    filename: str
    size: int
    sha256: str | None
    part_size: int
    parts: int
    received: list[int]
    received_bytes: int
    attachment_id: int | None
    created_at: datetime
    ends_at: datetime


def _shape(actor: Actor, upload_id: int) -> Upload:
    found = uploads.progress(actor, upload_id)
    row = found.upload
    return Upload(
        id=row.id,
        filename=row.filename,
        size=row.size,
        sha256=row.sha256,
        part_size=row.part_size,
        parts=found.parts,
        received=list(found.received),
        received_bytes=row.taken,
        attachment_id=row.attachment_id,
        created_at=row.created_at,
        ends_at=found.ends_at,
    )


@door.change("/attachments/uploads", allow="tickets.create", takes=NewUpload, gives=Upload, status=201)
def begin_upload(actor: Actor, command: NewUpload) -> tuple[Upload, str]:
    """Announce a file that comes in parts.

    It is yours alone, and is cleared away after a day when it is not finished. What is announced counts for the day
    at once.
    """
    made = uploading.begin(actor, command, limit=file_limit())
    return _shape(actor, made.id), f"/api/v1/attachments/uploads/{made.id}"


@door.read("/attachments/uploads/<id:upload_id>", allow="tickets.create", gives=Upload)
def upload(actor: Actor, upload_id: int) -> Upload:
    """How far a file came: send the parts that are not among `received`."""
    return _shape(actor, upload_id)


def _store(actor: Actor, sent: Sent, upload_id: int, number: int) -> StoredPart:
    wanted = uploads.wanted(actor, upload_id, number)
    return store_part(storage(), sent, wanted.size, wanted.sha256)


@door.take(
    "/attachments/uploads/<id:upload_id>/parts/<id:number>",
    allow="tickets.create",
    store=_store,
    gives=Upload,
)
def upload_part(actor: Actor, stored: StoredPart, upload_id: int, number: int) -> Upload:
    """Send a part, in any order, also several at once.

    Sending the same bytes again changes nothing; other bytes under a number that is there are refused (409).
    """
    uploading.take_part(actor, upload_id, number, stored.sha256, stored.size)
    return _shape(actor, upload_id)


@door.change(
    "/attachments/uploads/<id:upload_id>/finish",
    allow="tickets.create",
    gives=Attachment,
    status=201,
    own_unit=True,
)
def finish_upload(actor: Actor, upload_id: int) -> tuple[Attachment, str]:
    """Make a file of the parts, once all of them are there; asking again gives the same file."""
    row, parts = uploads.whole(actor, upload_id)
    file = store_joined(row.filename, parts) if parts else None
    fault.point("upload.joined")
    made = run_unit(partial(uploading.finish, actor, upload_id, file, scanned=is_scanned()))
    fault.point("upload.finished")
    return shapes.attachment(made), f"/api/v1/attachments/{made.id}"


@door.change("/attachments/uploads/<id:upload_id>", allow="tickets.create", method="DELETE")
def give_up_upload(actor: Actor, upload_id: int) -> None:
    """Give up an upload; what has arrived of it counts for the day all the same."""
    uploading.give_up(actor, upload_id)
