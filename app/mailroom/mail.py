"""What a mail is once it has been read: plain frozen values, no text from strangers left undecoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from app.mailroom.words import Obstacle, ReportKind, SenderFlaw


def _no_headers() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


class Unreadable(Exception):
    """A mail that cannot be turned into a Mail; it belongs into quarantine with its raw bytes.

    Args:
        reason: the word kept with the quarantined mail.
        detail: what was measured or which exception it was; never text of the mail itself.

    ``head`` is what a look at the first headers alone gave, for the list of what was set aside.
    """

    head: Mail | None = None

    def __init__(self, reason: Obstacle, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: the display name ('' when there is none) and the plain addr-spec, domain in lower case."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a mail.

    filename is cleaned (no path, control or bidi characters, at most 150 characters, never empty) but not
    unique within the mail; content_type is what the sender claims; inline means the HTML shows it in place.
    """

    filename: str
    content_type: str
    content_id: str
    inline: bool
    data: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """What a delivery report says of one address (RFC 3464): action is 'failed', 'delayed' …, status '5.1.1'."""

    address: str
    action: str
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True)
class Report:
    """A machine-readable report inside the mail; original_message_id is '' when the report names none."""

    kind: ReportKind
    recipients: tuple[ReportedRecipient, ...]
    original_message_id: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, read.

    message_id, in_reply_to and references keep their angle brackets and their case ('' or () when absent).
    date is aware UTC, or None when missing or absurd. subject is one line of at most 1,000 characters, title
    the same without reply prefixes, at most 200. sender is None when From does not name exactly one plain
    address; sender_flaw says why and sender_text is what From showed. text is the best plain text, html the
    sender's HTML as sent (never show it uncleaned). headers holds only those that tell machines from people
    and Authentication-Results, names in lower case, values in their order. enclosed_ids are the Message-IDs
    of messages enclosed in this one. unopened names what it holds besides attachments and cannot be handed out
    as a file: Outlook keeps enclosed messages as objects of its own.
    """

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    subject: str = ""
    title: str = ""
    sender: Address | None = None
    sender_flaw: SenderFlaw | None = None
    sender_text: str = ""
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    text: str = ""
    html: str | None = None
    attachments: tuple[Part, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=_no_headers)
    content_type: str = "text/plain"
    report: Report | None = None
    enclosed_ids: tuple[str, ...] = ()
    unopened: tuple[str, ...] = ()

    def header(self, name: str) -> str:
        """The first value of a kept header (name in lower case), '' when the mail has none."""
        values = self.headers.get(name, ())
        return values[0] if values else ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a message without its bytes: name and claimed type as in Part, size in bytes."""

    filename: str
    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Look:
    """A message for reading: mail has no attachments here, files lists them in their order.

    Where its HTML was cleaned, left_out counts the pictures from the internet that were taken out of it.
    """

    mail: Mail
    files: tuple[Listed, ...] = ()
    left_out: int = 0
