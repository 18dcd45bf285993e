"""winmail.dat: what Outlook packs when it believes the reader is Outlook too (MS-OXTNEF).

Read with bounds on every length; anything unexpected means "keep the file whole".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.mailroom.parsing import charsets

_SIGNATURE = 0x223E9F78
_ATTACH_START = 0x00069002
_ATTACH_TITLE = 0x00018010
_ATTACH_DATA = 0x0006800F
_ATTACH_PROPERTIES = 0x00069005
_CODEPAGE = 0x00069007
_BODY = 0x0002800C
_MESSAGE_PROPERTIES = 0x00069003
_MESSAGE_CLASS = 0x00078008
_SUBJECT = 0x00018004
_MAX_FILES = 200
_MAX_ATTRIBUTES = 5_000
_MAX_PROPERTIES = 2_000

_PR_BODY = 0x1000
_PR_HTML = 0x1013
_PR_ATTACH_DATA = 0x3701
_PR_ATTACH_LONG_FILENAME = 0x3707
_PR_ATTACH_MIME_TAG = 0x370E
_PR_ATTACH_CONTENT_ID = 0x3712
_MULTIPLE = 0x1000
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING8, _UNICODE, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_NAMED = 0x8000


class NotTnef(ValueError):
    """The bytes are no TNEF stream, or one this reader does not trust itself to have read right."""


@dataclass(slots=True)
class File:
    """A file in a winmail.dat; name and type are '' when it does not say."""

    name: str = ""
    content_type: str = ""
    content_id: str = ""
    data: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Package:
    """What a winmail.dat holds; properties are those of the message without a name, type and value by tag."""

    files: list[File] = field(default_factory=list)
    subject: str = ""
    text: str = ""
    html: str = ""
    message_class: str = ""
    codepage: str = "cp1252"
    properties: dict[int, tuple[int, bytes]] = field(default_factory=dict, repr=False)


def unpack(data: bytes) -> Package:
    """Read a winmail.dat.

    Args:
        data: the decoded attachment.

    Raises:
        NotTnef: it is none, or is damaged.
    """
    package = Package()
    try:
        for identity, content in _attributes(data):
            _take(package, identity, content)
    except (struct.error, IndexError) as error:
        raise NotTnef(str(error)) from error
    package.files = [file for file in package.files if file.data or file.name]
    return package


def _take(package: Package, identity: int, content: bytes) -> None:
    if identity == _ATTACH_START:
        if len(package.files) >= _MAX_FILES:
            raise NotTnef("too many files")
        package.files.append(File())
    elif identity == _CODEPAGE and len(content) >= 4:
        package.codepage = charsets.known(f"cp{_u32(content, 0)}") or "cp1252"
    elif identity == _SUBJECT:
        package.subject = _string(content, package.codepage)
    elif identity == _BODY:
        package.text = _string(content, package.codepage)
    elif identity == _MESSAGE_CLASS:
        package.message_class = _string(content, package.codepage)
    elif identity == _MESSAGE_PROPERTIES:
        _take_message_properties(package, content)
    elif package.files:
        _take_file(package.files[-1], identity, content, package.codepage)


def _take_file(file: File, identity: int, content: bytes, codepage: str) -> None:
    if identity == _ATTACH_TITLE:
        file.name = file.name or _string(content, codepage)
    elif identity == _ATTACH_DATA:
        file.data = content
    elif identity == _ATTACH_PROPERTIES:
        for tag, kind, value in _properties(content):
            if tag == _PR_ATTACH_LONG_FILENAME:
                file.name = _text(kind, value, codepage) or file.name
            elif tag == _PR_ATTACH_MIME_TAG:
                file.content_type = _text(kind, value, codepage).lower()
            elif tag == _PR_ATTACH_CONTENT_ID:
                file.content_id = _text(kind, value, codepage)
            elif tag == _PR_ATTACH_DATA and not file.data:
                file.data = value[16:] if kind == _OBJECT else value


def _take_message_properties(package: Package, content: bytes) -> None:
    for tag, kind, value in _properties(content):
        if tag < _NAMED:
            package.properties[tag] = (kind, value)
        if tag == _PR_BODY:
            package.text = _text(kind, value, package.codepage) or package.text
        elif tag == _PR_HTML:
            package.html = charsets.decode(value, "utf-8" if kind == _BINARY else package.codepage)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Level, id, length, content, checksum: one after the other."""
    if len(data) < 6 or _u32(data, 0) != _SIGNATURE:
        raise NotTnef("no signature")
    position = 6
    for _ in range(_MAX_ATTRIBUTES):
        if len(data) - position < 11:
            return
        identity, length = struct.unpack_from("<II", data, position + 1)
        start = position + 9
        if data[position] not in (1, 2) or start + length > len(data):
            raise NotTnef("damaged attribute")
        yield identity, data[start : start + length]
        position = start + length + 2
    raise NotTnef("too many attributes")


def _properties(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Tag, type and first value of each MAPI property."""
    count = _u32(content, 0)
    if count > _MAX_PROPERTIES:
        raise NotTnef("too many properties")
    position = 4
    for _ in range(count):
        kind, tag = struct.unpack_from("<HH", content, position)
        position += 4
        if tag >= _NAMED:
            position = _behind_name(content, position)
        value, position = _value(content, position, kind)
        yield tag, kind & ~_MULTIPLE, value


def _behind_name(content: bytes, position: int) -> int:
    kind = _u32(content, position + 16)
    if kind == 0:
        return position + 24
    return position + 24 + _padded(_u32(content, position + 20))


def _value(content: bytes, position: int, kind: int) -> tuple[bytes, int]:
    single = kind & ~_MULTIPLE
    fixed = _FIXED.get(single)
    count = 1
    if kind & _MULTIPLE or fixed is None:
        count = _u32(content, position)
        position += 4
    if count > _MAX_PROPERTIES or (fixed is None and single not in (_STRING8, _UNICODE, _BINARY, _OBJECT)):
        raise NotTnef("unknown property")
    first = b""
    for index in range(count):
        length = fixed if fixed is not None else _u32(content, position)
        start = position if fixed is not None else position + 4
        if start + length > len(content):
            raise NotTnef("damaged property")
        if index == 0:
            first = content[start : start + length]
        position = start + _padded(length)
    return first, position


def _padded(length: int) -> int:
    return (length + 3) & ~3


def _u32(data: bytes, position: int) -> int:
    value: int = struct.unpack_from("<I", data, position)[0]
    return value


def _text(kind: int, value: bytes, codepage: str) -> str:
    return _string(value, "utf-16-le") if kind == _UNICODE else _string(value, codepage)


def _string(value: bytes, codec: str) -> str:
    return charsets.clean(value.decode(codec, "replace")).rstrip("\x00").strip()
