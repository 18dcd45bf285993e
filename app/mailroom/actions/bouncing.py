"""Mail that came back: told on the delivery it belongs to, and addresses that get no automatic mail any more (A12)."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import addresses
from app.accounts.models import Person
from app.accounts.queries import find_by_email
from app.accounts.words import STAFF
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.text import one_line
from app.events import deliveries
from app.events.log import action, record
from app.events.models import Delivery
from app.mailroom import own_ids
from app.mailroom.events import AddressMuted, AddressUnmuted, MailBounced
from app.mailroom.machines import Verdict
from app.mailroom.mail import ReportedRecipient
from app.mailroom.models import Bounce, Forwarding, MutedAddress
from app.mailroom.own_ids import OwnId
from app.settings.queries import get as settings
from app.settings.schemas import MailRules

CONSUMER = "email"
WORDS_LENGTH = 300
_MUTED = sa.select(MutedAddress).where(MutedAddress.address_key == sa.bindparam("address_key"))


@action(silent="records the bounce itself when it is true, and nothing happens when it is not")
def came_back(raw_id: int, verdict: Verdict, *, actor: Actor) -> None:
    """Attach a bounce to the mail of ours it is about; one of a mail we never sent changes nothing.

    Args:
        raw_id: the bounce as it was kept.
        verdict: names the mail and what happened to it.
        actor: the mail's.
    """
    own = own_ids.read(verdict.original_message_id)
    delivery = _delivery_of(own) if own is not None else None
    if own is None or delivery is None or _is_known(delivery.id):
        return
    failure = next(iter(verdict.failures), None)
    lasting, words = _is_lasting(failure), _words(failure)
    address_key = addresses.key(_address_of(own))
    db.session.add(
        Bounce(
            address_key=address_key,
            delivery_id=delivery.id,
            raw_mail_id=raw_id,
            is_lasting=lasting,
            words=words,
            at=clock.now(),
        )
    )
    db.session.flush()
    deliveries.came_back(delivery, words, lasting=lasting, actor=actor)
    bounced = MailBounced(delivery_id=delivery.id, lasting=lasting)
    record(bounced, actor=actor, subject=("delivery", delivery.id), ticket=delivery.ticket_id)
    if lasting and address_key:
        _mute_if_hopeless(address_key, words, actor)


def _is_known(delivery_id: int) -> bool:
    """Whether this mail came back before: many notices of one mail say no more than one."""
    lasting = sa.exists().where(Bounce.delivery_id == delivery_id, Bounce.is_lasting.is_(True))
    return bool(db.session.scalar(sa.select(lasting)))


def _delivery_of(own: OwnId) -> Delivery | None:
    """The mail a Message-ID was given to; that of a whole thread was given to none."""
    if own.about == "forward":
        key = Delivery.target == f"forward:{own.subject_id}"
    else:
        key = sa.or_(
            Delivery.target == f"person:{own.person_id}",
            Delivery.target.startswith(f"person:{own.person_id}:", autoescape=True),
            Delivery.target == f"instead:{own.person_id}",
        )
    return db.session.scalars(
        sa.select(Delivery)
        .where(Delivery.event_id == own.event_id, Delivery.consumer == CONSUMER, key)
        .with_for_update()
        .limit(1)
    ).one_or_none()


def _address_of(own: OwnId) -> str:
    """Where our mail went; what the bounce names may be an address it was passed on to."""
    if own.about == "forward":
        forwarding = db.session.get(Forwarding, own.subject_id)
        return forwarding.address if forwarding is not None else ""
    person = db.session.get(Person, own.person_id)
    return person.email if person is not None else ""


def _is_lasting(failure: ReportedRecipient | None) -> bool:
    """Whether trying again is pointless (RFC 3463: class 5); a bounce that says nothing is a lasting one."""
    if failure is None:
        return True
    return failure.action != "delayed" and not failure.status.startswith("4.")


def _words(failure: ReportedRecipient | None) -> str:
    if failure is None:
        return ""
    # "smtp; 550 no such user": whose language it is says nothing to people (RFC 3464, 2.3.6).
    said = failure.diagnostic.partition(";")[2].strip() or failure.diagnostic
    return one_line(" ".join(filter(None, (failure.status, said))))[:WORDS_LENGTH]


def _mute_if_hopeless(address_key: str, words: str, actor: Actor) -> None:
    lasting = sa.select(sa.func.count()).where(Bounce.address_key == address_key, Bounce.is_lasting.is_(True))
    enough = settings(MailRules).bounces_until_muted
    if (
        _muted(address_key) is not None
        or (db.session.scalar(lasting) or 0) < enough
        or _is_staff(address_key)
    ):
        return
    muted = MutedAddress(address_key=address_key, words=words, since=clock.now())
    db.session.add(muted)
    db.session.flush()
    record(AddressMuted(), actor=actor, subject=("muted_address", muted.id))


def _is_staff(address_key: str) -> bool:
    """Colleagues are never muted: a forged notice would keep them from their work."""
    person = find_by_email(address_key)
    return person is not None and person.role in STAFF


def _muted(address_key: str) -> MutedAddress | None:
    return db.session.scalar(_MUTED, {"address_key": address_key})


def is_muted(email: str) -> bool:
    """Whether automatic mail to an address is pointless."""
    return _muted(addresses.key(email)) is not None


@action
def lives(email: str, *, actor: Actor) -> None:
    """Somebody wrote from this address, or an administrator says so: mail to it makes sense again."""
    address_key = addresses.key(email)
    muted = _muted(address_key)
    if muted is None:
        return
    old = sa.update(Bounce).where(Bounce.address_key == address_key).values(is_lasting=False)
    db.session.execute(old.execution_options(synchronize_session=False))
    record(AddressUnmuted(), actor=actor, subject=("muted_address", muted.id))
    db.session.delete(muted)
