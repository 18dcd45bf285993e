"""The agents' workspace: list, ticket, board, bell."""

from app.web.tickets import company, files, presence, properties, replying, ticket
from app.web.tickets.door import door

__all__ = ["company", "door", "files", "presence", "properties", "replying", "ticket"]
