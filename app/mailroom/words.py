"""The words of the mail room: what kind of writer a mail has, why a mail cannot be read, what a report says."""

from __future__ import annotations

from enum import StrEnum


class MachineKind(StrEnum):
    """Who wrote a mail, as far as answering it is concerned."""

    PERSON = "person"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    RECEIPT = "receipt"
    COMPLAINT = "complaint"
    LIST = "list"
    OWN = "own"


class Obstacle(StrEnum):
    """Why a mail cannot be read; kept with a quarantined mail."""

    TOO_LARGE = "too_large"
    HEADER_BLOCK = "header_block"
    HEADER_LINE = "header_line"
    PARTS = "parts"
    DEPTH = "depth"
    BROKEN = "broken"
    CPU = "cpu"
    MEMORY = "memory"
    TIMEOUT = "timeout"
    DIED = "died"


class ReportKind(StrEnum):
    """The machine-readable reports a mail can carry (the report-type of multipart/report, RFC 6522)."""

    DELIVERY = "delivery-status"
    DISPOSITION = "disposition-notification"
    FEEDBACK = "feedback-report"


class SenderFlaw(StrEnum):
    """Why a mail has no known sender (abuse case A05)."""

    MISSING = "missing"
    SEVERAL_HEADERS = "several_headers"
    SEVERAL_ADDRESSES = "several_addresses"
    NOT_PLAIN = "not_plain"
