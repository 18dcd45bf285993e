"""Who is at the door: the cookie of a browser, the token or key of a program, what stands behind it, the actor."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, g, request, session
from flask_login import LoginManager, current_user
from werkzeug.exceptions import BadRequest

from app.accounts import actors, api_keys, json_tokens, sign_ins
from app.core import log
from app.core.actor import NOBODY, Actor
from app.core.clock import now
from app.core.errors import NotSignedIn
from app.core.uow import is_outage, touch
from app.web.kit import json_answers, quota

COOKIE_KEY = "sid"
MAX_TOKEN = 4096
KEY = "X-API-Key"


class Visitor:
    """What Flask-Login carries through a request: an actor, signed in or not."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.is_authenticated = actor.is_signed_in
        self.is_active = actor.is_signed_in
        self.is_anonymous = not actor.is_signed_in

    def get_id(self) -> str:
        return str(self.actor.person_id or "")


def current_actor() -> Actor:
    """The actor of this request; nobody when not signed in, or when the database cannot say who it is."""
    actor: Actor = current_user.actor
    return actor


def remember(token: str) -> None:
    """Put a new sign-in into a fresh session (a session id from before the sign-in is never kept)."""
    session.clear()
    session[COOKIE_KEY] = token
    g.pop("_login_user", None)


def forget() -> None:
    """Empty the session."""
    session.clear()
    g.pop("_login_user", None)


def session_token() -> str:
    """The session token of this browser, empty when there is none."""
    token = session.get(COOKIE_KEY, "")
    return token if isinstance(token, str) else ""


def bearer_token() -> str:
    """The token a program brings in ``Authorization: Bearer``, empty when there is none."""
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and len(token) <= MAX_TOKEN else ""


def caller(network: str) -> Actor:
    """The actor of a program's call, by one proof of who it is and no more.

    Args:
        network: where the call came from.

    Raises:
        BadRequest: a token, or whatever else, and a key at once.
        NotSignedIn: a key that opens nothing, wherever it is brought.
        TooMany: so many keys that open nothing came from this network.
    """
    has_key = KEY in request.headers
    if has_key and "Authorization" in request.headers:
        raise BadRequest
    actor = current_actor()
    if has_key and not actor.is_signed_in and not g.get("database_down"):
        quota.count_wrong_key(network)
        raise NotSignedIn
    return actor


def _found() -> tuple[Actor, bool] | None:
    """Whoever the proof in this request stands for, and whether that should be noted."""
    if not json_answers.wanted():
        token = session_token()
        return actors.actor_for_token(token) if token else None
    token, key = bearer_token(), request.headers.get(KEY)
    if key is None:
        return actors.actor_for_access(token) if token else None
    return None if "Authorization" in request.headers else api_keys.actor_for_key(key)


def _load(_request: Request) -> Visitor | None:
    if g.get("database_down"):
        return None
    try:
        found = _found()
    except json_tokens.MicrosoftNeeded as refusal:
        setattr(g, json_answers.WHY, refusal.word)
        return None
    except Exception as error:
        if not is_outage(error):
            raise
        # Public pages go on without knowing who is there, the others answer 503.
        log.get(__name__).error("database_unavailable", error=str(getattr(error, "orig", error))[:200])
        g.database_down = True
        return None
    if found is None:
        return None
    actor, stale = found
    if stale:
        g.touch_visitor = actor
    return Visitor(actor)


def _note_activity(_error: Any) -> None:
    actor: Actor | None = g.pop("touch_visitor", None)
    if actor is None:
        return
    by_key = actor.key_id is not None
    address = request.remote_addr or ""
    for statement in api_keys.use(actor, now(), address) if by_key else sign_ins.activity(actor, now()):
        touch(statement)


def init_visitor(app: Flask) -> None:
    """Let Flask-Login ask us, and only us, who is there: no remember cookie, no user id in the session."""
    manager = LoginManager()
    manager.anonymous_user = lambda: Visitor(NOBODY)
    manager.session_protection = None
    manager.request_loader(_load)
    manager.init_app(app)
    app.teardown_request(_note_activity)
