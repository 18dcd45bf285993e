"""One-time links: made, opened once, and told again to whoever writes the mail.

256 random bits, found by their hash. Until it is used the token also stands encrypted in its row, because the mail
with the link is written after the transaction that made it.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.accounts.models import OneTimeToken
from app.accounts.words import TokenPurpose
from app.core import clock, crypto, links
from app.core.db import db, rows_changed

P = TokenPurpose
LIFETIMES = {
    P.CONFIRM: timedelta(days=3),
    P.RESET: timedelta(minutes=30),
    P.WELCOME: timedelta(days=7),
    P.CHANGE_EMAIL: timedelta(days=1),
    P.ADD_EMAIL: timedelta(days=1),
}
PATHS = {
    P.CONFIRM: "/auth/confirm/",
    P.CHANGE_EMAIL: "/auth/confirm/",
    P.ADD_EMAIL: "/auth/confirm/",
    P.RESET: "/auth/password/reset/",
    P.WELCOME: "/auth/password/reset/",
}
SETS_PASSWORD = (P.RESET, P.WELCOME)
CONFIRMS = (P.CONFIRM, P.CHANGE_EMAIL, P.ADD_EMAIL)


def issue(person_id: int, purpose: TokenPurpose, *, detail: str = "", former: str = "") -> OneTimeToken:
    """A new token; older ones that open the same door stop working.

    Args:
        detail: the address it is about, see ``OneTimeToken``.
        former: the main address when it was made.
    """
    same_door = SETS_PASSWORD if purpose in SETS_PASSWORD else (purpose,)
    void(person_id, *same_door, detail=detail if purpose is P.ADD_EMAIL else None)
    clear = crypto.token()
    made = OneTimeToken(
        token_hash=crypto.digest(clear),
        person_id=person_id,
        purpose=purpose,
        detail=detail,
        former=former,
        sealed=crypto.encrypt(clear),
        created_at=clock.now(),
        expires_at=clock.now() + LIFETIMES[purpose],
    )
    db.session.add(made)
    db.session.flush()
    return made


def note_change(person_id: int, *, detail: str, former: str) -> OneTimeToken:
    """Both addresses of a change that needed no link, so that its mails can name them."""
    made = OneTimeToken(
        token_hash=crypto.digest(crypto.token()),
        person_id=person_id,
        purpose=P.CHANGE_EMAIL,
        detail=detail,
        former=former,
        created_at=clock.now(),
        expires_at=clock.now() + LIFETIMES[P.CHANGE_EMAIL],
        used_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def peek(token: str, *purposes: TokenPurpose) -> OneTimeToken | None:
    """The row of a token that would still open its door, for the page that asks for the click."""
    return db.session.scalar(sa.select(OneTimeToken).where(*_valid(token, purposes)))


def claim(token: str, *purposes: TokenPurpose) -> OneTimeToken | None:
    """Use a token: of two at once only one gets it (abuse case A60)."""
    found = sa.select(OneTimeToken).where(*_valid(token, purposes)).with_for_update()
    row = db.session.scalar(found.execution_options(populate_existing=True))
    if row is None:
        return None
    use = sa.update(OneTimeToken).where(OneTimeToken.id == row.id, OneTimeToken.used_at.is_(None))
    return row if rows_changed(use.values(used_at=clock.now(), sealed="")) == 1 else None


def void(person_id: int, *purposes: TokenPurpose, detail: str | None = None) -> None:
    """End a person's open links of these purposes.

    Args:
        detail: only those about this address.
    """
    ended = sa.update(OneTimeToken).where(
        OneTimeToken.person_id == person_id,
        OneTimeToken.purpose.in_(purposes),
        OneTimeToken.used_at.is_(None),
    )
    if detail is not None:
        ended = ended.where(OneTimeToken.detail == detail)
    db.session.execute(ended.values(used_at=clock.now(), sealed=""))


def spoil(token: OneTimeToken) -> None:
    """Let a new link never open anything, so that asking for it costs the same whether one is sent or not (A59)."""
    token.used_at, token.sealed = clock.now(), ""
    db.session.flush()


def link_for(token_id: int) -> str | None:
    """The absolute link of a token, for the mail that carries it or an administrator who hands it over.

    Returns:
        None when the link was used, replaced, is out of date, or no key of ours opens it any more.
    """
    row = db.session.get(OneTimeToken, token_id)
    if row is None or not row.sealed or row.used_at is not None or row.expires_at <= clock.now():
        return None
    try:
        return links.absolute(PATHS[row.purpose] + crypto.decrypt(row.sealed))
    except ValueError:
        return None


def open_link_of(person_id: int, *purposes: TokenPurpose) -> str | None:
    """The newest link of a person that still works, see :func:`link_for`."""
    newest = db.session.scalar(
        sa.select(OneTimeToken.id)
        .where(
            OneTimeToken.person_id == person_id,
            OneTimeToken.purpose.in_(purposes),
            OneTimeToken.used_at.is_(None),
        )
        .order_by(OneTimeToken.id.desc())
        .limit(1)
    )
    return None if newest is None else link_for(newest)


def _valid(token: str, purposes: tuple[TokenPurpose, ...]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        OneTimeToken.token_hash == crypto.digest(token),
        OneTimeToken.purpose.in_(purposes),
        OneTimeToken.used_at.is_(None),
        OneTimeToken.expires_at > clock.now(),
    )
