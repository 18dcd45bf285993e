"""Files that arrive part by part: whose they are, how far they came, and how much somebody sent in a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.language import _
from app.tickets.models import Attachment
from app.tickets.upload_models import Upload, UploadPart

PART = 5 * 1024 * 1024
KEPT = timedelta(days=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Progress:
    """An upload and the numbers of the parts that are there; ``parts``: how many it has."""

    upload: Upload
    parts: int
    received: Sequence[int]

    @property
    def ends_at(self) -> datetime:
        """When it is cleared away."""
        return self.upload.created_at + KEPT


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part as it has to be: so many bytes, and which ones when it has arrived before."""

    size: int
    sha256: str | None


def sent_by(actor: Actor, of: type[Attachment | Upload]) -> sa.ColumnElement[bool]:
    """The condition for the actor's own files; of a key that is limited to teams only what came with it (A40)."""
    own = of.uploader_id == (actor.person_id or 0)
    return own if actor.only_team_ids is None else sa.and_(own, of.key_id == actor.key_id)


def upload_for(actor: Actor, upload_id: int, *, lock: bool = False) -> Upload:
    """An upload of the actor's own that still counts.

    Args:
        lock: hold the row until the unit ends.

    Raises:
        NotFound: missing, given up, too old, or somebody else's: the same answer for all of them.
    """
    query = sa.select(Upload).where(
        Upload.id == upload_id,
        sent_by(actor, Upload),
        Upload.given_up_at.is_(None),
        Upload.created_at > clock.now() - KEPT,
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound
    return found


def progress(actor: Actor, upload_id: int) -> Progress:
    """How far an upload came.

    Raises:
        NotFound: see :func:`upload_for`.
    """
    upload = upload_for(actor, upload_id)
    parts = count_of(upload)
    if upload.attachment_id is not None:
        return Progress(upload, parts, range(1, parts + 1))
    numbers = sa.select(UploadPart.number).where(UploadPart.upload_id == upload.id)
    return Progress(upload, parts, db.session.scalars(numbers.order_by(UploadPart.number)).all())


def wanted(actor: Actor, upload_id: int, number: int) -> Wanted:
    """What a part has to be.

    Raises:
        NotFound: no such part, or see :func:`upload_for`.
        Conflict: the upload is finished.
    """
    upload = upload_for(actor, upload_id)
    if not 1 <= number <= count_of(upload):
        raise NotFound
    refuse_finished(upload)
    part = db.session.get(UploadPart, (upload.id, number))
    size = min(upload.part_size, upload.size - (number - 1) * upload.part_size)
    return Wanted(size, part.sha256 if part else None)


def refuse_finished(upload: Upload) -> None:
    """An upload that became a file takes no more.

    Raises:
        Conflict: it is finished.
    """
    if upload.attachment_id is not None:
        raise Conflict(_("This upload is finished."), upload_id=upload.id)


def whole(actor: Actor, upload_id: int) -> tuple[Upload, Sequence[str]]:
    """An upload with the hashes of its parts in order, all of them there; without them once it is finished.

    Raises:
        NotFound: see :func:`upload_for`.
        Conflict: parts are missing.
    """
    upload = upload_for(actor, upload_id)
    if upload.attachment_id is not None:
        return upload, ()
    query = sa.select(UploadPart.number, UploadPart.sha256).where(UploadPart.upload_id == upload.id)
    there = {number: sha256 for number, sha256 in db.session.execute(query.order_by(UploadPart.number))}
    missing = [str(number) for number in range(1, count_of(upload) + 1) if number not in there]
    if missing:
        raise Conflict(_("Parts are missing: %(numbers)s.", numbers=", ".join(missing)), upload_id=upload.id)
    return upload, list(there.values())


def count_of(upload: Upload) -> int:
    """How many parts an upload has."""
    return -(-upload.size // upload.part_size)


def sent_in_a_day(person_id: int, *, besides: int = 0) -> int:
    """How many bytes somebody sent lately, or announced and may still send.

    Args:
        besides: an upload that is not counted, because it becomes a file just now.
    """
    since = clock.now() - DAY
    files = sa.select(sa.func.coalesce(sa.func.sum(Attachment.size), 0)).where(
        Attachment.uploader_id == person_id, Attachment.created_at > since
    )
    counted = sa.case((Upload.given_up_at.is_(None), Upload.size), else_=Upload.taken)
    uploads = sa.select(sa.func.coalesce(sa.func.sum(counted), 0)).where(
        Upload.uploader_id == person_id,
        Upload.created_at > since,
        Upload.attachment_id.is_(None),
        Upload.id != besides,
    )
    both = db.session.execute(sa.select(files.scalar_subquery(), uploads.scalar_subquery())).one()
    return sum(int(n) for n in both)
