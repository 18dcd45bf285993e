"""The door of sign-in and of the own account."""

from app.web.auth import (
    addresses,
    microsoft,
    microsoft_account,
    microsoft_mailbox,
    own_teams,
    password,
    profile,
    registration,
    reset,
    second_factor,
    sign_in,
    sign_ins,
)
from app.web.auth.door import door

__all__ = [
    "addresses",
    "door",
    "microsoft",
    "microsoft_account",
    "microsoft_mailbox",
    "own_teams",
    "password",
    "profile",
    "registration",
    "reset",
    "second_factor",
    "sign_in",
    "sign_ins",
]
