"""The agents' workspace: list, ticket, board, bell."""

from app.web.tickets import ticket
from app.web.tickets.door import door

__all__ = ["door", "ticket"]
