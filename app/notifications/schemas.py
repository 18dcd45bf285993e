"""What comes in about notices and about the words of mails."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.core.schema import MAX_ID, Command, Id, Line, Lines

# A team's id, 0 for all teams.
TeamKey = Annotated[int, BeforeValidator(lambda value: value or 0), Field(ge=0, le=MAX_ID)]


class ReadNotices(Command):
    """Entries of the bell that were read."""

    ids: list[Id] = Field(default_factory=list, max_length=200)


class Wishes(Command):
    """What somebody wants to hear: ``topic.way`` for each box that is ticked; the others are turned off."""

    on: list[str] = Field(default_factory=list, max_length=100)


class WordsOf(Command):
    """Whose words are meant, and the version somebody looked at (0: nobody wrote any yet)."""

    team: TeamKey = 0
    language: Literal["de", "en"] = "de"
    version: int = Field(0, ge=0)


class NewWording(WordsOf):
    """Own words for a mail; which placeholders they may name depends on the mail."""

    subject: Annotated[Line, Field(max_length=200)] = ""
    body: Annotated[Lines, Field(max_length=8000)] = ""


class NewSignature(WordsOf):
    """A signature for the public replies of a team."""

    text: Annotated[Lines, Field(max_length=4000)] = ""
