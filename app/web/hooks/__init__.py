"""The door for machines of others that call us: they carry no session, and prove themselves by what they know."""

from app.web.hooks import microsoft_mail
from app.web.hooks.door import door

__all__ = ["door", "microsoft_mail"]
