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


class Tls(StrEnum):
    """How a connection to a mail server is encrypted."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


class Login(StrEnum):
    """How an account signs in at its servers."""

    PLAIN = "password"
    OAUTH = "oauth"
    GRAPH_APP = "graph"
    GRAPH_USER = "graph_user"

    @property
    def is_graph(self) -> bool:
        """Whether it is spoken to by Microsoft Graph, without servers of its own."""
        return self in (Login.GRAPH_APP, Login.GRAPH_USER)


class Afterwards(StrEnum):
    """What happens on the server to mail that was taken in."""

    LEAVE = "leave"
    SEEN = "seen"
    MOVE = "move"


class PlaceState(StrEnum):
    """How far a mail on the server has come."""

    LISTED = "listed"
    KEPT = "kept"
    TOO_LARGE = "too_large"
    DONE = "done"


class Match(StrEnum):
    """Why a mail went where it is, said to agents as "why here?"."""

    NEW = "new"
    OUR_MAIL = "our_mail"
    REPLY_ADDRESS = "reply_address"
    NUMBER = "number"
    CLOSED = "closed"
    SUPPLIER = "supplier"
    BY_HAND = "by_hand"
