"""What comes in about notices."""

from __future__ import annotations

from pydantic import Field

from app.core.schema import Command, Id


class ReadNotices(Command):
    """Entries of the bell that were read."""

    ids: list[Id] = Field(default_factory=list, max_length=200)


class Wishes(Command):
    """What somebody wants to hear: ``topic.way`` for each box that is ticked; the others are turned off."""

    on: list[str] = Field(default_factory=list, max_length=100)
