"""Tokens of programs: a short one for each call, and a long one that works once and brings the next pair (A50, A51).

Both are JWTs that name a row of `sign_in` and say nothing else about the person: role, activity and the end of the
sign-in are read from the database at each call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import jwt

from app.core import clock, crypto
from app.core.environment import environment
from app.core.errors import NotSignedIn
from app.core.schema import MAX_ID

AUDIENCE = "helpdesk-api"
ALGORITHM = "HS256"
HEADER = {"alg": ALGORITHM, "typ": "JWT"}
PURPOSE = "api-token"
REQUIRED = ["exp", "iat", "iss", "aud", "sub", "jti", "sid", "typ"]
LEEWAY = timedelta(seconds=30)


class MicrosoftNeeded(NotSignedIn):
    """Microsoft was not asked for an hour whether the person is still there (abuse case A48)."""

    word = "microsoft_needed"


class TokenKind(StrEnum):
    ACCESS = "access"
    REFRESH = "refresh"


LASTS = {TokenKind.ACCESS: timedelta(minutes=15), TokenKind.REFRESH: timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class Named:
    """What a good token names: the sign-in and whose it is. Whether it still counts, the database says."""

    sign_in_id: int
    person_id: int


@dataclass(frozen=True, slots=True)
class Pair:
    """What a program keeps of a sign-in; ``expires_in`` are seconds of the access token."""

    access_token: str
    refresh_token: str
    expires_in: int


def issue(kind: TokenKind, sign_in_id: int, person_id: int) -> str:
    """A new token of a sign-in."""
    now = clock.now()
    claims = {
        "iss": environment().site_url,
        "aud": AUDIENCE,
        "sub": str(person_id),
        "sid": str(sign_in_id),
        "typ": str(kind),
        "jti": crypto.token()[:22],
        "iat": now,
        "exp": now + LASTS[kind],
    }
    return jwt.encode(claims, crypto.keys(PURPOSE)[0], algorithm=ALGORITHM)


def pair(refresh_token: str) -> Pair:
    """The pair that a refresh token made a moment ago belongs to.

    Raises:
        ValueError: it is none of ours.
    """
    named = read(TokenKind.REFRESH, refresh_token)
    if named is None:
        raise ValueError("not a refresh token of ours")
    access = issue(TokenKind.ACCESS, named.sign_in_id, named.person_id)
    return Pair(access, refresh_token, int(LASTS[TokenKind.ACCESS].total_seconds()))


def read(kind: TokenKind, token: str) -> Named | None:
    """What a token of this kind names; None for any other, altered, out of date or of somebody else's making."""
    claims = _claims(token)
    if claims is None or claims["typ"] != kind:
        return None
    sign_in_id, person_id = _id(claims["sid"]), _id(claims["sub"])
    return Named(sign_in_id, person_id) if sign_in_id and person_id else None


def _claims(token: str) -> dict[str, Any] | None:
    """Checked claims: nothing but our header, our only algorithm, and each claim there and right."""
    options: Any = {"require": REQUIRED, "strict_aud": True}
    try:
        if jwt.get_unverified_header(token) != HEADER:
            return None
    except jwt.PyJWTError:
        return None
    for key in crypto.keys(PURPOSE):
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=environment().site_url,
                leeway=LEEWAY,
                options=options,
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError:
            return None
    return None


def _id(text: object) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 19:
        return 0
    return int(text) if 1 <= int(text) <= MAX_ID else 0
