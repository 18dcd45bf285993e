"""What can happen to mail, mail accounts and senders; and what a new ticket's mail hints at."""

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


class MailAccountCreated(Fact):
    kind = "mailbox.created"
    name: str


class MailAccountChanged(Fact):
    kind = "mailbox.changed"
    fields: list[str]


class MailAccountConnected(Fact):
    """Somebody signed in at Microsoft, and the mailbox is read and sent from in their name."""

    kind = "mailbox.connected"


class MailAccountRemoved(Fact):
    kind = "mailbox.removed"


class MailboxFailing(Fact):
    """A mailbox could not be read for a while; ``trouble`` is a word of the IMAP client."""

    kind = "mailbox.failing"
    trouble: str


class SecretEnding(Fact):
    """The secret of the application at Microsoft ends soon; ``on`` is its last day."""

    kind = "mailbox.secret_ending"
    on: str


class MailboxSilent(Fact):
    """A mailbox has been silent for longer than it used to be; ``hours`` since its last mail."""

    kind = "mailbox.silent"
    hours: int


class MailTooLarge(Fact):
    """A mail was not fetched because of its size; ``size`` in bytes. Its sender is told once."""

    kind = "mail.too_large"
    person_id: int
    size: int


class MailTakenUpAgain(Fact):
    """Somebody asked for another look at a mail that had become no entry."""

    kind = "mail.taken_up_again"


class MailDiscarded(Fact):
    kind = "mail.discarded"


class MailBounced(Fact):
    """A mail of ours came back; told on the ticket it is about."""

    kind = "mail.bounced"
    delivery_id: int
    lasting: bool


class AddressMuted(Fact):
    """An address gets no automatic mail any more."""

    kind = "recipient.muted"


class AddressUnmuted(Fact):
    kind = "recipient.unmuted"


class SenderBlocked(Fact):
    kind = "sender.blocked"


class SenderUnblocked(Fact):
    kind = "sender.unblocked"


class TicketForwarded(Fact):
    """A ticket was shown to somebody outside; the address stands in the forwarding."""

    kind = "mail.forwarded"
    forwarding_id: int
    comment_id: int
