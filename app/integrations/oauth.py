"""Gets access tokens for mailboxes from an OAuth 2.0 token endpoint (RFC 6749, 4.4 and 6)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from app.core import clock
from app.integrations import http
from app.integrations.guard import HttpGuard
from app.integrations.outcome import RetryLater, Undeliverable

# When the endpoint does not say how long a token holds (it should, RFC 6749, 5.1).
USUAL_LIFE = timedelta(minutes=5)
LONGEST_LIFE = timedelta(days=1)
NOT_NOW = {408, 425, 429}
SAYS_NOT_NOW = {"temporarily_unavailable", "slow_down", "server_error"}
# RFC 6750, 2.1; anything else could end the line or the field a token is said in.
TOKEN = re.compile(r"[A-Za-z0-9._~+/=:|!*-]{1,16384}")


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """Who asks for what.

    Args:
        url: the token endpoint.
        client_secret: empty for an application that has none.
        refresh_token: of the person who agreed; without one the application asks in its own name (grant
            ``client_credentials``).
        scope: as the endpoint names it, several with blanks between; empty for what was agreed.
    """

    url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, until when it holds (UTC), and the refresh token that replaces the old one, if one does."""

    text: str = field(repr=False)
    expires_at: datetime
    refresh_token: str | None = field(default=None, repr=False)


def access_token(request: TokenRequest, guard: HttpGuard | None = None) -> Token:
    """Ask for a token; keep a new refresh token before using anything, the old one may hold no longer.

    Args:
        guard: where it may go; any public https address when not given.

    Raises:
        RetryLater: ``token_refused`` (with the endpoint's words), ``token_endpoint_busy`` (with the moment it
            named), ``token_endpoint_garbled``, ``token_endpoint_not_allowed`` (the guard's word is the detail),
            ``token_endpoint_unreachable`` (the word of ``http.send`` is the detail).
        UnitError: a unit of work is open.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = http.send(guard or HttpGuard(), "POST", request.url, body=_form(request), headers=headers)
    except Undeliverable as error:
        raise RetryLater(None, "token_endpoint_not_allowed", error.reason) from None
    except RetryLater as error:
        raise RetryLater(error.at, "token_endpoint_unreachable", error.reason) from None
    told = _read(answer)
    _judge(request, answer, told)
    return _token(told, answer)


def _form(request: TokenRequest) -> bytes:
    fields = {
        "grant_type": "refresh_token" if request.refresh_token else "client_credentials",
        "client_id": request.client_id,
        "client_secret": request.client_secret,
        "refresh_token": request.refresh_token,
        "scope": request.scope,
    }
    return urlencode({name: value for name, value in fields.items() if value}).encode()


def _read(answer: http.Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _judge(request: TokenRequest, answer: http.Answer, told: dict[str, Any]) -> None:
    error = str(told.get("error") or "")
    if answer.ok and not error:
        return
    words = _words(request, f"{answer.status} {error} {told.get('error_description') or ''}")
    if answer.status in NOT_NOW or answer.status >= 500 or error in SAYS_NOT_NOW:
        raise RetryLater(answer.retry_at, "token_endpoint_busy", words)
    raise RetryLater(None, "token_refused" if error else "token_endpoint_garbled", words)


def _words(request: TokenRequest, said: str) -> str:
    """What the endpoint said, without our secrets should it repeat them."""
    for secret in (request.client_secret, request.refresh_token):
        for form in (secret, quote(secret, safe="")):
            said = said.replace(form, "…") if form else said
    return said


def _token(told: dict[str, Any], answer: http.Answer) -> Token:
    text, renewed = told.get("access_token"), told.get("refresh_token")
    if not isinstance(text, str) or not TOKEN.fullmatch(text):
        raise RetryLater(None, "token_endpoint_garbled", str(answer.status))
    return Token(text, clock.now() + _life(told), renewed if isinstance(renewed, str) and renewed else None)


def _life(told: dict[str, Any]) -> timedelta:
    try:
        life = timedelta(seconds=float(told["expires_in"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return USUAL_LIFE
    return min(max(life, timedelta(0)), LONGEST_LIFE)
