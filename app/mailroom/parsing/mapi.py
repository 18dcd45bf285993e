"""What Outlook's two file formats have in common: properties by number (MS-OXPROPS), and the mail they make."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from app.mailroom.mail import Address, Mail, Part
from app.mailroom.markup import text as markup_text
from app.mailroom.parsing import addresses, charsets, filenames, headers, rtf, subjects
from app.mailroom.parsing.bodies import MAX_TEXT
from app.mailroom.parsing.message import MAX_SUBJECT

SUBJECT, SENT_AT, SENDER_FOR_NAME, SENDER_FOR_EMAIL = 0x0037, 0x0039, 0x0042, 0x0065
RECIPIENT_KIND, SENDER_NAME, SENDER_EMAIL = 0x0C15, 0x0C1A, 0x0C1F
SHOWN_CC, SHOWN_TO, ARRIVED_AT = 0x0E03, 0x0E04, 0x0E06
BODY, RTF, HTML = 0x1000, 0x1009, 0x1013
NAME, EMAIL, SMTP = 0x3001, 0x3003, 0x39FE
FILE_DATA, FILE_SHORT_NAME, FILE_METHOD, FILE_NAME = 0x3701, 0x3704, 0x3705, 0x3707
FILE_TYPE, FILE_CONTENT_ID = 0x370E, 0x3712
INTERNET_CODEPAGE, MESSAGE_CODEPAGE = 0x3FDE, 0x3FFD
SENDER_SMTP, SENDER_FOR_SMTP = 0x5D01, 0x5D02
TO, CC = 1, 2
MAX_SHOWN = 500
_FILETIME = struct.Struct("<Q")
_FIRST, _YEARS = datetime(1601, 1, 1, tzinfo=UTC), range(1970, 9000)


class Properties(Protocol):
    """The properties of a message, an addressee or a file; empty or None where there is none."""

    def text(self, tag: int) -> str:
        """A text, cleaned."""

    def binary(self, tag: int) -> bytes:
        """Bytes; of a text property its bytes as they are stored."""

    def fixed(self, tag: int) -> bytes:
        """The eight bytes of a property of fixed length."""


def number(value: bytes) -> int:
    """A property of four bytes, 0 when it is missing."""
    return int.from_bytes(value[:4], "little")


def moment(value: bytes) -> datetime | None:
    """A FILETIME, None when it is missing or absurd."""
    if len(value) != _FILETIME.size:
        return None
    try:
        found = _FIRST + timedelta(microseconds=_FILETIME.unpack(value)[0] // 10)
    except OverflowError:
        return None
    return found if found.year in _YEARS else None


def codepage(properties: Properties, *tags: int) -> str:
    """The codec of the first code page that is named and known, "" when there is none."""
    for tag in tags:
        named = number(properties.fixed(tag))
        codec = "utf-8" if named == 65001 else charsets.known(f"cp{named}") if named else ""
        if codec:
            return codec
    return ""


def address(properties: Properties) -> Address | None:
    """An addressee. Within a firm Exchange names no mail address: email is "" then."""
    email = _email(properties, SMTP, EMAIL)
    name = headers.one_line(properties.text(NAME))
    return Address("" if name == email else name, email) if name or email else None


def mail(
    properties: Properties,
    recipients: Sequence[tuple[int, Address]],
    parts: Sequence[Part],
    unopened: Sequence[str] = (),
) -> Mail:
    """The mail that these properties make.

    Args:
        properties: of the message.
        recipients: whether TO or CC, and who.
        parts: its files.
        unopened: names of what cannot be handed out as a file.
    """
    subject = headers.one_line(properties.text(SUBJECT))[:MAX_SUBJECT]
    email = _email(properties, SENDER_SMTP, SENDER_EMAIL, SENDER_FOR_SMTP, SENDER_FOR_EMAIL)
    name = headers.one_line(properties.text(SENDER_NAME) or properties.text(SENDER_FOR_NAME))
    return Mail(
        date=moment(properties.fixed(SENT_AT)) or moment(properties.fixed(ARRIVED_AT)),
        subject=subject,
        title=subjects.title(subject),
        sender=Address("" if name == email else name, email) if email else None,
        sender_text=name[:300],
        to=_who(recipients, TO) or _named(properties.text(SHOWN_TO)),
        cc=_who(recipients, CC) or _named(properties.text(SHOWN_CC)),
        text=_body(properties)[:MAX_TEXT],
        attachments=tuple(parts),
        unopened=tuple(unopened),
    )


def part(number: int, name: str, content_type: str, content_id: str, data: bytes) -> Part:
    """A file with the name it may be shown under.

    Args:
        number: which file of the message it is, from 1.
    """
    kind = headers.one_line(content_type).lower()[:100] or "application/octet-stream"
    return Part(filenames.clean(name) or filenames.made_up(kind, number), kind, content_id[:300], False, data)


def _email(properties: Properties, *tags: int) -> str:
    found = (addresses.plain(properties.text(tag).strip()) for tag in tags)
    return next((email for email in found if email), "")


def _who(recipients: Sequence[tuple[int, Address]], kind: int) -> tuple[Address, ...]:
    return tuple(who for given, who in recipients if given == kind)


def _named(shown: str) -> tuple[Address, ...]:
    """Where addressees are not written out there is the line that Outlook shows."""
    names = (headers.one_line(name) for name in shown.split(";")[:MAX_SHOWN])
    return tuple(Address(name, "") for name in names if name)


def _body(properties: Properties) -> str:
    """The text; made of the HTML, or of the RTF, where there is none."""
    plain = properties.text(BODY).strip("\n")
    if plain.strip():
        return plain
    charset = codepage(properties, INTERNET_CODEPAGE, MESSAGE_CODEPAGE)
    html = properties.text(HTML) or charsets.decode(properties.binary(HTML), charset)
    return markup_text.convert(html) or rtf.text(rtf.unpack(properties.binary(RTF)))
