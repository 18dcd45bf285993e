"""The outside of a mail: who it is from, where answers go, and what it answers, so that mail programs thread it."""

from __future__ import annotations

from dataclasses import dataclass

from app.events.models import Event
from app.integrations.compose import Letter, Mailbox
from app.mailroom import own_ids, queries
from app.mailroom.outgoing import Office
from app.notifications import letters
from app.notifications.audience import Recipient
from app.notifications.rendering import Written
from app.notifications.scene import EntryFacts
from app.notifications.words import Side, Topic


@dataclass(frozen=True, slots=True)
class Cover:
    """Everything on the outside of a mail.

    Args:
        sender: the address it comes from and where answers go.
        to: the address it goes to.
        mailbox: which of several addresses of the person.
        office: the account it goes out from; None for the way of the environment.
    """

    event: Event
    recipient: Recipient
    entry: EntryFacts | None
    sender: letters.Sender
    to: str
    mailbox: str
    office: Office | None = None

    def letter(self, written: Written) -> Letter:
        """The mail with these words."""
        sender, references = self.sender, self._references()
        return Letter(
            sender=Mailbox(sender.address, self._sender_name()),
            recipient=Mailbox(self.to, self.recipient.reader.own_name),
            subject=written.subject,
            text=written.text,
            html=written.html,
            message_id=self._own_id(self.event.id, self.mailbox),
            in_reply_to=references[-1] if references else "",
            references=references,
            date=(self.entry.public_from if self.entry else None) or self.event.at,
            reply_to=Mailbox(self._answers_to(), self._house_name()) if sender.answers_to else None,
        )

    def _references(self) -> tuple[str, ...]:
        """The thread all mails of a ticket to one person share, and the person's own last mail about it."""
        ticket_id = self.event.ticket_id
        if ticket_id is None:
            return ()
        thread = self._own_id(own_ids.THREAD)
        if self.recipient.side is not Side.REQUESTER:
            return (thread,)
        written = queries.last_message_id(ticket_id, self.to)
        return (thread, written) if written else (thread,)

    def _answers_to(self) -> str:
        """Where an answer finds its ticket even if the mail program forgets what it answers."""
        if self.office is None or not self.office.plus_addressing or self.event.ticket_id is None:
            return self.sender.answers_to
        reader_id = self.recipient.reader.id
        return own_ids.reply_address(self.sender.answers_to, "ticket", self.event.ticket_id, reader_id)

    def _house_name(self) -> str:
        return (self.office.name if self.office else "") or letters.site_name()

    def _own_id(self, event_id: int, mailbox: str = "") -> str:
        about = "person" if self.event.ticket_id is None else "ticket"
        subject_id = self.event.ticket_id or self.event.subject_id
        return own_ids.make(about, subject_id, event_id, self.recipient.reader.id, mailbox)

    def _sender_name(self) -> str:
        """An answer names who wrote it."""
        house = self._house_name()
        entry = self.entry if self.recipient.topic is Topic.REPLY else None
        return f"{entry.author_name} – {house}" if entry is not None and entry.author_name else house
