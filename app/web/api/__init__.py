"""The door for programs: JSON below /api/v1, and the documents that describe it below /api."""

from app.web.api import documents, events, microsoft, profile, sign_in, webhooks
from app.web.api.documents import door as documents_door
from app.web.api.documents import written
from app.web.api.door import door

__all__ = [
    "documents",
    "documents_door",
    "door",
    "events",
    "microsoft",
    "profile",
    "sign_in",
    "webhooks",
    "written",
]
