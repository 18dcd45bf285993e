"""Telling an administrator somebody's one-time link; who has it can become that person, so it is written down."""

from __future__ import annotations

from app.accounts.access import must_have_confirmed
from app.accounts.events import LinkShown
from app.accounts.models import OneTimeToken
from app.accounts.tokens import link_for
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden, NotFound
from app.core.schema import MAX_ID
from app.events.log import action, record


@action
def show_link(token_id: int, *, actor: Actor) -> tuple[OneTimeToken, str]:
    """The token and its link.

    Raises:
        Forbidden: not an administrator.
        PasswordNeeded: the password was given more than ten minutes ago.
        NotFound: there is none, or it was used or ran out.
    """
    if actor.is_signed_in and not actor.can("people.manage_admins"):
        raise Forbidden(permission="people.manage_admins")
    must_have_confirmed(actor)
    token = db.session.get(OneTimeToken, token_id) if 1 <= token_id <= MAX_ID else None
    link = link_for(token_id) if token is not None else None
    if token is None or link is None:
        raise NotFound
    record(
        LinkShown(token_id=token.id, purpose=token.purpose), actor=actor, subject=("person", token.person_id)
    )
    return token, link
