"""A file that arrives part by part: announced, taken in, finished or given up."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files import display_name
from app.core.language import _
from app.events.log import action
from app.tickets.actions.files import StoredFile, receive, refuse_flood
from app.tickets.models import Attachment
from app.tickets.schemas import Announced
from app.tickets.upload_models import Upload, UploadPart
from app.tickets.uploads import PART, refuse_finished, upload_for


@action(silent="what is announced is no part of any ticket yet")
def begin(actor: Actor, file: Announced, *, limit: int) -> Upload:
    """Announce a file that will come in parts.

    Args:
        file: what it is called and how large it is; with its hash when the sender knows it.
        limit: bytes a file may have.

    Raises:
        Invalid: too large.
        TooMany: more than a day's worth of bytes.
        NotFound: nobody to whom it could belong.
    """
    if actor.person_id is None:
        raise NotFound
    name = display_name(file.filename)
    if file.size > limit:
        raise Invalid({"size": _("“%(name)s” is too large.", name=name)})
    refuse_flood(actor.person_id, file.size)
    upload = Upload(
        uploader_id=actor.person_id,
        key_id=actor.key_id,
        filename=name,
        size=file.size,
        sha256=file.sha256,
        part_size=PART,
        taken=0,
        created_at=clock.now(),
    )
    db.session.add(upload)
    db.session.flush()
    return upload


@action(silent="a part of an upload is no change of a ticket")
def take_part(actor: Actor, upload_id: int, number: int, sha256: str, size: int) -> Upload:
    """Note a part whose bytes lie in the store; the same part once more changes nothing.

    Raises:
        NotFound: see uploads.
        Conflict: finished, or this part has arrived with other bytes.
    """
    upload = upload_for(actor, upload_id, lock=True)
    refuse_finished(upload)
    there = db.session.get(UploadPart, (upload.id, number), populate_existing=True)
    if there is None:
        db.session.add(UploadPart(upload_id=upload.id, number=number, sha256=sha256))
        upload.taken += size
        db.session.flush()
    elif there.sha256 != sha256:
        raise Conflict(_("This part has arrived already, with other content."), upload_id=upload.id)
    return upload


@action(silent="an upload that nothing has taken yet is no change of a ticket")
def finish(actor: Actor, upload_id: int, file: StoredFile | None, *, scanned: bool) -> Attachment:
    """Make a file of an upload, once: whoever comes second gets the file of the first.

    Args:
        file: all its parts as one, None when it was finished before.
        scanned: see :func:`app.tickets.actions.files.receive`.

    Raises:
        NotFound: see uploads; or the file was cleared away meanwhile.
        Invalid: what arrived is not what was announced, or never taken.
        TooMany: more than a day's worth of bytes.
    """
    upload = upload_for(actor, upload_id, lock=True)
    if upload.attachment_id is not None or file is None:
        made = db.session.get(Attachment, upload.attachment_id or 0)
        if made is None:
            raise NotFound
        return made
    if file.size != upload.size or upload.sha256 not in (None, file.sha256):
        raise Invalid({"sha256": _("What arrived is not the file that was announced.")})
    made = receive(file, actor=actor, scanned=scanned, of_upload=upload.id)
    upload.attachment_id = made.id
    _forget_parts(upload)
    return made


@action(silent="what is given up was no part of any ticket")
def give_up(actor: Actor, upload_id: int) -> None:
    """Let go of an upload; its bytes count for the day all the same.

    Raises:
        NotFound: see uploads.
        Conflict: finished.
    """
    upload = upload_for(actor, upload_id, lock=True)
    refuse_finished(upload)
    upload.given_up_at = clock.now()
    _forget_parts(upload)


def _forget_parts(upload: Upload) -> None:
    """Their bytes go with the next sweep of the files."""
    db.session.execute(sa.delete(UploadPart).where(UploadPart.upload_id == upload.id))
