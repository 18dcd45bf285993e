"""The agents' workspace: list, ticket, board, bell."""

from app.web.tickets import (
    company,
    files,
    inbox,
    making,
    presence,
    properties,
    queue,
    replying,
    search,
    ticket,
)
from app.web.tickets.door import door

__all__ = [
    "company",
    "door",
    "files",
    "inbox",
    "making",
    "presence",
    "properties",
    "queue",
    "replying",
    "search",
    "ticket",
]
