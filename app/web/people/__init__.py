"""The door where staff look after people: list, one person, new ones, roles, links."""

from app.web.people import listing, making, person, rights
from app.web.people.door import door

__all__ = ["door", "listing", "making", "person", "rights"]
