"""The agents' workspace: list, ticket, board, bell."""

from app.web.tickets import (
    board,
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
    "board",
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
