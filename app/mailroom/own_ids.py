"""Message-IDs we give out: they say what a mail is about and for whom, and nobody else can make one (A11, A12).

``<ticket.42.17.5.mac@host>`` is the mail about event 17 of ticket 42 to person 5; event 0 is the thread itself, which
every mail of a ticket to that person refers to, so that mail programs keep them together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core import crypto
from app.core.environment import environment

PURPOSE = "message-id"
THREAD = 0
_OWN = re.compile(
    r"<(ticket|person)\.([0-9]{1,19})\.([0-9]{1,19})\.([0-9]{1,19})(-[a-z]{1,12})?\.([A-Za-z0-9_-]{32})@[^<>@\s]+>"
)


@dataclass(frozen=True, slots=True)
class OwnId:
    """What a Message-ID of ours says; ``about`` is ticket or person."""

    about: str
    subject_id: int
    event_id: int
    person_id: int


def make(about: str, subject_id: int, event_id: int, person_id: int, mailbox: str = "") -> str:
    """The Message-ID of a mail; the same arguments make the same id.

    Args:
        about: ``ticket`` or ``person``.
        mailbox: which of several addresses of the person: ``new``, ``old``, or empty for the usual one.
    """
    suffix = f"-{mailbox}" if mailbox else ""
    plain = f"{about}.{subject_id}.{event_id}.{person_id}{suffix}"
    return f"<{plain}.{crypto.sign(PURPOSE, plain)}@{_host()}>"


def read(message_id: str) -> OwnId | None:
    """What one of our Message-IDs says; None for what we did not give out.

    Args:
        message_id: with its pointed brackets.
    """
    found = _OWN.fullmatch(message_id)
    if found is None:
        return None
    about, subject, event, person, suffix, mac = found.groups()
    if not crypto.verify(PURPOSE, f"{about}.{subject}.{event}.{person}{suffix or ''}", mac):
        return None
    return OwnId(about, int(subject), int(event), int(person))


def is_ours(message_id: str) -> bool:
    """Whether we gave this Message-ID out."""
    return read(message_id) is not None


def _host() -> str:
    host = urlsplit(environment().site_url).hostname or "localhost"
    return f"[IPv6:{host}]" if ":" in host else host
