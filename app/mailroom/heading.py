"""Sender and subject of a mail as lists show them."""

from __future__ import annotations

from app.core.text import one_line, shorten
from app.mailroom.mail import Mail

ADDRESS_LENGTH = 254
SUBJECT_LENGTH = 200


def address_of(mail: Mail) -> str:
    """Whom a mail says it is from, in one line of at most 254 characters."""
    return mail.sender.email if mail.sender else one_line(mail.sender_text)[:ADDRESS_LENGTH]


def subject_of(mail: Mail) -> str:
    """What it says it is about, in one line of at most 200 characters."""
    return shorten(one_line(mail.subject), SUBJECT_LENGTH)
