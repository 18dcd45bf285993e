"""A winmail.dat as the mail it was packed from, as far as it says so: often the mail around it says more."""

from __future__ import annotations

from dataclasses import dataclass

from app.mailroom.mail import Mail
from app.mailroom.parsing import charsets, limits, mapi, tnef

_STRING8, _UNICODE, _BINARY = 0x1E, 0x1F, 0x102


def read(data: bytes) -> Mail:
    """Read a winmail.dat.

    Args:
        data: the bytes of the file.

    Raises:
        Unreadable: too large.
        NotTnef: it is none, or is damaged.
    """
    limits.check_size(len(data))
    package = tnef.unpack(data)
    parts = [
        mapi.part(number, file.name, file.content_type, file.content_id, file.data)
        for number, file in enumerate(package.files, start=1)
    ]
    return mapi.mail(_Told(package), (), parts)


@dataclass(frozen=True, slots=True)
class _Told:
    """The properties of a package."""

    package: tnef.Package

    def text(self, tag: int) -> str:
        kind, value = self.package.properties.get(tag, (0, b""))
        if kind == _UNICODE:
            return charsets.clean(value.decode("utf-16-le", "replace")).rstrip("\x00")
        if kind == _STRING8:
            return charsets.clean(value.decode(self.package.codepage, "replace")).rstrip("\x00")
        if tag == mapi.SUBJECT:
            return self.package.subject
        return self.package.text if tag == mapi.BODY else ""

    def binary(self, tag: int) -> bytes:
        kind, value = self.package.properties.get(tag, (0, b""))
        return value if kind == _BINARY else b""

    def fixed(self, tag: int) -> bytes:
        return self.package.properties.get(tag, (0, b""))[1][:8]
