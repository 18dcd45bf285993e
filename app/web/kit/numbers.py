"""Ticket numbers in addresses: written with six digits at least, read with any number of zeros."""

from __future__ import annotations

import re

from werkzeug.routing import IntegerConverter

from app.core.errors import NotFound

NUMBER = re.compile(r"^(?:TICKET-)?0*([1-9][0-9]{0,17})$", re.IGNORECASE)


def ticket_id_of(number: str) -> int:
    """The id behind ``TICKET-000042``, ``TICKET-42`` or ``42``.

    Raises:
        NotFound: no number of a ticket.
    """
    found = NUMBER.match(number)
    if found is None:
        raise NotFound
    return int(found[1])


class PlainInteger(IntegerConverter):
    """Numbers in addresses as we write them: the library's also takes the digits of other scripts."""

    regex = "[0-9]+"
