"""File bytes in a bucket, over a stand-in for the vendor's package that keeps objects in memory."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any, BinaryIO

import pytest

from app.core.uow import UnitError
from app.integrations.outcome import RetryLater
from app.integrations.s3 import S3Storage
from app.integrations.storage import BlobMissing, Stored, TooLarge, from_url

DATA = b"Drucker brennt" * 1000
HASH = hashlib.sha256(DATA).hexdigest()
MOMENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class ClientError(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


class BotoCoreError(Exception):
    pass


class Bucket:
    """The six calls we use, as the vendor's client answers them."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.broken: Exception | None = None
        self.made_with: tuple[Any, ...] = ()

    def client(self, *args: Any, **options: Any) -> Bucket:
        self.made_with = (*args, options)
        return self

    def upload_fileobj(self, stream: BinaryIO, bucket: str, key: str) -> None:
        self._check()
        self.objects[f"{bucket}/{key}"] = stream.read()

    def download_fileobj(self, bucket: str, key: str, sink: BinaryIO) -> None:
        sink.write(self._get(bucket, key))

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"ContentLength": len(self._get(Bucket, Key)), "LastModified": MOMENT}

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        del self.objects[f"{Bucket}/{Key}"]

    def get_paginator(self, _call: str) -> Bucket:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        self._check()
        for name, data in self.objects.items():
            key = name.removeprefix(f"{Bucket}/")
            if key.startswith(Prefix):
                yield {"Contents": [{"Key": key, "Size": len(data), "LastModified": MOMENT}]}
        yield {}

    def _get(self, bucket: str, key: str) -> bytes:
        self._check()
        if f"{bucket}/{key}" not in self.objects:
            raise ClientError("404")
        return self.objects[f"{bucket}/{key}"]

    def _check(self) -> None:
        if self.broken:
            raise self.broken


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    made = Bucket()
    boto3, botocore, exceptions = (ModuleType(name) for name in ("boto3", "botocore", "botocore.exceptions"))
    boto3.client = made.client  # type: ignore[attr-defined]
    exceptions.ClientError, exceptions.BotoCoreError = ClientError, BotoCoreError  # type: ignore[attr-defined]
    for module in (boto3, botocore, exceptions):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return made


def test_a_bucket_keeps_gives_and_forgets_bytes(bucket: Bucket) -> None:
    storage = from_url("s3://files/helpdesk?endpoint=https://s3.firma.example&region=eu-central-1")
    assert bucket.made_with == (
        "s3",
        {"endpoint_url": "https://s3.firma.example", "region_name": "eu-central-1"},
    )
    assert storage.put(io.BytesIO(DATA), len(DATA)) == Stored(HASH, len(DATA))
    assert list(bucket.objects) == [f"files/helpdesk/{HASH[:2]}/{HASH}"]
    assert storage.exists(HASH)
    with storage.open(HASH) as file:
        assert file.read() == DATA
    assert [(kept.sha256, kept.size, kept.written) for kept in storage.walk()] == [(HASH, len(DATA), MOMENT)]
    assert storage.remove(HASH)
    assert not storage.remove(HASH)
    assert not storage.exists(HASH)
    with pytest.raises(BlobMissing):
        storage.open(HASH)


def test_a_bucket_without_prefix_and_endpoint(bucket: Bucket) -> None:
    storage = from_url("s3://files")
    storage.put(io.BytesIO(DATA), len(DATA))
    assert list(bucket.objects) == [f"files/{HASH[:2]}/{HASH}"]
    assert bucket.made_with == ("s3", {"endpoint_url": None, "region_name": None})


def test_more_than_the_limit_never_reaches_the_bucket(bucket: Bucket) -> None:
    with pytest.raises(TooLarge):
        S3Storage("files").put(io.BytesIO(DATA), 10)
    assert bucket.objects == {}


def test_foreign_objects_are_not_walked(bucket: Bucket) -> None:
    bucket.objects["files/notes.txt"] = b"x"
    assert list(S3Storage("files").walk()) == []


def test_bytes_put_again_since_the_sweeper_looked_are_kept(bucket: Bucket) -> None:
    storage = S3Storage("files")
    storage.put(io.BytesIO(DATA), len(DATA))
    assert not storage.remove(HASH, unless_written_since=MOMENT)
    assert storage.remove(HASH, unless_written_since=MOMENT + timedelta(seconds=1))


def test_an_interrupted_put_leaves_nothing_to_clear(bucket: Bucket) -> None:
    assert S3Storage("files").clear_unfinished(MOMENT) == 0


@pytest.mark.parametrize(
    "error", [ClientError("SlowDown"), ClientError("AccessDenied"), BotoCoreError("no route")]
)
def test_a_bucket_out_of_reach_is_worth_another_try(bucket: Bucket, error: Exception) -> None:
    storage = S3Storage("files")
    bucket.broken = error
    uses: list[Callable[[], Any]] = [
        lambda: storage.put(io.BytesIO(DATA), len(DATA)),
        lambda: storage.open(HASH),
        lambda: storage.exists(HASH),
        lambda: list(storage.walk()),
    ]
    for use in uses:
        with pytest.raises(RetryLater) as later:
            use()
        assert later.value.reason == "storage_down"


def test_only_a_hash_names_an_object(bucket: Bucket) -> None:
    with pytest.raises(BlobMissing):
        S3Storage("files").open("../other")


def test_storing_and_removing_inside_a_unit_of_work_are_bugs(
    bucket: Bucket, inside_a_unit: Callable[[], Any]
) -> None:
    storage = S3Storage("files")
    with inside_a_unit():
        with pytest.raises(UnitError):
            storage.put(io.BytesIO(DATA), len(DATA))
        with pytest.raises(UnitError):
            storage.remove(HASH)
    assert bucket.objects == {}


def test_a_bucket_without_the_vendors_package_is_said_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(RuntimeError, match="needs the package boto3"):
        from_url("s3://files")
