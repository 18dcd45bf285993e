"""Which scope of a key opens which call: by the first part of its address and whether it changes something (A40).

``<area>:read`` opens what is read (GET), ``<area>:write`` what changes something; neither opens what the other does.
Files, and the words that tickets are made of, belong to tickets. The table for those who use it stands in API.md.

A call outside of these areas that keys may use is refused when it is declared.
"""

from __future__ import annotations

from app.accounts.key_words import Scope
from app.core.actor import Actor
from app.core.errors import Forbidden
from app.web.kit.door import SAFE, DoorError

AREAS = {
    "tickets": "tickets",
    "attachments": "tickets",
    "teams": "tickets",
    "categories": "tickets",
    "sla-policies": "tickets",
    "tags": "tickets",
    "events": "events",
    "users": "users",
    "dashboard": "dashboard",
    "webhooks": "webhooks",
}


class ScopeNeeded(Forbidden):
    """The key was made for other things."""

    word = "scope_needed"


class NotByKey(Forbidden):
    """What only a person opens who signed in."""

    word = "not_by_key"


def needed(rule: str, method: str) -> Scope:
    """The one scope that opens a call.

    Args:
        rule: its address below the door's own, such as ``/tickets/<id>``.

    Raises:
        DoorError: no scope was set aside for it.
    """
    area = AREAS.get(rule.strip("/").partition("/")[0], "")
    try:
        return Scope(f"{area}:{'read' if method in SAFE else 'write'}")
    except ValueError as error:
        raise DoorError(f"{method} {rule}: say in app.web.kit.scopes which scope opens it") from error


def heed(actor: Actor, scope: str) -> None:
    """Let a key do only what it was made for; whoever signed in has no scopes.

    Args:
        scope: what opens the call, empty for one that no key opens.

    Raises:
        NotByKey, ScopeNeeded: the actor came with a key that does not open this.
    """
    if actor.key_id is None:
        return
    if not scope:
        raise NotByKey
    if scope not in actor.scopes:
        raise ScopeNeeded(scope=scope)
