"""Where file bytes live: a folder, or a bucket; both named by the setting STORAGE_URL."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from app.core.uow import must_be_outside
from app.integrations.blobs import SHA256, BlobMissing, Kept, Storage, Stored, TooLarge, checked, copied
from app.integrations.outcome import RetryLater
from app.integrations.s3 import S3Storage

__all__ = ["BlobMissing", "FolderStorage", "Kept", "Storage", "Stored", "TooLarge", "from_url"]

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
UNFINISHED = "unfinished"


class FolderStorage:
    """Blobs as files below one folder, in 256 sub-folders by the first digits; see ``Storage``.

    Args:
        root: made when it is missing; only this user may read it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._unfinished = root / UNFINISHED
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._unfinished.mkdir(mode=0o700, exist_ok=True)

    def put(self, stream: BinaryIO, limit: int) -> Stored:
        must_be_outside()
        with _told():
            handle, name = tempfile.mkstemp(dir=self._unfinished)
            try:
                with os.fdopen(handle, "wb") as file:
                    stored = copied(stream, file, limit)
                    file.flush()
                    os.fsync(file.fileno())
                self._settle(Path(name), self._path(stored.sha256))
            except BaseException:
                with suppress(OSError):
                    os.unlink(name)
                raise
        return stored

    def open(self, sha256: str) -> BinaryIO:
        path = self._path(checked(sha256))
        with _told():
            try:
                return path.open("rb")
            except FileNotFoundError:
                raise BlobMissing(sha256) from None

    def exists(self, sha256: str) -> bool:
        return self._path(checked(sha256)).is_file()

    def remove(self, sha256: str, *, unless_written_since: datetime | None = None) -> bool:
        must_be_outside()
        path = self._path(checked(sha256))
        with _told():
            try:
                if unless_written_since and _written(path.stat()) >= unless_written_since:
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    def walk(self) -> Iterator[Kept]:
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            if not SHA256.fullmatch(path.name):
                continue
            with suppress(FileNotFoundError):
                about = path.stat()
                yield Kept(path.name, about.st_size, _written(about))

    def clear_unfinished(self, before: datetime) -> int:
        must_be_outside()
        cleared = 0
        for path in self._unfinished.iterdir():
            with suppress(FileNotFoundError):
                if _written(path.stat()) < before:
                    path.unlink()
                    cleared += 1
        return cleared

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256

    def _settle(self, written: Path, final: Path) -> None:
        """Give the whole file its name; replacing an equal one marks it as fresh and heals a damaged one."""
        if not final.parent.is_dir():
            final.parent.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(self.root)
        os.replace(written, final)
        _sync_folder(final.parent)


def from_url(url: str) -> Storage:
    """The storage a setting names.

    Args:
        url: ``file:///var/lib/helpdesk/files``, or ``s3://bucket/prefix`` with optional ``?endpoint=https://…``
            and ``region=…``; keys come from where boto3 looks for them.

    Raises:
        ValueError: neither of the two.
        RuntimeError: a bucket is named, but boto3 is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return FolderStorage(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return S3Storage.from_parts(parts)
    raise ValueError("a storage is file:///folder or s3://bucket/prefix")


@contextmanager
def _told() -> Iterator[None]:
    """A full or broken disk is no bug of ours: it passes, and meanwhile nothing may be lost (F30)."""
    try:
        yield
    except OSError as error:
        word = "storage_full" if error.errno in NO_ROOM else "storage_down"
        raise RetryLater(None, word, error.strerror or "") from None


def _written(about: os.stat_result) -> datetime:
    return datetime.fromtimestamp(about.st_mtime, UTC)


def _sync_folder(folder: Path) -> None:
    """Without this a new name can be gone after a power cut although its bytes are there."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
