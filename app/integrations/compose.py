"""Builds mails: text, HTML alternative and the headers machines read; foreign words cannot add any (A22)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

from app.core.files import display_name
from app.core.text import many_lines, one_line, shorten
from app.integrations.smtp_route import wire_address

MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,90}")
# These kinds have a structure of their own and cannot be attached as bytes.
NOT_ATTACHABLE = ("multipart/", "message/")
SUBJECT_LENGTH = 400
NAME_LENGTH = 120
# The standard library writes a long word of these headers in pieces that no mail program puts together again.
BY_WORD = {"message-id", "in-reply-to", "references", "list-id", "list-unsubscribe"}
IN_WORDS = {"subject", "from", "to", "reply-to"}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody in a From, To or Reply-To line."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to send along; ``media_type`` such as ``application/pdf``."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a mail of ours consists of.

    Args:
        message_id: with pointed brackets, ours and stable, so that a repeat is seen as one.
        date: aware.
        html: whole document; empty for a mail of text only.
        in_reply_to, references: message ids with brackets; what does not look like one is left out.
        auto_submitted: ``auto-generated``, or ``auto-replied`` for an answer to a mail (RFC 3834).
        list_id: name of the stream the mail belongs to, such as ``tickets.help.example``.
        unsubscribe_url: where this kind of mail can be turned off, with one click (RFC 8058) when
            ``unsubscribe_by_post``.
    """

    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    message_id: str
    date: datetime
    html: str = ""
    reply_to: Mailbox | None = None
    in_reply_to: str = ""
    references: Sequence[str] = ()
    auto_submitted: str = "auto-generated"
    list_id: str = ""
    unsubscribe_url: str = ""
    unsubscribe_by_post: bool = False
    attachments: Sequence[Attachment] = ()


class LetterPolicy(EmailPolicy):
    """The SMTP policy, but headers made of identifiers are only ever broken between them, and words in other letters
    keep the blanks between them: the standard library loses some where it breaks a line."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in BY_WORD:
            return f"{name}: " + f"{self.linesep} ".join(str(value).split()) + self.linesep
        if self.utf8 or str(value).isascii() or name.lower() not in IN_WORDS:
            return str(super().fold(name, value))
        return f"{name}: {_encoded(name, value, self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() not in BY_WORD | IN_WORDS:
            return super().fold_binary(name, value)
        return self.fold(name, value).encode("utf-8" if self.utf8 else "ascii", "replace")


def _encoded(name: str, value: Any, linesep: str) -> str:
    """The text of a header as encoded words (RFC 2047); of a mailbox only its name."""
    addresses = getattr(value, "addresses", ())
    text = addresses[0].display_name if addresses else str(value)
    words = Header(text, "utf-8", header_name=name).encode(linesep=linesep)
    return f"{words}{linesep} <{addresses[0].addr_spec}>" if addresses else words


POLICY = LetterPolicy(linesep=SMTP.linesep)


def compose(letter: Letter) -> EmailMessage:
    """Make the mail.

    Raises:
        Undeliverable: ``bad_address`` for a sender, recipient or reply address that cannot stand in a header.
        ValueError: the message id is none.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = _header_address(letter.sender)
    message["To"] = _header_address(letter.recipient)
    if letter.reply_to:
        message["Reply-To"] = _header_address(letter.reply_to)
    message["Subject"] = shorten(_sound(one_line(letter.subject)), SUBJECT_LENGTH)
    message["Date"] = letter.date
    _add_threading(message, letter)
    _add_machine_words(message, letter)
    message.set_content(_sound(many_lines(letter.text)) + "\n", cte="quoted-printable")
    if letter.html:
        message.add_alternative(_sound(letter.html), subtype="html", cte="quoted-printable")
    for attachment in letter.attachments:
        _attach(message, attachment)
    return message


def _add_threading(message: EmailMessage, letter: Letter) -> None:
    if not MESSAGE_ID.fullmatch(letter.message_id):
        raise ValueError("not a message id")
    message["Message-ID"] = letter.message_id
    if MESSAGE_ID.fullmatch(letter.in_reply_to):
        message["In-Reply-To"] = letter.in_reply_to
    known = [reference for reference in letter.references if MESSAGE_ID.fullmatch(reference)]
    if known:
        message["References"] = " ".join(known)


def _add_machine_words(message: EmailMessage, letter: Letter) -> None:
    """Tell other machines not to answer (RFC 3834; the second is Exchange's own word), and how to leave."""
    message["Auto-Submitted"] = letter.auto_submitted
    message["X-Auto-Response-Suppress"] = "All"
    if letter.list_id:
        message["List-Id"] = f"<{_word(letter.list_id)}>"
    if letter.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{_word(letter.unsubscribe_url)}>"
        if letter.unsubscribe_by_post:
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    media_type = attachment.media_type.lower()
    if not MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(NOT_ATTACHABLE):
        media_type = "application/octet-stream"
    kind, _slash, detail = media_type.partition("/")
    name = _sound(display_name(attachment.name))
    message.add_attachment(attachment.content, maintype=kind, subtype=detail, filename=name)


def _header_address(mailbox: Mailbox) -> Address:
    """Foreign names lose what could turn, hide or end the line; the address must be plain already."""
    local, _at, domain = wire_address(mailbox.address).rpartition("@")
    return Address(shorten(_sound(one_line(mailbox.name)), NAME_LENGTH), local, domain)


def _word(text: str) -> str:
    return re.sub(r"[^!-;=?-~]", "", text)


def _sound(text: str) -> str:
    """Half characters (lone surrogates) from broken mail cannot be sent; they become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
