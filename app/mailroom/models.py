"""The table of raw mail: every mail that came in, what became of it, and never the same one twice."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Model, Word, table_args
from app.mailroom.outcomes import State


class RawMail(Model):
    """One mail as it came; its bytes lie in the store under ``sha256``.

    ``account`` is where it came in, ``source`` the file or place it was read from. ``reason`` is a word (see
    ``outcomes``), ``detail`` what was measured. ``named_ticket_id`` is a ticket the mail names without its sender
    taking part in it: a hint for agents. ``repeats_id`` says that an earlier mail had the same Message-ID and other
    content. ``due_at`` is when somebody should take it up while it is undecided; ``attempts`` are counted before the
    work, so that a mail which kills its reader is given up after some.
    """

    __tablename__ = "raw_mail"
    __table_args__ = table_args(
        sa.UniqueConstraint("account", "message_id_hash", "content_hash"),
        sa.Index("ix_raw_mail_due", "due_at"),
        sa.Index("ix_raw_mail_state", "state", "id"),
        sa.Index("ix_raw_mail_ticket", "ticket_id", "comment_id"),
        sa.Index("ix_raw_mail_sha256", "sha256"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account: Mapped[str] = mapped_column(sa.String(40))
    message_id_hash: Mapped[str] = mapped_column(sa.String(64))
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    repeats_id: Mapped[bool] = mapped_column(default=False)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    size: Mapped[int] = mapped_column(sa.BigInteger)
    source: Mapped[str] = mapped_column(sa.String(190), default="")
    kept_at: Mapped[datetime]
    state: Mapped[State] = mapped_column(Word(State, 12), default=State.KEPT)
    reason: Mapped[str] = mapped_column(sa.String(40), default="")
    detail: Mapped[str] = mapped_column(sa.String(300), default="")
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket.id"))
    comment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("comment.id"))
    named_ticket_id: Mapped[int | None] = mapped_column(BigId)
    attempts: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    due_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
