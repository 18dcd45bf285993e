"""What comes in about API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field

from app.accounts.key_words import Scope
from app.core.schema import Command, Id, Line, OptionalId

# Every key ends: after so long where nothing else is said, and never later than after a year.
USUAL = timedelta(days=90)
LONGEST = timedelta(days=366)
KeyName = Annotated[Line, Field(min_length=1, max_length=80)]
Scopes = Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
KeyTeams = Annotated[list[Id], Field(max_length=50)]


class NewApiKey(Command):
    """A key for a program. Without ``owner`` it acts for whoever makes it."""

    name: KeyName
    owner: OptionalId = None
    scopes: Scopes
    team_ids: KeyTeams = Field(default_factory=list)
    expires_at: AwareDatetime | None = None
