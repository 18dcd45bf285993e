"""A Mail or a Look as bytes and back, for the pipe to the parsing process: JSON and file bytes, nothing executable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.mailroom.mail import Address, Listed, Look, Mail, Part, Report, ReportedRecipient
from app.mailroom.words import ReportKind, SenderFlaw

_PLAIN = ("message_id", "subject", "title", "sender_text", "text", "html", "content_type")
_LISTS = ("in_reply_to", "references", "enclosed_ids", "unopened")
_ADDRESSES = ("reply_to", "to", "cc")


def dump(mail: Mail) -> tuple[bytes, list[bytes]]:
    """The mail without its files as JSON, and the bytes of the files in their order."""
    told: dict[str, Any] = {name: getattr(mail, name) for name in (*_PLAIN, *_LISTS)}
    told |= {name: [_pair(address) for address in getattr(mail, name)] for name in _ADDRESSES}
    told["date"] = mail.date.isoformat() if mail.date else None
    told["sender"] = _pair(mail.sender) if mail.sender else None
    told["sender_flaw"] = mail.sender_flaw
    told["headers"] = dict(mail.headers)
    told["report"] = _report_told(mail.report) if mail.report else None
    told["attachments"] = [
        [part.filename, part.content_type, part.content_id, part.inline, part.size]
        for part in mail.attachments
    ]
    return json.dumps(told).encode("ascii"), [part.data for part in mail.attachments]


def load(told_bytes: bytes, files: bytes) -> Mail:
    """The mail that dump() told.

    Args:
        told_bytes: its JSON.
        files: the bytes of its files, one behind the other.

    Raises:
        ValueError, KeyError, TypeError: it was not dump() that wrote this.
    """
    told = json.loads(told_bytes)
    fields: dict[str, Any] = {name: told[name] for name in _PLAIN}
    fields |= {name: tuple(told[name]) for name in _LISTS}
    fields |= {name: tuple(Address(*pair) for pair in told[name]) for name in _ADDRESSES}
    return Mail(
        **fields,
        date=datetime.fromisoformat(told["date"]) if told["date"] else None,
        sender=Address(*told["sender"]) if told["sender"] else None,
        sender_flaw=SenderFlaw(told["sender_flaw"]) if told["sender_flaw"] else None,
        headers=MappingProxyType({name: tuple(values) for name, values in told["headers"].items()}),
        report=_report(told["report"]) if told["report"] else None,
        attachments=tuple(_parts(told["attachments"], files)),
    )


def dump_look(look: Look) -> bytes:
    """The look as JSON."""
    files = [[file.filename, file.content_type, file.size] for file in look.files]
    told, _files = dump(look.mail)
    return json.dumps([told.decode("ascii"), files, look.left_out]).encode("ascii")


def load_look(told_bytes: bytes) -> Look:
    """The look that dump_look() told.

    Raises:
        ValueError, KeyError, TypeError: it was not dump_look() that wrote this.
    """
    told, files, left_out = json.loads(told_bytes)
    return Look(load(told.encode("ascii"), b""), tuple(Listed(*file) for file in files), left_out)


def _pair(address: Address) -> list[str]:
    return [address.name, address.email]


def _report_told(report: Report) -> list[Any]:
    recipients = [
        [entry.address, entry.action, entry.status, entry.diagnostic] for entry in report.recipients
    ]
    return [report.kind, recipients, report.original_message_id]


def _report(told: list[Any]) -> Report:
    kind, recipients, original = told
    return Report(ReportKind(kind), tuple(ReportedRecipient(*entry) for entry in recipients), original)


def _parts(told: list[list[Any]], files: bytes) -> Iterator[Part]:
    position = 0
    for filename, content_type, content_id, inline, size in told:
        yield Part(filename, content_type, content_id, inline, files[position : position + size])
        position += size
