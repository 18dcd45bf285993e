"""The door for machines that ask how we are."""

from app.web.health import views
from app.web.health.door import door

__all__ = ["door", "views"]
