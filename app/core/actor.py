"""Who acts: a person at any door, or the mail, the clock, the shell."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ActorKind(StrEnum):
    PERSON = "person"
    MAIL = "mail"
    CLOCK = "clock"
    SHELL = "shell"
    RULE = "rule"
    AI = "ai"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Actor:
    """Everything a room needs to know of whoever acts; made once per request, task or command.

    ``rights`` are permission names; ``team_ids`` the teams the person belongs to and ``hidden_team_ids`` the
    confidential teams the person does not belong to; ``picture`` is the hash of the own one.
    ``key_id`` and ``scopes`` belong to a program that came with an API key; ``only_team_ids`` are the only teams such
    a key reaches, None for one that is not limited to teams.
    """

    kind: ActorKind
    person_id: int | None = None
    full_name: str = ""
    email: str = ""
    role: str = ""
    support_level: int = 0
    language: str = "de"
    time_zone: str = "Europe/Berlin"
    rights: frozenset[str] = field(default_factory=frozenset)
    team_ids: frozenset[int] = field(default_factory=frozenset)
    hidden_team_ids: frozenset[int] = field(default_factory=frozenset)
    managed_organisation_id: int | None = None
    sign_in_id: int | None = None
    picture: str = ""
    key_id: int | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    only_team_ids: frozenset[int] | None = None

    @property
    def is_signed_in(self) -> bool:
        return self.kind is ActorKind.PERSON

    @property
    def initials(self) -> str:
        words = self.full_name.split() or ["?"]
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()

    def can(self, permission: str) -> bool:
        """Whether the permission table grants this to the actor (objects are judged by the rooms)."""
        return permission in self.rights


NOBODY = Actor(ActorKind.NOBODY)
