"""Files that come with a form: their bytes go into the store first, then one short unit notes them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from typing import Any, BinaryIO, Protocol, cast

from flask import current_app, request
from werkzeug.datastructures import FileStorage

from app.accounts import avatars, limits
from app.core import files
from app.core.actor import Actor
from app.core.errors import Invalid, NotFound, TooMany, Unavailable
from app.core.language import _, ngettext
from app.core.uow import must_be_outside, run_unit
from app.integrations.blobs import BlobMissing, Storage, Stored, TooLarge
from app.integrations.outcome import RetryLater
from app.tickets.actions.files import StoredFile, receive, refuse_flood
from app.tickets.queries import unbound_files
from app.web.kit.upload_parts import Joined
from app.web.kit.visitor import current_actor

FIELD = "files"
MOST = 20
HEAD_BYTES = 4096
PICTURE_BYTES = 12 * 1024 * 1024
ID_DIGITS = 18


class Upload(Protocol):
    """An upload as a form names it."""

    @property
    def id(self) -> int: ...
    @property
    def filename(self) -> str: ...
    @property
    def size(self) -> int: ...


def receive_uploads(actor: Actor) -> list[int]:
    """Store the files sent in the field ``files`` and note them as the actor's own; returns their ids.

    They belong to nobody's ticket until a deed binds them. Types are told by content. Without a virus scanner
    a file may be read at once, with one it waits for its verdict.

    Raises:
        Invalid: too many, a kind that is never taken, more than a day's worth of bytes, or a store that takes
            nothing at the moment (field ``files``, so that the form comes back with what was typed).
    """
    sent = [file for file in request.files.getlist(FIELD) if file.filename]
    if not sent:
        return []
    must_be_outside()
    if len(sent) > MOST:
        raise Invalid(
            {FIELD: ngettext("At most %(num)s file at once.", "At most %(num)s files at once.", MOST)}
        )
    _refuse_flood(actor, sent)
    stored = [_store(file) for file in sent]
    return run_unit(partial(_note, stored, actor))


def store_one(file: FileStorage) -> StoredFile:
    """Put the bytes of one file away; its type is told by content.

    Raises:
        Invalid: a kind that is never taken, too large, or a store that takes nothing now (field ``file``).
        TooMany: more than a day's worth of bytes, of which none is put away (A29).
    """
    must_be_outside()
    refuse_flood(current_actor().person_id or 0, _size(file))
    try:
        return _store(file)
    except Invalid as refusal:
        raise Invalid({"file": refusal.problems[FIELD]}) from None


def store_picture(file: FileStorage) -> str:
    """Make somebody's picture anew of a file and put it away; returns its hash.

    Raises:
        Invalid: too large, or no picture that can be read (field ``file``).
        TooMany: the person sent so many in this hour.
    """
    limits.picture(current_actor().person_id or 0)
    data = file.stream.read(avatars.AVATAR_BYTES + 1)
    try:
        return avatars.store(data, lambda stream, limit: storage().put(stream, limit).sha256)
    except Invalid as refusal:
        raise Invalid({"file": refusal.problems["avatar"]}) from None


def is_scanned() -> bool:
    """Whether a file may be read at once, because nobody looks into it first."""
    return current_app.extensions.get("scanner") is None


def kept_uploads(actor: Actor, ids: Sequence[str]) -> Sequence[Upload]:
    """Files that a form which comes back has sent already; they need not be chosen again.

    Args:
        ids: values of the field ``attachment_ids``.
    """
    numbers = [int(one) for one in ids if one.isascii() and one.isdigit() and len(one) <= ID_DIGITS]
    return unbound_files(actor, numbers)


def upload_limits() -> dict[str, Any]:
    """What the file field says, and checks while choosing: bytes of a whole request, number of files."""
    return {"max_bytes": file_limit(), "max_files": MOST}


def file_limit() -> int:
    """Bytes a file may have, in one request or in parts."""
    return int(current_app.config["MAX_CONTENT_LENGTH"])


def storage() -> Storage:
    """Where file bytes live."""
    place: Storage = current_app.extensions["storage"]
    return place


def store_joined(filename: str, parts: Sequence[str]) -> StoredFile:
    """Put the parts of a file away as one, after the same checks as any other file.

    Args:
        parts: hashes of what lies in the store already, in order.

    Raises:
        Invalid: a kind that is never taken, or too large (field ``file``).
        NotFound: the bytes of a part are gone.
        Unavailable: the store does not answer.
    """
    must_be_outside()
    try:
        with storage().open(parts[0]) as first:
            head = first.read(HEAD_BYTES)
        kind = _kind(filename, head)
        kept = _kept(filename, cast("BinaryIO", Joined(storage(), parts)))
        with storage().open(kept.sha256) as stream:
            is_picture = _is_shown(stream, head, kept.size)
    except BlobMissing as error:
        raise NotFound from error
    except RetryLater as error:
        raise Unavailable from error
    except Invalid as refusal:
        raise Invalid({"file": refusal.problems[FIELD]}) from None
    return StoredFile(kept.sha256, kept.size, filename, kind, is_picture=is_picture)


def _store(file: FileStorage) -> StoredFile:
    name = files.display_name(file.filename or "")
    head = file.stream.read(HEAD_BYTES)
    kind = _kind(name, head)
    file.stream.seek(0)
    try:
        kept = _kept(name, cast("BinaryIO", file.stream))
    except RetryLater as error:
        raise Invalid({FIELD: _("Files cannot be stored at the moment. Please try again later.")}) from error
    return StoredFile(
        kept.sha256,
        kept.size,
        name,
        kind,
        is_picture=_is_shown(cast("BinaryIO", file.stream), head, kept.size),
    )


def _refuse_flood(actor: Actor, sent: Sequence[FileStorage]) -> None:
    """Refuse more than a day's worth before any of it is put away (A29)."""
    try:
        refuse_flood(actor.person_id or 0, sum(map(_size, sent)))
    except TooMany as error:
        raise Invalid({FIELD: error.message}) from error


def _size(file: FileStorage) -> int:
    size = file.stream.seek(0, io.SEEK_END)
    file.stream.seek(0)
    return size


def _kind(name: str, head: bytes) -> str:
    kind = files.type_of(head, name)
    if kind in files.REFUSED:
        raise Invalid({FIELD: _("“%(name)s” is a program and cannot be attached.", name=name)})
    return kind


def _kept(name: str, stream: BinaryIO) -> Stored:
    try:
        return storage().put(stream, file_limit())
    except TooLarge as error:
        raise Invalid({FIELD: _("“%(name)s” is too large.", name=name)}) from error


def _is_shown(stream: BinaryIO, head: bytes, size: int) -> bool:
    """Whether it is a picture that decodes within our limits."""
    if not files.picture_type(head) or size > PICTURE_BYTES:
        return False
    stream.seek(0)
    return files.shows_as_picture(stream.read())


def _note(stored: list[StoredFile], actor: Actor) -> list[int]:
    try:
        return [receive(file, actor=actor, scanned=is_scanned()).id for file in stored]
    except TooMany as error:
        raise Invalid({FIELD: error.message}) from error
