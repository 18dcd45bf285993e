"""The simulated Graph, mail that goes out: at once, or as a draft first."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tools.simulated_microsoft import mime
from tools.simulated_microsoft.gate import SEND_MAIL, WRITE_MAIL, GraphError, both, mailbox, ms
from tools.simulated_microsoft.graph_mail import body, row, shown
from tools.simulated_microsoft.mailboxes import Mailbox

door = Blueprint("graph_sending", __name__)
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Outgoing:
    """A mail that left, with everybody it went to."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@both(door, "/sendMail", "POST")
def send_mail(who: str) -> tuple[str, int]:
    box = mailbox(who, SEND_MAIL)
    raw, save = _asked(box, within="message")
    _send(box, raw)
    if save:
        box.late.append(raw)
    if not ms().sent_items_late:
        box.catch_up()
    return "", 202


@both(door, "/messages", "POST")
def new_draft(who: str) -> tuple[Response, int]:
    return _new_draft(who, "drafts")


@both(door, "/mailFolders/<folder_id>/messages", "POST")
def new_draft_in(who: str, folder_id: str) -> tuple[Response, int]:
    return _new_draft(who, folder_id)


def _new_draft(who: str, folder_id: str) -> tuple[Response, int]:
    box = mailbox(who, WRITE_MAIL)
    raw, _ = _asked(box, within="")
    return jsonify(shown(row(box.add(raw, folder_id, is_read=True, is_draft=True)))), 201


@both(door, "/messages/<message_id>/send", "POST")
def send_draft(who: str, message_id: str) -> tuple[str, int]:
    box = mailbox(who, SEND_MAIL)
    message = box.message(message_id)
    if not message.is_draft:
        raise GraphError(400, "ErrorInvalidOperation", "The message is no draft.")
    _send(box, message.raw)
    box.change(message_id, is_draft=False)
    box.move(message_id, "sentitems")
    return "", 202


def _asked(box: Mailbox, within: str) -> tuple[bytes, bool]:
    """The mail of a request, in JSON or as base64, and whether to keep it."""
    raw = request.get_data()
    if len(raw) > MOST_BYTES:
        raise GraphError(413, "RequestEntityTooLarge", "Maximum request length exceeded.")
    if request.mimetype == "text/plain":
        try:
            return _complete(mime.from_base64(raw)), True
        except mime.Unreadable as error:
            raise GraphError(400, "ErrorMimeContentInvalidBase64String", str(error)) from error
    told: dict[str, Any] = body()
    message = told.get(within) if within else told
    if not isinstance(message, dict):
        raise GraphError(400, "ErrorInvalidRequest", "The request has no message.")
    for one in message.get("internetMessageHeaders") or ():
        if not str(one.get("name", "")).lower().startswith("x-"):
            words = f"The internet message header name '{one.get('name')}' should start with 'x-' or 'X-'."
            raise GraphError(400, "InvalidInternetMessageHeader", words)
    try:
        return mime.written(message, box.address, datetime.now(UTC)), told.get("saveToSentItems") is not False
    except (KeyError, TypeError, ValueError) as error:
        raise GraphError(400, "ErrorInvalidRequest", f"The message cannot be read: {error}") from error


def _complete(raw: bytes) -> bytes:
    """A mail with the lines a server adds when they are missing; what is there stays byte for byte."""
    mail = mime.parse(raw)
    if not mime.header(mail, "Date"):
        raw = mime.with_line(raw, "Date", format_datetime(datetime.now(UTC)))
    if not mime.header(mail, "Message-ID"):
        raw = mime.with_line(raw, "Message-ID", f"<{uuid.uuid4()}@simulated-microsoft.example>")
    return raw


def _send(box: Mailbox, raw: bytes) -> None:
    """Hand a mail over: to mailboxes here, and to a list for all others."""
    mail = mime.parse(raw)
    senders = mime.addresses(mail, "From")
    if senders and senders != [box.address]:
        raise GraphError(
            403,
            "ErrorSendAsDenied",
            "The user account which was used does not have the right to send mail for the sender.",
        )
    recipients = tuple(dict.fromkeys(mime.addresses(mail, "To", "Cc", "Bcc")))
    if not recipients or any("@" not in one for one in recipients):
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
    box.sent.append(raw)
    ms().outgoing.append(Outgoing(box.address, recipients, raw))
    shown_to_all = mime.with_line(mime.without(raw, "Bcc"), "Received", _received())
    for one in recipients:
        if one in ms().mailboxes:
            ms().mailbox(one).deliver(shown_to_all)


def _received() -> str:
    return f"from simulated-microsoft.example by simulated-microsoft.example; {format_datetime(datetime.now(UTC))}"
