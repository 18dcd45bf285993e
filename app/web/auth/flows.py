"""A sign-in under way at Microsoft: kept encrypted in a cookie of this browser only, for ten minutes, used once."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from app.core import clock, crypto
from app.core.environment import environment

LASTS_SECONDS = 600
# Each takes its place in every request of the browser: with ten of them servers refuse the whole request.
MOST_KEPT = 4


class Purpose(StrEnum):
    """What somebody goes to Microsoft for."""

    SIGN_IN = "sign_in"
    CONNECT = "connect"
    CONFIRM = "confirm"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Flow:
    """What has to be known again when the browser comes back.

    Args:
        msal: state, nonce and the secret of PKCE.
        person_id: who went, 0 for nobody who was signed in.
        thing_id: what it is about, where the purpose has such a thing.
    """

    msal: dict[str, Any] = field(repr=False)
    purpose: Purpose
    next: str = ""
    person_id: int = 0
    thing_id: int = 0
    until: float = 0


def keep(response: Response, flow: Flow) -> None:
    """Give the browser its flow to keep."""
    kept = {name: value for name, value in flow.msal.items() if name != "auth_uri"}
    until = clock.now().timestamp() + LASTS_SECONDS
    body = json.dumps(asdict(flow) | {"msal": kept, "until": until})
    _forget_oldest(response)
    _set(response, _name(flow.msal["state"]), crypto.encrypt(body), LASTS_SECONDS)


def taken(state: str) -> Flow | None:
    """The flow of this browser with this state; None when it has none, or none any more."""
    flow = _opened(request.cookies.get(_name(state), ""))
    if flow is None or flow.until <= clock.now().timestamp():
        return None
    return flow if flow.msal.get("state") == state else None


def forget(response: Response, state: str) -> None:
    """Take the flow back from the browser."""
    _set(response, _name(state), "", 0)


def _forget_oldest(response: Response) -> None:
    """Make room for one more; what cannot be read goes first."""
    mine = {name: _opened(value) for name, value in request.cookies.items() if name.startswith(_prefix())}
    by_age = sorted(mine, key=lambda name: flow.until if (flow := mine[name]) else 0.0)
    for name in by_age[: max(0, len(mine) - MOST_KEPT + 1)]:
        _set(response, name, "", 0)


def _opened(sealed: str) -> Flow | None:
    try:
        found = json.loads(crypto.decrypt(sealed))
        return Flow(**found | {"purpose": Purpose(found["purpose"])})
    except (ValueError, TypeError, KeyError):
        return None


def _set(response: Response, name: str, value: str, lasts: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=lasts,
        secure=environment().secure,
        httponly=True,
        samesite="Lax",
    )


def _name(state: str) -> str:
    """One cookie for each, so that two windows do not take each other's."""
    return f"{_prefix()}{crypto.digest(state)[:12]}"


def _prefix() -> str:
    return "__Host-hd-flow-" if environment().secure else "hd-flow-"
