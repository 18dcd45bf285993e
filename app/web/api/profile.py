"""`/auth/profile`: the person who is signed in."""

from __future__ import annotations

from app.core.actor import Actor
from app.web.api.door import door
from app.web.api.shapes import User, own_user


@door.read("/auth/profile", allow="profile.own", gives=User)
def profile(actor: Actor) -> User:
    """The own record."""
    return own_user(actor)
