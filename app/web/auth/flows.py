"""A sign-in under way at Microsoft: kept encrypted in a cookie of this browser only, for ten minutes, used once."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from app.core import clock, crypto
from app.core.environment import environment

LASTS_SECONDS = 600


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

    msal: dict[str, Any]
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
    _set(response, flow.msal["state"], crypto.encrypt(body), LASTS_SECONDS)


def taken(state: str) -> Flow | None:
    """The flow of this browser with this state; None when it has none, or none any more."""
    try:
        found = json.loads(crypto.decrypt(request.cookies.get(_name(state), "")))
        flow = Flow(**found | {"purpose": Purpose(found["purpose"])})
    except (ValueError, TypeError, KeyError):
        return None
    return flow if flow.msal.get("state") == state and flow.until > clock.now().timestamp() else None


def forget(response: Response, state: str) -> None:
    """Take the flow back from the browser."""
    _set(response, state, "", 0)


def _set(response: Response, state: str, value: str, lasts: int) -> None:
    response.set_cookie(
        _name(state),
        value,
        max_age=lasts,
        secure=environment().secure,
        httponly=True,
        samesite="Lax",
    )


def _name(state: str) -> str:
    """One cookie for each, so that two windows do not take each other's."""
    mark = crypto.digest(state)[:12]
    return f"__Host-hd-flow-{mark}" if environment().secure else f"hd-flow-{mark}"
