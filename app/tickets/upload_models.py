"""Tables of files that arrive part by part: the upload, and which of its parts are there."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Model, table_args


class Upload(Model):
    """A file that was announced. ``taken``: bytes that have arrived; ``attachment_id``: what it became.

    ``key_id``, here and at files: the API key it came with; a key limited to teams has nothing else of its person's.

    One that was given up stays until it is swept, so that its bytes count for the day.
    """

    __tablename__ = "upload"
    __table_args__ = table_args(
        sa.Index("ix_upload_uploader", "uploader_id", "created_at"),
        sa.Index("ix_upload_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uploader_id: Mapped[int] = mapped_column(BigId)
    key_id: Mapped[int | None] = mapped_column(BigId)
    filename: Mapped[str] = mapped_column(sa.String(150))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    part_size: Mapped[int]
    taken: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    attachment_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime]
    given_up_at: Mapped[datetime | None]


class UploadPart(Model):
    """A part that is there; its bytes lie in the store."""

    __tablename__ = "upload_part"
    __table_args__ = table_args(sa.Index("ix_upload_part_sha256", "sha256"))

    upload_id: Mapped[int] = mapped_column(sa.ForeignKey("upload.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(sa.String(64))
