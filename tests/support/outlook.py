"""Messages as Outlook saves them (.msg, MS-OXMSG), and bodies as it compresses them (MS-OXRTFCP)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.support.ole import Tree, compound

UNICODE, STRING8, BINARY, LONG, TIME, OBJECT = 0x1F, 0x1E, 0x102, 0x03, 0x40, 0x0D
SUBJECT, BODY, HTML, RTF = 0x0037, 0x1000, 0x1013, 0x1009
SENDER_NAME, SENDER_EMAIL, SENDER_SMTP, SENT_AT = 0x0C1A, 0x0C1F, 0x5D01, 0x0039
SHOWN_TO, SHOWN_CC, KIND, NAME, SMTP = 0x0E04, 0x0E03, 0x0C15, 0x3001, 0x39FE
FILE_NAME, SHORT_NAME, FILE_TYPE, FILE_DATA, METHOD = 0x3707, 0x3704, 0x370E, 0x3701, 0x3705
CODEPAGE = 0x3FFD
Value = tuple[int, Any]
TEXT = "Guten Tag,\n\nanbei das Angebot – 3 €."
SENT = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)


def storage(values: Mapping[int, Value], header: int = 8, **inner: Any) -> dict[str, Any]:
    """A storage with properties.

    Args:
        values: type and value by tag.
        header: bytes before the list of properties: 32 in a message, 24 in an enclosed one, 8 elsewhere.
        inner: storages within.
    """
    listed, streams = bytes(header), {}
    for tag, (kind, value) in values.items():
        fixed = _fixed(kind, value)
        data = b"" if fixed is not None else _stream(kind, value)
        listed += struct.pack("<HHI", kind, tag, 6) + (fixed or struct.pack("<Q", len(data)))
        if fixed is None:
            streams[f"__substg1.0_{tag:04X}{kind:04X}"] = data
    return {"__properties_version1.0": listed, **streams, **inner}


def message(
    values: Mapping[int, Value],
    files: Sequence[dict[str, Any]] = (),
    people: Sequence[tuple[int, str, str]] = (),
) -> bytes:
    """A .msg.

    Args:
        values: properties of the message, type and value by tag.
        files: see ``file`` and ``enclosed``.
        people: addressees: 1 for To or 2 for Cc, name, address.
    """
    tree: dict[str, Any] = storage(values, 32)
    for number, made in enumerate(files):
        tree[f"__attach_version1.0_#{number:08X}"] = made
    for number, (kind, name, email) in enumerate(people):
        told = {KIND: (LONG, kind), NAME: (UNICODE, name), SMTP: (UNICODE, email)}
        tree[f"__recip_version1.0_#{number:08X}"] = storage(told)
    return compound(tree)


def file(name: str, data: bytes, kind: str = "text/plain") -> Tree:
    """An attached file."""
    told = {FILE_NAME: (UNICODE, name), FILE_TYPE: (UNICODE, kind), METHOD: (LONG, 1)}
    return storage(told | {FILE_DATA: (BINARY, data)})


def enclosed(subject: str) -> Tree:
    """An attached message."""
    inner = storage({SUBJECT: (UNICODE, subject), BODY: (UNICODE, "Darin")}, 24)
    told = {NAME: (UNICODE, "Anlage"), METHOD: (LONG, 5)}
    return storage(told, **{f"__substg1.0_{FILE_DATA:04X}{OBJECT:04X}": inner})


def sample() -> bytes:
    """A message with everything a look into it shows."""
    return message(
        {
            SUBJECT: (UNICODE, "Angebot für Geräte"),
            SENDER_NAME: (UNICODE, "Petra Lieferant"),
            SENDER_SMTP: (UNICODE, "petra@lieferant.example"),
            SENT_AT: (TIME, SENT),
            BODY: (UNICODE, TEXT.replace("\n", "\r\n") + "\r\n"),
        },
        [file("angebot.txt", b"drei Euro"), enclosed("Ihre Anfrage"), file("gross.bin", b"x" * 9_000, "")],
        [(1, "Anna Berger", "anna@firma.example"), (2, "", "einkauf@firma.example")],
    )


def compressed(rtf: bytes) -> bytes:
    """RTF as Outlook compresses it, in literals only."""
    runs = b"".join(b"\0" + rtf[n : n + 8] for n in range(0, len(rtf), 8))
    return struct.pack("<IIII", len(runs) + 12, len(rtf), 0x75465A4C, 0) + runs


def _fixed(kind: int, value: Any) -> bytes | None:
    if kind == LONG:
        return struct.pack("<Q", value)
    if kind == TIME:
        since = value - datetime(1601, 1, 1, tzinfo=UTC)
        return struct.pack("<Q", (since.days * 86_400 + since.seconds) * 10_000_000)
    return None


def _stream(kind: int, value: Any) -> bytes:
    if kind == UNICODE:
        return str(value).encode("utf-16-le")
    return bytes(value)
