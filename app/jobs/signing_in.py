"""Access tokens of mail accounts that sign in by OAuth: asked for when the old one ends, kept encrypted."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from flask import current_app

from app.core import clock
from app.core.uow import run_unit
from app.integrations import oauth
from app.integrations.guard import HttpGuard
from app.mailroom import connections
from app.mailroom.actions import fetching

SPARE = timedelta(minutes=5)


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
