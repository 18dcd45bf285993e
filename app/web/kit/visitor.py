"""Who is at the door: the cookie of a browser or the token of a program, the sign-in behind it, the actor."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, g, request, session
from flask_login import LoginManager, current_user

from app.accounts import actors, json_tokens, sign_ins
from app.core import log
from app.core.actor import NOBODY, Actor
from app.core.clock import now
from app.core.uow import is_outage, touch
from app.web.kit import json_answers

COOKIE_KEY = "sid"
MAX_TOKEN = 4096


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


def _load(_request: Request) -> Visitor | None:
    by_token = json_answers.wanted()
    token = bearer_token() if by_token else session_token()
    if not token or g.get("database_down"):
        return None
    try:
        found = actors.actor_for_access(token) if by_token else actors.actor_for_token(token)
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
        g.touch_sign_in = actor
    return Visitor(actor)


def _note_activity(_error: Any) -> None:
    actor: Actor | None = g.pop("touch_sign_in", None)
    if actor is not None:
        for statement in sign_ins.activity(actor, now()):
            touch(statement)


def init_visitor(app: Flask) -> None:
    """Let Flask-Login ask us, and only us, who is there: no remember cookie, no user id in the session."""
    manager = LoginManager()
    manager.anonymous_user = lambda: Visitor(NOBODY)
    manager.session_protection = None
    manager.request_loader(_load)
    manager.init_app(app)
    app.teardown_request(_note_activity)
