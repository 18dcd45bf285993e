"""File bytes in a folder: whole or not at all, by hash (F30, I7)."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core.uow import UnitError
from app.integrations import storage
from app.integrations.outcome import RetryLater, Undeliverable
from app.integrations.storage import BlobMissing, FolderStorage, Stored, TooLarge, from_url

DATA = b"Drucker brennt" * 50_000
HASH = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path / "files")


def test_what_is_put_can_be_read_by_its_hash(folder: FolderStorage) -> None:
    assert folder.put(io.BytesIO(DATA), len(DATA)) == Stored(HASH, len(DATA))
    assert folder.exists(HASH)
    with folder.open(HASH) as file:
        assert file.read() == DATA


def test_the_same_bytes_are_kept_once(folder: FolderStorage) -> None:
    folder.put(io.BytesIO(DATA), len(DATA))
    folder.put(io.BytesIO(DATA), len(DATA))
    assert [kept.sha256 for kept in folder.walk()] == [HASH]


def test_an_empty_file_is_a_file(folder: FolderStorage) -> None:
    stored = folder.put(io.BytesIO(b""), 0)
    assert (stored.size, folder.exists(stored.sha256)) == (0, True)


def test_more_than_the_limit_is_refused_and_leaves_nothing(folder: FolderStorage) -> None:
    with pytest.raises(TooLarge) as refusal:
        folder.put(io.BytesIO(DATA), len(DATA) - 1)
    assert (refusal.value.reason, refusal.value.limit) == ("too_large", len(DATA) - 1)
    assert isinstance(refusal.value, Undeliverable)
    assert _files(folder) == []


def test_a_source_that_breaks_off_leaves_nothing(folder: FolderStorage) -> None:
    class Broken(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            raise RuntimeError("upload aborted")

    with pytest.raises(RuntimeError):
        folder.put(Broken(), 100)  # type: ignore[arg-type]
    assert _files(folder) == []


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ENOSPC, "storage_full"),
        (errno.EDQUOT, "storage_full"),
        (errno.EIO, "storage_down"),
        (errno.EROFS, "storage_down"),
    ],
)
def test_a_full_or_broken_disk_is_worth_another_try_and_leaves_nothing(
    folder: FolderStorage, monkeypatch: pytest.MonkeyPatch, number: int, word: str
) -> None:
    def broken(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, "fsync", broken)
        with pytest.raises(RetryLater) as later:
            folder.put(io.BytesIO(DATA), len(DATA))
    assert (later.value.reason, later.value.at) == (word, None)
    assert _files(folder) == []


def test_nothing_has_its_name_before_its_bytes_are_on_disk(
    folder: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(handle: int) -> None:
        order.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        real_sync(handle)

    def replace(source: Any, target: Any) -> None:
        order.append("name")
        real_replace(source, target)

    monkeypatch.setattr(storage.os, "fsync", sync)
    monkeypatch.setattr(storage.os, "replace", replace)
    folder.put(io.BytesIO(DATA), len(DATA))
    assert order == ["file", "folder", "name", "folder"]


def test_putting_again_heals_a_damaged_file(folder: FolderStorage) -> None:
    folder.put(io.BytesIO(DATA), len(DATA))
    path = next(folder.root.glob("*/" + HASH))
    path.write_bytes(b"half")
    folder.put(io.BytesIO(DATA), len(DATA))
    assert path.read_bytes() == DATA


def test_removed_bytes_are_gone(folder: FolderStorage) -> None:
    folder.put(io.BytesIO(DATA), len(DATA))
    assert folder.remove(HASH)
    assert not folder.remove(HASH)
    assert not folder.exists(HASH)
    with pytest.raises(BlobMissing):
        folder.open(HASH)


def test_bytes_put_again_since_the_sweeper_looked_are_kept(folder: FolderStorage) -> None:
    folder.put(io.BytesIO(DATA), len(DATA))
    written = next(folder.walk()).written
    assert not folder.remove(HASH, unless_written_since=written)
    assert folder.exists(HASH)
    assert folder.remove(HASH, unless_written_since=written + timedelta(seconds=1))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", HASH.upper(), HASH[:-1], HASH + "0", "", HASH + "\n", "unfinished"]
)
def test_only_a_hash_names_a_blob(folder: FolderStorage, name: str) -> None:
    for use in (folder.open, folder.exists, folder.remove):
        with pytest.raises(BlobMissing):
            use(name)


def test_the_walk_tells_hash_size_and_age_and_skips_what_is_not_ours(folder: FolderStorage) -> None:
    folder.put(io.BytesIO(DATA), len(DATA))
    (folder.root / HASH[:2] / "notes.txt").write_text("x")
    (folder.root / "unfinished" / "tmp").write_text("x")
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    os.utime(folder.root / HASH[:2] / HASH, (moment.timestamp(), moment.timestamp()))
    assert [(kept.sha256, kept.size, kept.written) for kept in folder.walk()] == [(HASH, len(DATA), moment)]


def test_what_a_killed_put_left_is_cleared_when_it_is_old(folder: FolderStorage) -> None:
    old, fresh = folder.root / "unfinished" / "old", folder.root / "unfinished" / "fresh"
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (1_000_000, 1_000_000))
    assert folder.clear_unfinished(before=datetime(2001, 1, 1, tzinfo=UTC)) == 1
    assert (old.exists(), fresh.exists()) == (False, True)


def test_files_are_readable_by_their_owner_only(folder: FolderStorage) -> None:
    folder.put(io.BytesIO(DATA), len(DATA))
    path = next(folder.root.glob("*/" + HASH))
    assert [oct(p.stat().st_mode & 0o777) for p in (path, path.parent, folder.root)] == [
        "0o600",
        "0o700",
        "0o700",
    ]


def test_storing_and_removing_inside_a_unit_of_work_are_bugs(
    folder: FolderStorage, inside_a_unit: Callable[[], Any]
) -> None:
    with inside_a_unit():
        with pytest.raises(UnitError):
            folder.put(io.BytesIO(DATA), len(DATA))
        with pytest.raises(UnitError):
            folder.remove(HASH)
    assert _files(folder) == []


def test_the_setting_names_a_folder(tmp_path: Path) -> None:
    made = from_url(f"file://{tmp_path}/with%20blank")
    assert isinstance(made, FolderStorage)
    assert made.root == tmp_path / "with blank"
    assert made.root.is_dir()


@pytest.mark.parametrize(
    "url", ["", "ftp://x/y", "file://otherhost/x", "file:relative", "s3:///nobucket", "/plain/path"]
)
def test_a_setting_that_names_no_storage_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="a storage is"):
        from_url(url)


def _files(folder: FolderStorage) -> list[Path]:
    return [path for path in folder.root.rglob("*") if path.is_file()]
