"""What can happen to mail that becomes no entry of a ticket, and what a new ticket's mail hints at."""

from __future__ import annotations

from app.events.kinds import Fact


class MailIgnored(Fact):
    """A mail that is no request: a machine wrote it. ``reason`` is a word of ``outcomes.Reason``."""

    kind = "mail.ignored"
    reason: str


class MailQuarantined(Fact):
    """A mail nobody could make an entry of; its bytes are kept. ``reason``: Reason or Obstacle."""

    kind = "mail.quarantined"
    reason: str


class TicketNamed(Fact):
    """The mail of a new ticket names another one in which its sender does not take part (abuse case A04)."""

    kind = "mail.names_ticket"
    named_id: int
