"""The agents' workspace: list, ticket, board, bell."""

from app.web.tickets import (
    board,
    company,
    files,
    inbox,
    inside,
    making,
    mending,
    originals,
    presence,
    properties,
    queue,
    replying,
    scheduled,
    search,
    taking,
    ticket,
)
from app.web.tickets.door import door

__all__ = [
    "board",
    "company",
    "door",
    "files",
    "inbox",
    "inside",
    "making",
    "mending",
    "originals",
    "presence",
    "properties",
    "queue",
    "replying",
    "scheduled",
    "search",
    "taking",
    "ticket",
]
