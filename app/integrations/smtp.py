"""Hands one mail for one recipient to the mail server, and tells a refusal from a bad moment (F21)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

from app.core.uow import must_be_outside
from app.integrations.dialing import Deadline
from app.integrations.smtp_route import SmtpRoute, wire_address
from app.integrations.smtp_session import SmtpSession
from app.integrations.steps import Step, walk

__all__ = ["Receipt", "SmtpRoute", "Step", "check", "send"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server has taken the mail over: its code and words, which often name its queue."""

    code: int
    text: str


def send(route: SmtpRoute, message: EmailMessage | bytes, sender: str, recipient: str) -> Receipt:
    """Hand over one mail for one recipient.

    Args:
        message: the whole mail; bytes go out as they are but for line ends.
        sender: envelope address, where bounces go.
        recipient: envelope address.

    Raises:
        Undeliverable: ``bad_address``, ``address_not_supported``, ``sender_refused``, ``recipient_refused``,
            ``message_refused``, ``message_too_large``; the detail holds the server's words.
        RetryLater: everything an admin or time can mend: ``name_not_found``, ``address_not_allowed``,
            ``connection_refused``, ``connection_failed``, ``connection_lost``, ``timeout``,
            ``not_a_mail_server``, ``server_refused``, ``busy``, ``starttls_missing``, ``starttls_refused``,
            ``certificate``, ``tls_failed``, ``login_not_offered``, ``login_refused``, ``login_needed``; and
            ``outcome_unknown`` when the line went dead after the whole mail was sent, so that the next try
            may be a repeat (F06).
        UnitError: a unit of work is open.
    """
    must_be_outside()
    wire_sender, wire_recipient = wire_address(sender), wire_address(recipient)
    with Deadline(route.patience) as deadline, SmtpSession(route, deadline) as session:
        for _name, step in session.steps():
            step()
        code, text = session.hand_over(message, wire_sender, wire_recipient)
    return Receipt(code, text)


def check(route: SmtpRoute) -> list[Step]:
    """Try the route without sending a mail, for an admin's test button; ends with the first step that fails.

    Raises:
        UnitError: a unit of work is open.
    """
    must_be_outside()
    with Deadline(route.patience) as deadline, SmtpSession(route, deadline) as session:
        return walk(session.steps())
