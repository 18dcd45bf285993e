"""Message-IDs and reply addresses we give out: they say what a mail is about and for whom, and nobody else can make
one (A11, A12).

``<ticket.42.17.5.mac@host>`` is the mail about event 17 of ticket 42 to person 5; event 0 is the thread itself, which
every mail of a ticket to that person refers to, so that mail programs keep them together. ``forward.7.17.0`` is the
mail about event 17 to the supplier of forwarding 7. ``help+t42.5.mac@host`` is where answers of person 5 about ticket
42 go, ``help+f7.mac@host`` those of a supplier, at servers that know the plus (RFC 5233).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core import crypto
from app.core.environment import environment

PURPOSE = "message-id"
REPLY_PURPOSE = "reply-address"
THREAD = 0
MAX_LOCAL = 64
_OWN = re.compile(
    r"<(ticket|person|forward)\.([0-9]{1,19})\.([0-9]{1,19})\.([0-9]{1,19})(-[a-z]{1,12})?\.([A-Za-z0-9_-]{32})@[^<>@\s]+>"
)


_TAG = re.compile(r"[^@]*\+(?:t([0-9]{1,19})\.([0-9]{1,19})|f([0-9]{1,19}))\.([a-z2-7]{16})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OwnId:
    """What a Message-ID or reply address of ours says; ``about`` is ticket, person or forward."""

    about: str
    subject_id: int
    event_id: int
    person_id: int


def make(about: str, subject_id: int, event_id: int, person_id: int, mailbox: str = "") -> str:
    """The Message-ID of a mail; the same arguments make the same id.

    Args:
        about: ``ticket``, ``person`` or ``forward``.
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


def reply_address(address: str, about: str, subject_id: int, person_id: int = 0) -> str:
    """An address of ours that says what an answer to it is about.

    Args:
        address: the mailbox, at a server that takes ``name+anything@`` for it.
        about: ``ticket`` or ``forward``.
        person_id: whose answer is awaited; 0 for a supplier's.

    Returns:
        the mailbox itself when it would become longer than an address may be (RFC 5321, 4.5.3.1.1).
    """
    local, _at, domain = address.rpartition("@")
    plain = f"t{subject_id}.{person_id}" if about == "ticket" else f"f{subject_id}"
    tagged = f"{local}+{plain}.{crypto.tag(REPLY_PURPOSE, plain)}"
    return f"{tagged}@{domain}" if len(tagged) <= MAX_LOCAL else address


def read_address(address: str) -> OwnId | None:
    """What one of our reply addresses says; None for any other."""
    found = _TAG.match(address)
    if found is None:
        return None
    ticket, person, forward, mac = found.groups()
    plain = f"f{forward}" if forward else f"t{ticket}.{person}"
    if not crypto.verify_tag(REPLY_PURPOSE, plain, mac):
        return None
    return OwnId("forward", int(forward), 0, 0) if forward else OwnId("ticket", int(ticket), 0, int(person))


def is_ours(message_id: str) -> bool:
    """Whether we gave this Message-ID out."""
    return read(message_id) is not None


def _host() -> str:
    host = urlsplit(environment().site_url).hostname or "localhost"
    return f"[IPv6:{host}]" if ":" in host else host
