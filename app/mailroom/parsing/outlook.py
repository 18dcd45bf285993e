"""Messages saved by Outlook, .msg: storages and streams in one file (MS-CFB), properties in them (MS-OXMSG).

Read with a bound on everything a file can claim: no stream is read twice over, nothing enclosed is followed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import olefile

from app.mailroom.mail import Address, Mail, Part, Unreadable
from app.mailroom.parsing import charsets, headers, limits, mapi
from app.mailroom.words import Obstacle

MAX_FILES = 200
MAX_RECIPIENTS = 500
MAX_PROPERTIES = 4_000
_PROPERTIES = "__properties_version1.0"
_VALUE = "__substg1.0_{:04x}{:04x}"
_FILE, _RECIPIENT = "__attach_version1.0_#", "__recip_version1.0_#"
_STRING8, _UNICODE, _BINARY, _OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
# What stands before the entries of a property stream (MS-OXMSG 2.4.1).
_OF_MESSAGE, _OF_OTHERS, _ENTRY = 32, 8, 16
_EMBEDDED = 5


def read(data: bytes) -> Mail:
    """Read a message saved by Outlook. Enclosed messages are named and not opened.

    Args:
        data: the bytes of the file.

    Raises:
        Unreadable: too large, too many files, or streams that claim more than there is.
        Exception: nearly any, for other damage: the library meets it where it happens.
    """
    limits.check_size(len(data))
    with olefile.OleFileIO(io.BytesIO(data)) as opened:
        return _Reader(opened, len(data)).message()


class _Reader:
    """Reads the streams of one file; together they cannot be larger than the file."""

    def __init__(self, opened: Any, size: int) -> None:
        self._opened = opened
        self._left = size
        self.codec = "cp1252"

    def message(self) -> Mail:
        properties = _Storage(self, self._opened.root, (), _OF_MESSAGE)
        if not properties.is_one:
            raise Unreadable(Obstacle.BROKEN, "no properties")
        self.codec = mapi.codepage(properties, mapi.MESSAGE_CODEPAGE, mapi.INTERNET_CODEPAGE) or self.codec
        recipients = list(self._recipients())
        parts: list[Part] = []
        unopened: list[str] = []
        for number, file in enumerate(self._storages(_FILE, MAX_FILES, Obstacle.PARTS), start=1):
            method = mapi.number(file.fixed(mapi.FILE_METHOD))
            if method == _EMBEDDED or file.holds(mapi.FILE_DATA):
                unopened.append(_name_of(file))
            else:
                parts.append(_part(number, file))
        return mapi.mail(properties, recipients, parts, unopened)

    def _recipients(self) -> Iterator[tuple[int, Address]]:
        for storage in self._storages(_RECIPIENT, MAX_RECIPIENTS):
            who = mapi.address(storage)
            if who is not None:
                yield mapi.number(storage.fixed(mapi.RECIPIENT_KIND)), who

    def _storages(self, prefix: str, most: int, obstacle: Obstacle | None = None) -> Iterator[_Storage]:
        """Storages whose names begin so, in their order; beyond the most the rest is left out, or all refused."""
        found = [kid for name, kid in sorted(self._opened.root.kids_dict.items()) if name.startswith(prefix)]
        if len(found) > most and obstacle:
            raise Unreadable(obstacle, f"more than {most}")
        for kid in found[:most]:
            yield _Storage(self, kid, (kid.name,), _OF_OTHERS)

    def stream(self, entry: Any, path: tuple[str, ...]) -> bytes:
        """The bytes of a stream.

        Raises:
            Unreadable: the streams read so far claim more bytes than the file has.
        """
        self._left -= entry.size
        if self._left < 0:
            raise Unreadable(Obstacle.BROKEN, "more than there is")
        found: bytes = self._opened.openstream([*path, entry.name]).read()
        return found


class _Storage:
    """A storage with properties: the message, an addressee, a file, an enclosed message."""

    def __init__(self, reader: _Reader, node: Any, path: tuple[str, ...], header: int) -> None:
        self._reader = reader
        self._kids: Mapping[str, Any] = node.kids_dict
        self._path = path
        entry = self._kids.get(_PROPERTIES)
        self.is_one = entry is not None
        listed = reader.stream(entry, path)[header:] if entry is not None else b""
        self._fixed = dict(_entries(listed))

    def fixed(self, tag: int) -> bytes:
        return self._fixed.get(tag, b"")

    def text(self, tag: int) -> str:
        wide = self._kids.get(_VALUE.format(tag, _UNICODE))
        if wide is not None:
            return _clean(self._reader.stream(wide, self._path), "utf-16-le")
        narrow = self._kids.get(_VALUE.format(tag, _STRING8))
        return _clean(self._reader.stream(narrow, self._path), self._reader.codec) if narrow else ""

    def binary(self, tag: int) -> bytes:
        entry = self._kids.get(_VALUE.format(tag, _BINARY))
        return self._reader.stream(entry, self._path) if entry is not None else b""

    def holds(self, tag: int) -> bool:
        """Whether a property is an object: a storage of its own."""
        return _VALUE.format(tag, _OBJECT) in self._kids

    def within(self, tag: int) -> _Storage | None:
        """The storage that a property is."""
        kid = self._kids.get(_VALUE.format(tag, _OBJECT))
        return _Storage(self._reader, kid, (*self._path, kid.name), _OF_OTHERS) if kid is not None else None


def _entries(listed: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and eight bytes of each property of fixed length (of the others these bytes are of no use)."""
    end = min(len(listed) - _ENTRY + 1, MAX_PROPERTIES * _ENTRY)
    for position in range(0, end, _ENTRY):
        tag = int.from_bytes(listed[position + 2 : position + 4], "little")
        yield tag, listed[position + 8 : position + _ENTRY]


def _part(number: int, file: _Storage) -> Part:
    name = file.text(mapi.FILE_NAME) or file.text(mapi.FILE_SHORT_NAME) or file.text(mapi.NAME)
    kind, content_id = file.text(mapi.FILE_TYPE), file.text(mapi.FILE_CONTENT_ID)
    return mapi.part(number, name, kind, content_id, file.binary(mapi.FILE_DATA))


def _name_of(file: _Storage) -> str:
    """The subject of an enclosed message; of another object what Outlook shows for it."""
    within = file.within(mapi.FILE_DATA)
    subject = within.text(mapi.SUBJECT) if within is not None else ""
    return headers.one_line(subject or file.text(mapi.NAME) or file.text(mapi.FILE_NAME))[:200]


def _clean(value: bytes, codec: str) -> str:
    return charsets.clean(value.decode(codec, "replace")).rstrip("\x00")
