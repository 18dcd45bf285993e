"""A way out for mail, whatever it is made of: what whoever sends has to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from app.integrations import smtp
from app.integrations.smtp_route import SmtpRoute


@dataclass(frozen=True, slots=True)
class Slip:
    """What goes along with a mail.

    Args:
        sender, recipient: of the envelope; the mail itself names no other recipient.
        delivery_id: what we call this one sending, 0 for one that is remembered nowhere.
        is_retry: it was tried before.
        may_be_repeat: an earlier attempt may have arrived.
    """

    sender: str
    recipient: str
    delivery_id: int = 0
    is_retry: bool = False
    may_be_repeat: bool = False


class Way(Protocol):
    """Takes mails over, one for one recipient."""

    def send(self, mail: EmailMessage, slip: Slip) -> str:
        """Hand a mail over; returns the other side's words.

        Raises:
            RetryLater: ``outcome_unknown`` when it may have left all the same; and what the way is made of raises.
            Undeliverable: it will never arrive this way.
            UnitError: a unit of work is open.
        """


@dataclass(frozen=True, slots=True)
class SmtpWay:
    """A mail server."""

    route: SmtpRoute

    def send(self, mail: EmailMessage, slip: Slip) -> str:
        receipt = smtp.send(self.route, mail, slip.sender, slip.recipient)
        return f"{receipt.code} {receipt.text}"
