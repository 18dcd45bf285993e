"""Blobs in a bucket that speaks S3; boto3 is only loaded where a bucket is named."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, BinaryIO, cast
from urllib.parse import SplitResult, parse_qs

from app.core.uow import must_be_outside
from app.integrations.blobs import CHUNK, SHA256, BlobMissing, Kept, Stored, checked, copied
from app.integrations.outcome import RetryLater

IN_MEMORY = 4 * CHUNK
MISSING = {"404", "NoSuchKey", "NotFound"}


class S3Storage:
    """See ``blobs.Storage``. A blob is one object, so an interrupted ``put`` leaves nothing behind.

    Args:
        bucket, prefix: where objects go; the prefix without slashes at its ends.
        endpoint: of a service of one's own; empty for Amazon's.

    Raises:
        RuntimeError: boto3 is not installed.
    """

    def __init__(self, bucket: str, prefix: str = "", endpoint: str = "", region: str = "") -> None:
        try:
            boto3: Any = import_module("boto3")
            exceptions: Any = import_module("botocore.exceptions")
        except ImportError:
            raise RuntimeError(
                "a bucket as storage needs the package boto3, which is not installed"
            ) from None
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client: Any = boto3.client("s3", endpoint_url=endpoint or None, region_name=region or None)
        self._refusal: type[Exception] = exceptions.ClientError
        self._failures: tuple[type[Exception], ...] = (exceptions.BotoCoreError, self._refusal)

    @classmethod
    def from_parts(cls, url: SplitResult) -> S3Storage:
        """From ``s3://bucket/prefix?endpoint=…&region=…``."""
        more = parse_qs(url.query)
        endpoint, region = (more.get(name, [""])[0] for name in ("endpoint", "region"))
        return cls(url.netloc, url.path.strip("/"), endpoint, region)

    def put(self, stream: BinaryIO, limit: int) -> Stored:
        must_be_outside()
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
            stored = copied(stream, cast(BinaryIO, spool), limit)
            spool.seek(0)
            with self._told():
                self._client.upload_fileobj(spool, self._bucket, self._key(stored.sha256))
        return stored

    def open(self, sha256: str) -> BinaryIO:
        key = self._key(checked(sha256))
        spool = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 the caller closes it
        try:
            with self._told():
                self._client.download_fileobj(self._bucket, key, spool)
        except BaseException:
            spool.close()
            raise
        spool.seek(0)
        return spool

    def exists(self, sha256: str) -> bool:
        return self._about(checked(sha256)) is not None

    def remove(self, sha256: str, *, unless_written_since: datetime | None = None) -> bool:
        must_be_outside()
        about = self._about(checked(sha256))
        if about is None or (unless_written_since and about["LastModified"] >= unless_written_since):
            return False
        with self._told():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(sha256))
        return True

    def walk(self) -> Iterator[Kept]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        with self._told():
            for page in pages:
                for found in page.get("Contents", ()):
                    name = str(found["Key"]).rpartition("/")[2]
                    if SHA256.fullmatch(name):
                        yield Kept(name, int(found["Size"]), found["LastModified"].astimezone(UTC))

    def clear_unfinished(self, before: datetime) -> int:
        return 0

    def _key(self, sha256: str) -> str:
        return f"{self._prefix}{sha256[:2]}/{sha256}"

    def _about(self, sha256: str) -> dict[str, Any] | None:
        try:
            with self._told():
                return dict(self._client.head_object(Bucket=self._bucket, Key=self._key(sha256)))
        except BlobMissing:
            return None

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            said = getattr(error, "response", {}).get("Error", {}).get("Code", "")
            if said in MISSING:
                raise BlobMissing("no such object") from None
            raise RetryLater(None, "storage_down", str(said)) from None
