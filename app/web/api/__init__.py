"""The door for programs: JSON below /api/v1, and the documents that describe it below /api."""

from app.web.api import (
    attachments,
    choices,
    comments,
    confirming,
    dashboard,
    devices,
    documents,
    events,
    keys,
    microsoft,
    passwords,
    profile,
    registration,
    sign_in,
    ticket_moves,
    tickets,
    uploads,
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
    "confirming",
    "dashboard",
    "devices",
    "documents",
    "documents_door",
    "door",
    "events",
    "keys",
    "microsoft",
    "passwords",
    "profile",
    "registration",
    "sign_in",
    "ticket_moves",
    "tickets",
    "uploads",
    "users",
    "webhooks",
    "written",
]
