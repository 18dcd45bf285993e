"""Access tokens of mail accounts: asked for when the old one ends, kept encrypted; and who speaks with Graph."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

import jwt
from flask import current_app

from app.core import clock
from app.core.uow import run_unit
from app.integrations import oauth
from app.integrations.entra import Entra, Granted, entra_for
from app.integrations.entra_claims import SignInRefused
from app.integrations.graph import TokenSource
from app.integrations.graph_desk import Desk
from app.integrations.guard import HttpGuard
from app.integrations.outcome import RetryLater
from app.mailroom import connections
from app.mailroom.actions import fetching
from app.mailroom.graph_route import GraphRoute, scopes
from app.settings import microsoft

T = TypeVar("T")
SPARE = timedelta(minutes=5)
# What Microsoft's refusals are called at a mail account.
REFUSALS = dict(
    (
        ("client_secret", "client_secret_refused"),
        ("client_secret_expired", "client_secret_ended"),
        ("registration", "registration_unknown"),
        ("consent_missing", "consent_missing"),
        ("ended", "connection_ended"),
    )
)

# Accounts whose token lacked a permission a moment ago.
_doubted: set[int] = set()


def token_for(account_id: int) -> str:
    """A token that is good for a while, "" for accounts that sign in with a password.

    Raises:
        RetryLater: the authority gave none; words see ``oauth.access_token``.
    """
    request, token, until = connections.sign_in_of(account_id)
    if request is None:
        return ""
    if token and until is not None and until > clock.now() + SPARE:
        return token
    allowed = current_app.extensions["settings"].outbound_allow
    granted = oauth.access_token(request, HttpGuard(allow_hosts=allowed, allow_private=allowed))
    kept = partial(fetching.token_renewed, account_id, granted.text, granted.expires_at)
    run_unit(partial(kept, granted.refresh_token or ""))
    return granted.text


def desk_for(route: GraphRoute) -> Desk:
    """Whoever asks for a mailbox at Microsoft Graph, with a token of the application or of who connected it.

    Raises:
        RetryLater: ``not_registered``: the application is not set up; each call of the desk besides what it raises
            itself: ``client_secret_refused``, ``client_secret_ended``, ``registration_unknown``, ``consent_missing``,
            ``connection_ended``, ``token_refused``.
    """
    registration = microsoft.registration()
    if registration is None:
        raise RetryLater(None, "not_registered")
    entra = entra_for(registration)
    token: TokenSource = _Person(entra, route).token
    if route.is_own:
        token = partial(_own_token, entra)
    doubted = partial(_doubted.add, route.account_id)
    token = partial(_anew_after_doubt, token, route.account_id)
    return Desk(registration.graph_url, registration.guard, token, route.address, doubted)


def permissions_of(route: GraphRoute) -> frozenset[str]:
    """What a new token says it may do; told to administrators and to nobody who decides.

    Raises:
        RetryLater: as a call of the desk; ``not_registered``.
    """
    registration = microsoft.registration()
    if registration is None:
        raise RetryLater(None, "not_registered")
    entra = entra_for(registration)
    text = _own_token(entra, True) if route.is_own else _Person(entra, route).token(True)
    try:
        claims = jwt.decode(text, options={"verify_signature": False})
    except jwt.PyJWTError:
        return frozenset()
    roles = claims.get("roles") or ()
    return frozenset([*map(str, roles), *str(claims.get("scp") or "").split()])


def _anew_after_doubt(token: TokenSource, account_id: int, fresh: bool) -> str:
    """A permission that was granted meanwhile is in a new token only."""
    if account_id in _doubted:
        _doubted.discard(account_id)
        fresh = True
    return token(fresh)


def _own_token(entra: Entra, fresh: bool) -> str:
    return _granted(lambda: entra.app_token(fresh=fresh))


class _Person:
    """The tokens of somebody who connected a mailbox; each new one is kept before it is used."""

    def __init__(self, entra: Entra, route: GraphRoute) -> None:
        self._entra = entra
        self._route = route
        self._token, self._until, self._refresh = route.token, route.until, route.refresh_token

    def token(self, fresh: bool) -> str:
        if self._token and not fresh and self._until is not None and self._until > clock.now() + SPARE:
            return self._token
        granted = _granted(self._renewed)
        self._token, self._until = granted.text, granted.expires_at
        self._refresh = granted.refresh_token or self._refresh
        kept = partial(fetching.token_renewed, self._route.account_id, granted.text, granted.expires_at)
        run_unit(partial(kept, granted.refresh_token))
        return granted.text

    def _renewed(self) -> Granted:
        granted, _claims = self._entra.refresh(self._refresh, scopes(changes=self._route.changes))
        return granted


def _granted(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except SignInRefused as refusal:
        word = REFUSALS.get(refusal.reason, "token_refused")
        raise RetryLater(None, word, refusal.detail) from None
