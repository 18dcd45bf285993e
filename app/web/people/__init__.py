"""The door where staff look after people: list, one person, new ones, roles, links, files."""

from app.web.people import addresses, fetched, importing, listing, making, person, rights
from app.web.people.door import door

__all__ = ["addresses", "door", "fetched", "importing", "listing", "making", "person", "rights"]
