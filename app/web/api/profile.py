"""`/auth/profile`: the person who is signed in."""

from __future__ import annotations

from app.accounts import details
from app.accounts.access import myself
from app.accounts.actions import profile as own_profile
from app.accounts.schemas import ChangeProfile
from app.core.actor import Actor
from app.web.api.door import door
from app.web.api.names import our_names
from app.web.api.shapes import User, own_user
from app.web.api.user_commands import FIELDS, ProfileChange, changes
from app.web.kit.entity_tags import expected_version
from app.web.kit.uploads import store_picture


@door.read("/auth/profile", allow="profile.own", gives=User)
def profile(actor: Actor) -> User:
    """The own record."""
    return own_user(actor)


@door.change(
    "/auth/profile", allow="profile.own", method="PATCH", takes=ProfileChange, gives=User, matches=True
)
def change_profile(actor: Actor, command: ProfileChange) -> User:
    """Change fields of your own record.

    The address, the role and the like are not yours to change here. Fields that come from Microsoft are changed there
    (422).
    """
    person = myself(actor, lock=True)
    given = changes(command) | {"version": expected_version() or person.version}
    with our_names(FIELDS):
        own_profile.change(details.merged(ChangeProfile, person, given), actor=actor)
    return own_user(actor)


@door.upload("/auth/profile/avatar", allow="profile.own", method="PUT", store=store_picture, gives=User)
def change_avatar(actor: Actor, sha256: str) -> User:
    """Send a picture of yourself: PNG, JPEG, GIF or WebP, at most 2 MB. A square of 256 pixels is made of it."""
    own_profile.change_avatar(sha256, actor=actor)
    return own_user(actor)


@door.change("/auth/profile/avatar", allow="profile.own", method="DELETE")
def remove_avatar(actor: Actor) -> None:
    """Take your picture away; your initials stand there instead."""
    own_profile.change_avatar("", actor=actor)
