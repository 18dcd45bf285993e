"""Between a mail as it travels and a message as Graph writes one."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, getaddresses, parsedate_to_datetime
from typing import Any

Recipient = dict[str, dict[str, str]]
PREVIEW = 255
TAG = re.compile(r"<[^>]*>")


class Unreadable(Exception):
    """The text is no mail."""


def parse(raw: bytes) -> EmailMessage:
    """A mail; broken ones are read as far as it goes."""
    return BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(raw)


def header(mail: EmailMessage, name: str) -> str:
    """A header line as words; empty when it is missing or cannot be read."""
    try:
        return " ".join(str(mail.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, TypeError):
        return ""


def recipients(mail: EmailMessage, *names: str) -> list[Recipient]:
    """The addresses of these header lines."""
    lines = [header(mail, name) for name in names]
    found = getaddresses([line for line in lines if line])
    return [_recipient(name, address) for name, address in found if address]


def addresses(mail: EmailMessage, *names: str) -> list[str]:
    return [one["emailAddress"]["address"].lower() for one in recipients(mail, *names)]


def _recipient(name: str, address: str) -> Recipient:
    return {"emailAddress": {"name": name or address, "address": address}}


def sent_at(mail: EmailMessage) -> datetime | None:
    try:
        told = parsedate_to_datetime(header(mail, "Date"))
    except (ValueError, TypeError, IndexError):
        return None
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def columns(raw: bytes) -> dict[str, Any]:
    """What Graph says of a mail that only its text decides."""
    mail = parse(raw)
    kind, content = _body(mail)
    senders = recipients(mail, "From") or [_recipient("", "")]
    thread = (header(mail, "References") or header(mail, "In-Reply-To") or header(mail, "Message-ID")).split()
    plain = TAG.sub(" ", content) if kind == "html" else content
    told = sent_at(mail)
    return {
        "sentDateTime": told.strftime("%Y-%m-%dT%H:%M:%SZ") if told else None,
        "internetMessageId": header(mail, "Message-ID"),
        "subject": header(mail, "Subject"),
        "from": senders[0],
        "sender": (recipients(mail, "Sender") or senders)[0],
        "toRecipients": recipients(mail, "To"),
        "ccRecipients": recipients(mail, "Cc"),
        "bccRecipients": recipients(mail, "Bcc"),
        "replyTo": recipients(mail, "Reply-To"),
        "hasAttachments": any(True for _ in mail.iter_attachments()) if mail.is_multipart() else False,
        "importance": _importance(mail),
        "conversationId": str(uuid.uuid5(uuid.NAMESPACE_URL, thread[0])) if thread else str(uuid.uuid4()),
        "bodyPreview": " ".join(plain.split())[:PREVIEW],
        "body": {"contentType": kind, "content": content},
        "internetMessageHeaders": [{"name": name, "value": header(mail, name)} for name in mail],
    }


def _importance(mail: EmailMessage) -> str:
    told = header(mail, "Importance").lower()
    return told if told in ("low", "high") else "normal"


def _body(mail: EmailMessage) -> tuple[str, str]:
    try:
        part = mail.get_body(("html", "plain"))
        if part is None:
            return "text", ""
        kind = "html" if part.get_content_type() == "text/html" else "text"
        return kind, str(part.get_content())
    except (LookupError, ValueError, AttributeError, KeyError):
        return "text", ""


def from_base64(text: bytes) -> bytes:
    """The mail inside a request.

    Raises:
        Unreadable: it is not base64, or not a mail.
    """
    try:
        raw = base64.b64decode(b"".join(text.split()), validate=True)
    except ValueError as error:
        raise Unreadable("Invalid base64 string for MIME content.") from error
    if not parse(raw).keys():
        raise Unreadable("The MIME content has no headers.")
    return raw


def written(message: dict[str, Any], sender: str, now: datetime) -> bytes:
    """The mail Graph makes of a message in JSON."""
    mail = EmailMessage(policy=policy.SMTP)
    told = message.get("from") or {"emailAddress": {"address": sender}}
    mail["From"] = _line([told])
    for name, column in (("To", "to"), ("Cc", "cc"), ("Bcc", "bcc")):
        if message.get(f"{column}Recipients"):
            mail[name] = _line(message[f"{column}Recipients"])
    if message.get("replyTo"):
        mail["Reply-To"] = _line(message["replyTo"])
    mail["Subject"] = " ".join(str(message.get("subject") or "").split())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message.get("internetMessageId") or f"<{uuid.uuid4()}@simulated-microsoft.example>"
    for one in message.get("internetMessageHeaders") or ():
        mail[str(one["name"])] = str(one["value"])
    body = message.get("body") or {}
    subtype = "html" if str(body.get("contentType", "text")).lower() == "html" else "plain"
    mail.set_content(str(body.get("content") or ""), subtype=subtype)
    _attach(mail, message.get("attachments") or ())
    return mail.as_bytes()


def _line(told: Iterable[Recipient]) -> list[Address]:
    return [_address(one["emailAddress"]) for one in told]


def _address(told: dict[str, str]) -> Address:
    address, name = str(told["address"]), str(told.get("name") or "")
    return Address("" if name == address else name, addr_spec=address)


def _attach(mail: EmailMessage, attachments: Iterable[dict[str, Any]]) -> None:
    for one in attachments:
        main, _, sub = str(one.get("contentType") or "application/octet-stream").partition("/")
        mail.add_attachment(
            base64.b64decode(one.get("contentBytes") or ""),
            maintype=main,
            subtype=sub or "octet-stream",
            filename=str(one.get("name") or "attachment"),
            disposition="inline" if one.get("isInline") else "attachment",
            cid=f"<{one['contentId']}>" if one.get("contentId") else None,
        )


def without(raw: bytes, name: str) -> bytes:
    """A mail without one of its header lines; every other byte stays."""
    head, gap, body = _halves(raw)
    pattern = re.compile(
        rb"^" + name.encode("ascii") + rb":[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE
    )
    return pattern.sub(b"", head) + gap + body


def with_line(raw: bytes, name: str, value: str) -> bytes:
    """A mail with one more header line on top."""
    end = b"\r\n" if b"\r\n" in raw[:2000] else b"\n"
    return f"{name}: {value}".encode() + end + raw


def _halves(raw: bytes) -> tuple[bytes, bytes, bytes]:
    found = re.search(rb"\r?\n(?=\r?\n)", raw)
    if found is None:
        return raw, b"", b""
    return raw[: found.end()], b"", raw[found.end() :]
