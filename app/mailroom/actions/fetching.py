"""Where reading a mailbox stands: what was noted on the server, what is still to be said there, how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.accounts.actors import CLOCK
from app.core import clock, crypto
from app.core.db import db
from app.events.log import action, record
from app.mailroom.errands import Errand, Sighting
from app.mailroom.events import MailboxFailing
from app.mailroom.models import MailAccount, Mailbox, MailPlace
from app.mailroom.words import PlaceState

# Minutes until a mailbox that fails is tried again; the last one repeats.
PAUSES = (1, 5, 10, 20, 30)
TELL_AFTER = timedelta(minutes=30)
# A mail the server never hands out, or that ends the line each time, must not stop those behind it for ever.
PLACE_ATTEMPTS = 10
DETAIL_LENGTH = 500


@action(silent="where reading stands is no change of anything people see")
def folder_is_new(account_id: int, uidvalidity: int) -> None:
    """The folder was made anew: what was noted of the old one means nothing any more (fault F22)."""
    old = sa.delete(MailPlace).where(MailPlace.account_id == account_id, MailPlace.uidvalidity != uidvalidity)
    db.session.execute(old.execution_options(synchronize_session=False))
    _advance(account_id, uidvalidity=uidvalidity, last_uid=0, link=None)


@action(silent="where reading stands is no change of anything people see")
def list_anew(account_id: int) -> None:
    """The server forgot how far it had told us (fault F23): everything is listed once more, what is known stays so."""
    _advance(account_id, link=None)


@action(silent="what lies on the server is told when it has been taken in")
def note(errand: Errand, uidvalidity: int, seen: Sequence[Sighting], *, link: str = "") -> int:
    """Remember mails that lie on the server before they are fetched, and with them where listing goes on.

    Args:
        seen: in their order there; by numbers ascending.
        link: where Microsoft Graph goes on; then what is known already is passed over.

    Returns:
        how many were new.
    """
    if link:
        seen = _unknown(errand.account_id, uidvalidity, seen)
    rows = [
        {
            "account_id": errand.account_id,
            "uidvalidity": uidvalidity,
            "uid": one.uid,
            "remote_id": one.remote_id,
            "size": one.size,
            "state": PlaceState.LISTED if one.size <= errand.max_bytes else PlaceState.TOO_LARGE,
            "attempts": 0,
        }
        for one in seen
    ]
    if rows:
        db.session.execute(sa.insert(MailPlace), rows)
    if link:
        _advance(errand.account_id, link=link)
    else:
        _advance(errand.account_id, last_uid=seen[-1].uid)
    return len(rows)


@action(silent="the mail itself is on record")
def kept(raw_ids: Mapping[int, int]) -> None:
    """Mails are safe with us; what is left to do is on the server.

    Args:
        raw_ids: place → the mail that lies there.
    """
    for place_id, raw_id in raw_ids.items():
        db.session.execute(
            sa.update(MailPlace)
            .where(MailPlace.id == place_id)
            .values(state=PlaceState.KEPT, raw_mail_id=raw_id)
            .execution_options(synchronize_session=False)
        )


@action(silent="what becomes of it is told when its head is kept")
def is_too_large(place_id: int, size: int) -> None:
    """A mail is larger than the server had said; ``size`` in bytes at least."""
    found = sa.update(MailPlace).where(MailPlace.id == place_id)
    found = found.values(state=PlaceState.TOO_LARGE, size=size)
    db.session.execute(found.execution_options(synchronize_session=False))


@action(silent="a mail that was taken in is on record, one that went away before is nobody's")
def forget(place_ids: Sequence[int]) -> None:
    """Nothing is left to do with these mails on the server, or they are not there any more."""
    if place_ids:
        gone = sa.delete(MailPlace).where(MailPlace.id.in_(place_ids))
        db.session.execute(gone.execution_options(synchronize_session=False))


@action(silent="a mail that was taken in is on record")
def finished(errand: Errand, place_ids: Sequence[int]) -> None:
    """Nothing is left to do with these mails; remembered where a list may name them again."""
    if not errand.keeps_places:
        forget(place_ids)
    elif place_ids:
        done = sa.update(MailPlace).where(MailPlace.id.in_(place_ids)).values(state=PlaceState.DONE)
        db.session.execute(done.execution_options(synchronize_session=False))


@action(silent="an attempt is no change of the mail")
def tried(place_ids: Sequence[int]) -> list[int]:
    """Count an attempt at mails before it is made; returns those that have had all of theirs."""
    counted = sa.update(MailPlace).where(MailPlace.id.in_(place_ids)).values(attempts=MailPlace.attempts + 1)
    db.session.execute(counted.execution_options(synchronize_session=False))
    spent = sa.select(MailPlace.id).where(MailPlace.id.in_(place_ids), MailPlace.attempts > PLACE_ATTEMPTS)
    return list(db.session.scalars(spent))


@action(silent="an attempt that could not be made is no change of the mail")
def not_tried(place_ids: Sequence[int]) -> None:
    """Give back attempts that failed for reasons of our own."""
    back = sa.update(MailPlace).where(MailPlace.id.in_(place_ids), MailPlace.attempts > 0)
    back = back.values(attempts=MailPlace.attempts - 1)
    db.session.execute(back.execution_options(synchronize_session=False))


@action(silent="how reading went is shown, not told")
def succeeded(account_id: int, *, brought_mail: bool) -> None:
    """The mailbox was read to its end, or as far as one run goes."""
    now = clock.now()
    mailbox = db.session.get_one(Mailbox, account_id, with_for_update=True, populate_existing=True)
    was_failing = mailbox.failing_since is not None
    mailbox.tried_at = mailbox.succeeded_at = now
    mailbox.failures, mailbox.trouble, mailbox.detail = 0, "", ""
    mailbox.next_at = mailbox.failing_since = None
    if brought_mail:
        mailbox.last_mail_at = now
    if brought_mail or was_failing:
        mailbox.told_at = None


@action(silent="told only when it lasts; the fact is recorded then")
def failed(account_id: int, trouble: str, detail: str, at: datetime | None = None) -> None:
    """The mailbox could not be read; administrators are told once when that lasts.

    Args:
        trouble: a word of the client.
        detail: what the server said; never a secret.
        at: when it wants to be asked again; None for the usual pause, which grows.
    """
    mailbox = db.session.get(Mailbox, account_id, with_for_update=True, populate_existing=True)
    if mailbox is None:
        return
    now = clock.now()
    mailbox.tried_at, mailbox.trouble, mailbox.detail = now, trouble[:40], detail[:DETAIL_LENGTH]
    mailbox.failures += 1
    mailbox.failing_since = mailbox.failing_since or now
    mailbox.next_at = at or now + timedelta(minutes=PAUSES[min(mailbox.failures, len(PAUSES)) - 1])
    if now - mailbox.failing_since >= TELL_AFTER and (
        mailbox.told_at is None or mailbox.told_at < mailbox.failing_since
    ):
        mailbox.told_at = now
        _tell(account_id, mailbox.trouble)


@action(silent="a token is how we sign in, nothing else changes")
def token_renewed(account_id: int, token: str, until: datetime, refresh_token: str) -> None:
    """Keep an access token for the next runs, and the refresh token that came with it ("" for none)."""
    mailbox = db.session.get_one(Mailbox, account_id, with_for_update=True, populate_existing=True)
    mailbox.token, mailbox.token_until = crypto.encrypt(token), until
    if refresh_token:
        account = db.session.get_one(MailAccount, account_id, with_for_update=True)
        account.oauth_refresh_secret = crypto.encrypt(refresh_token)


@action
def _tell(account_id: int, trouble: str) -> None:
    record(MailboxFailing(trouble=trouble), actor=CLOCK, subject=("mail_account", account_id))


def _unknown(account_id: int, uidvalidity: int, seen: Sequence[Sighting]) -> list[Sighting]:
    """Those that were never noted, each once."""
    fresh = {one.uid: one for one in seen}
    query = sa.select(MailPlace.uid).where(
        MailPlace.account_id == account_id, MailPlace.uidvalidity == uidvalidity, MailPlace.uid.in_(fresh)
    )
    for uid in db.session.scalars(query):
        del fresh[uid]
    return list(fresh.values())


def _advance(account_id: int, **values: int | str | None) -> None:
    moved = sa.update(Mailbox).where(Mailbox.account_id == account_id).values(**values)
    db.session.execute(moved.execution_options(synchronize_session=False))
