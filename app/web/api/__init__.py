"""The door for programs: JSON below /api/v1."""

from app.web.api import events, microsoft, profile, sign_in
from app.web.api.door import door

__all__ = ["door", "events", "microsoft", "profile", "sign_in"]
