"""What can go wrong in a room, said without HTTP; doors turn these into answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class HouseError(Exception):
    """A refusal a person can understand; ``word`` is the machine-readable code."""

    word = "error"

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(HouseError):
    """Missing, or not visible to the actor: the two are never told apart."""

    word = "not_found"


class Forbidden(HouseError):
    """The actor may see the thing but not do this to it."""

    word = "forbidden"


class NotSignedIn(HouseError):
    word = "not_signed_in"


class PasswordNeeded(HouseError):
    """A sensitive change wants the password once more (within ten minutes)."""

    word = "password_needed"


class Conflict(HouseError):
    """The state of the thing does not allow this, or it changed meanwhile; details say what is new."""

    word = "conflict"


class Stale(Conflict):
    """The change was made on a view that is no longer the present one."""

    word = "stale"


class TooMany(HouseError):
    """A limit is reached; ``details["seconds"]`` says when to try again."""

    word = "too_many"


class TooLarge(HouseError):
    word = "too_large"


class Unavailable(HouseError):
    """Something outside is down for the moment."""

    word = "unavailable"


class Invalid(HouseError):
    """Input that cannot be accepted: field name → sentences in the reader's language."""

    word = "invalid"

    def __init__(self, problems: Mapping[str, str | list[str]], message: str = "") -> None:
        super().__init__(message)
        self.problems = {k: [v] if isinstance(v, str) else list(v) for k, v in problems.items()}
