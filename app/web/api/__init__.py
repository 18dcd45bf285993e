"""The door for programs: JSON below /api/v1, and the documents that describe it below /api."""

from app.web.api import (
    attachments,
    choices,
    comments,
    devices,
    documents,
    events,
    microsoft,
    passwords,
    profile,
    registration,
    sign_in,
    ticket_moves,
    tickets,
    users,
    webhooks,
)
from app.web.api.documents import door as documents_door
from app.web.api.documents import written
from app.web.api.door import door

__all__ = [
    "attachments",
    "choices",
    "comments",
    "devices",
    "documents",
    "documents_door",
    "door",
    "events",
    "microsoft",
    "passwords",
    "profile",
    "registration",
    "sign_in",
    "ticket_moves",
    "tickets",
    "users",
    "webhooks",
    "written",
]
