"""Numbers in addresses; those of tickets are written with six digits at least, read with any number of zeros."""

from __future__ import annotations

import re

from werkzeug.routing import BaseConverter, IntegerConverter

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


class Id(BaseConverter):
    """The id of a thing: 1 and more, what a database can hold.

    The pattern alone decides: a converter that refuses later makes the library answer 405 instead of 404.
    """

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


class TicketNumber(BaseConverter):
    """A ticket by its id or its number, read as its id."""

    regex = "(?:[Tt][Ii][Cc][Kk][Ee][Tt]-)?0*[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return ticket_id_of(value)

    def to_url(self, value: object) -> str:
        return str(value)


CONVERTERS = {"int": PlainInteger, "id": Id, "ticket": TicketNumber}
