"""Tables of people who come from a file or from the directory: the files, their lines, the runs, and who came how."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.import_words import FetchState, ImportState, Verdict
from app.core.db import BigId, LongText, Model, Word, table_args


class PeopleImport(Model):
    """A file of people, from its preview to its end. The figures are written at the end, when the lines go.

    ``person_id``: who brought it, None for the shell. ``passed_over``: headings that nothing is known about.
    """

    __tablename__ = "people_import"
    __table_args__ = table_args(sa.Index("ix_people_import_state", "state", "created_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    filename: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[ImportState] = mapped_column(Word(ImportState), default=ImportState.READY)
    send_welcome: Mapped[bool] = mapped_column(default=False)
    close_missing: Mapped[bool] = mapped_column(default=False)
    headings: Mapped[list[Any]] = mapped_column(default=list)
    passed_over: Mapped[list[Any]] = mapped_column(default=list)
    lines: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    closed: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ImportLine(Model):
    """A line of a file.

    ``given``: its cells by field. ``verdict``, ``changes`` (field, old, new), ``notes`` and ``reason`` are what is
    expected until ``is_done``, and what happened from then on. ``manager`` is the address of one who is still to be
    named, because everybody has to be there first. ``person_id``: whom it is about, also when it is refused.
    """

    __tablename__ = "people_import_line"
    __table_args__ = table_args(
        sa.Index("ix_people_import_line_waiting", "import_id", "is_done", "id"),
        sa.Index("ix_people_import_line_verdict", "import_id", "verdict", "id"),
        sa.Index("ix_people_import_line_person", "import_id", "person_id"),
        sa.Index("ix_people_import_line_manager", "import_id", "manager", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("people_import.id"))
    number: Mapped[int]
    given: Mapped[dict[str, Any]]
    verdict: Mapped[Verdict] = mapped_column(Word(Verdict))
    changes: Mapped[list[Any]] = mapped_column(default=list)
    notes: Mapped[list[Any]] = mapped_column(default=list)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    manager: Mapped[str] = mapped_column(sa.String(254), default="")
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    is_done: Mapped[bool] = mapped_column(default=False)


class ImportedPerson(Model):
    """Somebody whose account was made by a file. ``is_closed``: deactivated because a later one left them out."""

    __tablename__ = "imported_person"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    is_closed: Mapped[bool] = mapped_column(default=False)


class PeopleFetch(Model):
    """A run over the directory. ``next_page``: where it goes on when it was stopped; ``trouble``: why it was."""

    __tablename__ = "people_fetch"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    state: Mapped[FetchState] = mapped_column(Word(FetchState), default=FetchState.RUNNING)
    next_page: Mapped[str] = mapped_column(LongText, default="")
    is_listed: Mapped[bool] = mapped_column(default=False)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    passed_over: Mapped[int] = mapped_column(default=0)
    closed: Mapped[int] = mapped_column(default=0)
    reopened: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(sa.String(40), default="")
    detail: Mapped[str] = mapped_column(sa.String(500), default="")
    started_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class FetchedPerson(Model):
    """Somebody the directory keeps.

    ``fetch_id``: the last run that saw them. ``manager_object_id``: whom they report to there. ``is_enabled``: may
    sign in there. ``is_closed``: deactivated by a run, which alone may activate them again. ``photo_due``: something
    about them changed since their picture was asked for.
    """

    __tablename__ = "fetched_person"
    __table_args__ = table_args(
        sa.Index("ix_fetched_person_fetch", "fetch_id"),
        sa.Index("ix_fetched_person_photo", "photo_due", "photo_at"),
    )

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    fetch_id: Mapped[int] = mapped_column(BigId)
    manager_object_id: Mapped[str] = mapped_column(sa.String(36), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    is_closed: Mapped[bool] = mapped_column(default=False)
    photo_due: Mapped[bool] = mapped_column(default=True)
    photo_at: Mapped[datetime | None]
