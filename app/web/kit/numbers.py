"""Numbers in addresses; those of tickets are written with six digits at least, read with any number of zeros."""

from __future__ import annotations

import re

from werkzeug.routing import BaseConverter, IntegerConverter, Map, ValidationError

from app.core.errors import NotFound
from app.core.schema import MAX_ID

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


class Id(PlainInteger):
    """The id of a thing: 1 and more, what a database can hold."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=1, max=MAX_ID)


class TicketNumber(BaseConverter):
    """A ticket by its id or its number, read as its id."""

    regex = r"(?:[Tt][Ii][Cc][Kk][Ee][Tt]-)?[0-9]+"

    def to_python(self, value: str) -> int:
        try:
            return ticket_id_of(value)
        except NotFound as error:
            raise ValidationError from error

    def to_url(self, value: object) -> str:
        return str(value)


CONVERTERS = {"int": PlainInteger, "id": Id, "ticket": TicketNumber}
