"""Mail: one to each person an event concerns, in their language, at least once with a stable Message-ID."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

from app.accounts import mailboxes
from app.accounts.models import OneTimeToken
from app.core import log
from app.core.db import db
from app.core.environment import environment
from app.core.outcome import RetryLater
from app.events.consumers import Held, Target
from app.events.models import Delivery, Event
from app.events.settling import NO_WAY_OUT
from app.integrations import smtp
from app.integrations.compose import Letter, Mailbox, compose
from app.integrations.smtp_route import SmtpRoute
from app.mailroom import own_ids
from app.notifications import letters
from app.notifications.audience import Recipient, instead, kinds, recipients
from app.notifications.breaker import Breaker
from app.notifications.limits import take_place
from app.notifications.rendering import Written
from app.notifications.scene import EntryFacts, Reader, Scene
from app.notifications.words import Side, Topic, Way
from app.settings.queries import get as settings
from app.settings.schemas import MailRules, Site

UNVERIFIED_PER_HOUR = 3  # abuse case A13
STAFF_PER_HOUR = 30  # what is over it stands in the bell (fault F35)
LIMITED = "limit"
# The mail server itself is not to be had: no other mail will do better just now.
ROUTE_IS_DOWN = frozenset(
    {
        "name_not_found", "address_not_allowed", "connection_refused", "connection_failed", "timeout",
        "not_a_mail_server", "server_refused", "starttls_missing", "starttls_refused", "certificate",
        "tls_failed", "login_not_offered", "login_refused", "login_needed",
    }
)  # fmt: skip
PERSON, INSTEAD = "person", "instead"
TWO_MAILBOXES = {"email.change_requested": ("new", "old"), "email.changed": ("new", "old")}
Route = Callable[[], SmtpRoute | None]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail on its way out."""

    message: EmailMessage
    sender: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Address:
    """What a target's key says: ``person:5``, ``person:5:new``, ``instead:5``."""

    person_id: int
    mailbox: str
    instead: bool

    @classmethod
    def read(cls, key: str) -> Address:
        kind, person_id, *rest = key.split(":")
        return cls(int(person_id), rest[0] if rest else "", kind == INSTEAD)


class Email:
    """Outside consumer.

    Args:
        route: the way out as it is set up now, None for none.
        sender: address mails come from, empty to take the support address of the settings.
    """

    name = "email"
    patience = timedelta(days=5)

    def __init__(self, route: Route, sender: str = "") -> None:
        self._route = route
        self._sender = sender
        self._breaker = Breaker()

    @property
    def lease(self) -> timedelta:
        """Longer than a conversation with the mail server may take, so that nobody else begins the same one."""
        route = self._route()
        return timedelta(seconds=route.patience + 30) if route else timedelta(minutes=1)

    def is_open(self) -> bool:
        return self._route() is not None

    def wants(self, kind: str) -> bool:
        return kind in kinds(Way.EMAIL)

    def targets(self, event: Event) -> Iterable[Target]:
        return self.targets_of([event]).get(event.id, ())

    def targets_of(self, events: Sequence[Event]) -> Mapping[int, Iterable[Target]]:
        scene = Scene(events)
        found = recipients(scene, Way.EMAIL)
        return {
            event.id: [
                Target(key, _not_before(scene.entry(event)))
                for one in found.get(event.id, ())
                for key in _keys(event, one)
            ]
            for event in events
        }

    def prepare(self, event: Event, delivery: Delivery) -> Outgoing | None:
        """Look again whether the person is still to be told, and write the mail."""
        if not self.is_open():
            raise Held(NO_WAY_OUT)
        self._breaker.check(self.name)
        address, scene = Address.read(delivery.target), Scene([event])
        recipient = recipient_of(event, address, scene)
        if recipient is None or not _has_place(event, recipient, scene, delivery):
            return None
        return self.write(event, recipient, scene, address.mailbox)

    def write(self, event: Event, recipient: Recipient, scene: Scene, mailbox: str = "") -> Outgoing | None:
        """The mail itself; None when there is nothing to say any more."""
        sender = self._office()
        to = _address_of(event, recipient.reader, mailbox)
        if not to or mailboxes.is_ours(to):
            return None
        written = letters.compose(event, recipient, scene, mailbox=mailbox, sender=sender)
        if written is None:
            return None
        cover = _Cover(event, recipient, scene.entry(event), sender, to, mailbox)
        return Outgoing(compose(cover.letter(written)), sender.address, to)

    def speak(self, message: Outgoing) -> str:
        """Hand the mail over; returns the server's words.

        Raises:
            Held: no way out any more.
            RetryLater, Undeliverable: see ``smtp.send``.
        """
        route = self._route()
        if route is None:
            raise Held(NO_WAY_OUT)
        self._breaker.check(self.name)
        try:
            receipt = smtp.send(route, message.message, message.sender, message.recipient)
        except RetryLater as later:
            if later.reason in ROUTE_IS_DOWN:
                self._breaker.trip(self.name, later)
            raise
        return f"{receipt.code} {receipt.text}"

    def failed(self, event: Event, delivery: Delivery) -> None:
        log.get(__name__).warning(
            "mail_given_up", delivery_id=delivery.id, event_id=event.id, kind=event.kind
        )

    def _office(self) -> letters.Sender:
        support = settings(Site).support_email
        host = urlsplit(environment().site_url).hostname or "localhost"
        return letters.Sender(self._sender or support or f"helpdesk@{host}", support)


