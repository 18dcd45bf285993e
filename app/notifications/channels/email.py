"""Mail: one to each person an event concerns, in their language, at least once with a stable Message-ID."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

from app.accounts import mailboxes
from app.accounts.models import OneTimeToken
from app.core import log
from app.core.breaker import Breaker
from app.core.db import db
from app.core.environment import environment
from app.events.consumers import Held, Target
from app.events.models import Delivery, Event
from app.events.settling import NO_WAY_OUT
from app.integrations.compose import Attachment, Letter, compose
from app.integrations.outcome import RetryLater
from app.integrations.smtp_route import SmtpRoute
from app.integrations.way import Slip, SmtpWay, Way
from app.mailroom import outgoing
from app.mailroom.outgoing import Office
from app.notifications import letters, suppliers
from app.notifications.audience import Recipient, instead, kinds, recipients
from app.notifications.cover import Cover
from app.notifications.limits import has_place
from app.notifications.scene import EntryFacts, Reader, Scene
from app.notifications.suppliers import SentFile
from app.notifications.words import Way as Channel
from app.settings.queries import get as settings
from app.settings.schemas import Site

LONGEST_TALK = 120.0  # seconds a conversation with the mail server of an account may take
# The mail server itself is not to be had: no other mail will do better just now.
ROUTE_IS_DOWN = frozenset(
    {
        "name_not_found", "address_not_allowed", "connection_refused", "connection_failed", "timeout",
        "not_a_mail_server", "server_refused", "starttls_missing", "starttls_refused", "certificate",
        "tls_failed", "login_not_offered", "login_refused", "login_needed", "throttled", "failing", "mailbox_missing",
        "mailbox_not_listed", "mail_send_missing", "mail_change_missing", "not_connected", "connection_ended",
        "not_registered", "client_secret_refused", "client_secret_ended", "registration_unknown", "consent_missing",
    }
)  # fmt: skip
PERSON, INSTEAD = "person", "instead"
TWO_MAILBOXES = dict.fromkeys(
    ("email.change_requested", "email.changed", "email.further_requested"), ("new", "old")
)
# Their link goes to the address it was asked for at, when that is a further one of the reader.
AS_ASKED = "password.reset_requested"
Route = Callable[[], SmtpRoute | None]
WayOf = Callable[[int], Way | None]
OpenFile = Callable[[str], bytes]


def by_password(account_id: int) -> Way | None:
    """For a house whose accounts have mail servers and passwords."""
    route = outgoing.route_of(account_id, "")
    return SmtpWay(route) if route is not None else None


def no_file(sha256: str) -> bytes:
    """For a house that attaches nothing.

    Raises:
        RetryLater: nobody knows where files are.
    """
    raise RetryLater(None, "storage_down", sha256)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail on its way out.

    Args:
        account_id: the account it goes out from; None for the way of the environment.
        files: what is attached when it is spoken: bytes are not asked for inside a unit.
        slip: what the way out has to know of this attempt.
    """

    letter: Letter
    sender: str
    recipient: str
    account_id: int | None = None
    files: tuple[SentFile, ...] = ()
    slip: Slip | None = None

    @property
    def message(self) -> EmailMessage:
        """The mail without its files, as the outbox page shows it."""
        return compose(self.letter)


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
        route: the way out of the environment, taken where no account can send; None for none.
        sender: address mails come from on that way, empty to take the support address of the settings.
        way_of: the way out of an account, None for none; may ask its authority for a token.
        open_file: the bytes of a stored file by its hash.
    """

    name = "email"
    patience = timedelta(days=5)

    def __init__(
        self, route: Route, sender: str = "", *, way_of: WayOf = by_password, open_file: OpenFile = no_file
    ) -> None:
        self._route = route
        self._sender = sender
        self._way = way_of
        self._open_file = open_file
        self._breaker = Breaker()

    @property
    def lease(self) -> timedelta:
        """Longer than a conversation with the mail server may take, so that nobody else begins the same one."""
        route = self._route()
        return timedelta(seconds=(route.patience if route else LONGEST_TALK) + 30)

    def is_open(self) -> bool:
        return self._route() is not None or outgoing.any_office()

    def wants(self, kind: str) -> bool:
        return kind in kinds(Channel.EMAIL) or kind == suppliers.KIND

    def targets(self, event: Event) -> Iterable[Target]:
        return self.targets_of([event]).get(event.id, ())

    def targets_of(self, events: Sequence[Event]) -> Mapping[int, Iterable[Target]]:
        scene = Scene(events)
        found = recipients(scene, Channel.EMAIL)
        return {
            event.id: [
                *([Target(suppliers.target_of(event))] if event.kind == suppliers.KIND else []),
                *(
                    Target(key, _not_before(scene.entry(event)))
                    for one in found.get(event.id, ())
                    for key in _keys(event, one)
                ),
            ]
            for event in events
        }

    def prepare(self, event: Event, delivery: Delivery) -> Outgoing | None:
        """Look again whether the person is still to be told, and write the mail."""
        if not self.is_open():
            raise Held(NO_WAY_OUT)
        office = outgoing.office_for(event.ticket_id)
        self._breaker.check(_way_name(office))
        if event.kind == suppliers.KIND:
            return _labelled(self._to_supplier(event, office), delivery)
        address, scene = Address.read(delivery.target), Scene([event])
        recipient = recipient_of(event, address, scene)
        if recipient is None or not has_place(recipient, scene.entry(event), delivery):
            return None
        return _labelled(self.write(event, recipient, scene, address.mailbox, office), delivery)

    def write(
        self,
        event: Event,
        recipient: Recipient,
        scene: Scene,
        mailbox: str = "",
        office: Office | None = None,
    ) -> Outgoing | None:
        """The mail itself; None when there is nothing to say any more.

        Args:
            mailbox: which of several addresses of the person, see ``Address``.
            office: the account it goes out from; None for the way of the environment.
        """
        sender = self._sender_of(office)
        to = _address_of(event, recipient.reader, mailbox)
        if not to or mailboxes.is_ours(to):
            return None
        written = letters.compose(event, recipient, scene, mailbox=mailbox, sender=sender)
        if written is None:
            return None
        cover = Cover(event, recipient, scene.entry(event), sender, to, mailbox, office)
        return Outgoing(cover.letter(written), sender.address, to, office.account_id if office else None)

    def _to_supplier(self, event: Event, office: Office | None) -> Outgoing | None:
        """What somebody outside is asked about a ticket."""
        asked = suppliers.write(event, self._sender_of(office), office)
        if asked is None or mailboxes.is_ours(asked.letter.recipient.address):
            return None
        letter = asked.letter
        account_id = office.account_id if office else None
        return Outgoing(letter, letter.sender.address, letter.recipient.address, account_id, asked.files)

    def speak(self, message: Outgoing) -> str:
        """Hand the mail over; returns the server's words.

        Raises:
            Held: no way out any more.
            RetryLater, Undeliverable: see ``Way.send``.
        """
        way = str(message.account_id)
        self._breaker.check(way)
        try:
            slip = message.slip or Slip(message.sender, message.recipient)
            return self._way_of(message.account_id).send(self._sealed(message), slip)
        except RetryLater as later:
            if later.reason in ROUTE_IS_DOWN:
                self._breaker.trip(way, later)
            raise

    def _way_of(self, account_id: int | None) -> Way:
        if account_id is not None:
            way = self._way(account_id)
        else:
            route = self._route()
            way = SmtpWay(route) if route is not None else None
        if way is None:
            raise Held(NO_WAY_OUT)
        return way

    def _sealed(self, message: Outgoing) -> EmailMessage:
        files = [Attachment(one.name, one.media_type, self._open_file(one.sha256)) for one in message.files]
        return compose(replace(message.letter, attachments=files))

    def failed(self, event: Event, delivery: Delivery) -> None:
        log.get(__name__).warning(
            "mail_given_up", delivery_id=delivery.id, event_id=event.id, kind=event.kind
        )

    def _sender_of(self, office: Office | None) -> letters.Sender:
        if office is not None:
            return letters.Sender(office.address, office.answers_to)
        support = settings(Site).support_email
        host = urlsplit(environment().site_url).hostname or "localhost"
        return letters.Sender(self._sender or support or f"helpdesk@{host}", support)


def _labelled(mail: Outgoing | None, delivery: Delivery) -> Outgoing | None:
    """With what the way out has to know of this attempt."""
    if mail is None:
        return None
    slip = Slip(mail.sender, mail.recipient, delivery.id, delivery.attempts > 1, delivery.may_be_repeat)
    return replace(mail, slip=slip)


def _way_name(office: Office | None) -> str:
    """What the breaker calls a way out."""
    return str(office.account_id if office else None)


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
    found = recipients(scene, Channel.EMAIL).get(event.id, [])
    return next((one for one in found if one.reader.id == address.person_id), None)


def _address_of(event: Event, reader: Reader, mailbox: str) -> str:
    if not mailbox and event.kind != AS_ASKED:
        return reader.email
    row = db.session.get(OneTimeToken, event.payload["token_id"])
    if row is None:
        return ""
    if not mailbox:
        return row.detail or reader.email
    return row.detail if mailbox == "new" else row.former
