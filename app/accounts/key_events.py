"""What can happen to API keys; the subject is whom a key acts for."""

from __future__ import annotations

from app.events.kinds import Fact


class ApiKeyCreated(Fact):
    """Somebody made a key that acts in a person's name. Without ``team_ids`` it reaches all that person sees."""

    kind = "api_key.created"
    key_id: int
    prefix: str
    scopes: list[str]
    team_ids: list[int]


class ApiKeyRevoked(Fact):
    kind = "api_key.revoked"
    key_id: int
    prefix: str