def _keys(event: Event, recipient: Recipient) -> list[str]:
    key = f"{PERSON}:{recipient.reader.id}"
    return [f"{key}:{mailbox}" for mailbox in TWO_MAILBOXES.get(event.kind, ())] or [key]


def _not_before(entry: EntryFacts | None) -> datetime | None:
    """Replies wait until they can no longer be taken back."""
    return entry.public_from if entry else None


def recipient_of(event: Event, address: Address, scene: Scene) -> Recipient | None:
    """The person behind a target, if they are still to be told of the event."""
    if address.instead:
        return instead(event, scene, address.person_id)
    found = recipients(scene, Way.EMAIL).get(event.id, [])
    return next((one for one in found if one.reader.id == address.person_id), None)


def _has_place(event: Event, recipient: Recipient, scene: Scene, delivery: Delivery) -> bool:
    """Whether this automatic mail is within the hour's limit; what people wrote and account mails are not counted.

    Raises:
        RetryLater: it may go out when the hour has room again.
    """
    rules = settings(MailRules)
    if recipient.side is Side.SELF or _is_answer_of_staff(recipient, scene.entry(event)):
        return True
    limit = rules.automatic_per_hour if recipient.side is Side.REQUESTER else STAFF_PER_HOUR
    if recipient.reader.verified_at is None:
        limit = min(limit, UNVERIFIED_PER_HOUR)
    free_at = take_place(recipient.reader.id, delivery.id, limit)
    if free_at is None:
        return True
    if recipient.topic is Topic.RECEIVED or recipient.side is Side.STAFF:
        delivery.error = LIMITED
        return False
    raise RetryLater(free_at, LIMITED)


def _is_answer_of_staff(recipient: Recipient, entry: EntryFacts | None) -> bool:
    return recipient.topic is Topic.REPLY and entry is not None and entry.by_staff


def _address_of(event: Event, reader: Reader, mailbox: str) -> str:
    if not mailbox:
        return reader.email
    row = db.session.get(OneTimeToken, event.payload["token_id"])
    if row is None:
        return ""
    return row.detail if mailbox == "new" else row.former


@dataclass(frozen=True, slots=True)
class _Cover:
    """Everything on the outside of a mail."""

    event: Event
    recipient: Recipient
    entry: EntryFacts | None
    sender: letters.Sender
    to: str
    mailbox: str

    def letter(self, written: Written) -> Letter:
        sender, thread = self.sender, self._thread()
        return Letter(
            sender=Mailbox(sender.address, self._sender_name()),
            recipient=Mailbox(self.to, self.recipient.reader.own_name),
            subject=written.subject,
            text=written.text,
            html=written.html,
            message_id=self._own_id(self.event.id, self.mailbox),
            in_reply_to=thread,
            references=(thread,) if thread else (),
            date=_not_before(self.entry) or self.event.at,
            reply_to=Mailbox(sender.answers_to, letters.site_name()) if sender.answers_to else None,
        )

    def _thread(self) -> str:
        """What all mails of a ticket to one person refer to, so that mail programs keep them together."""
        return self._own_id(own_ids.THREAD) if self.event.ticket_id is not None else ""

    def _own_id(self, event_id: int, mailbox: str = "") -> str:
        about = "person" if self.event.ticket_id is None else "ticket"
        subject_id = self.event.ticket_id or self.event.subject_id
        return own_ids.make(about, subject_id, event_id, self.recipient.reader.id, mailbox)

    def _sender_name(self) -> str:
        """An answer names who wrote it."""
        house = letters.site_name()
        entry = self.entry if self.recipient.topic is Topic.REPLY else None
        return f"{entry.author_name} – {house}" if entry is not None and entry.author_name else house
