"""The door where staff look after people: list, one person, new ones, roles, links."""

from app.web.people import addresses, listing, making, person, rights
from app.web.people.door import door

__all__ = ["addresses", "door", "listing", "making", "person", "rights"]
