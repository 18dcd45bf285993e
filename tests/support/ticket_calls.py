"""Calls about tickets as the tests make them."""

from __future__ import annotations

import io
from typing import Any

from tests.support.programs import Caller

TICKETS = "/api/v1/tickets"
FILES = "/api/v1/attachments"
STAFF_ONLY = {"watchers", "priority_reason", "support_level", "escalation", "tags"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def at(ticket: Any) -> str:
    """The address of a ticket."""
    return f"{TICKETS}/{ticket.id}"


def opened(program: Caller, **fields: Any) -> Any:
    """A ticket that was opened, as the answer tells it."""
    answer = program.post(TICKETS, {"title": "VPN", "description": "Bricht ab."} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json


def send(program: Caller, name: str = "foto.png", data: bytes = PNG, **options: Any) -> Any:
    """Send a file."""
    given = {"file": (io.BytesIO(data), name)}
    return program.post(FILES, data=given, content_type="multipart/form-data", **options)


def local(address: str) -> str:
    """An address of a page, without the site in front."""
    return address.removeprefix("http://localhost")
