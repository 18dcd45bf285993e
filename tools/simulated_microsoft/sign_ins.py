"""Who is signed in at the simulated Entra, and what was handed out: codes and refresh tokens."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tools.simulated_microsoft.people import Person

if TYPE_CHECKING:
    from tools.simulated_microsoft.microsoft import Microsoft

CODE_SECONDS = 600
REFRESH_SECONDS = 90 * 86_400


class Refused(Exception):
    """What the token endpoint answers instead of tokens.

    Args:
        number: of the error at Entra, without its letters.
    """

    def __init__(self, error: str, number: int, words: str, status: int = 400) -> None:
        super().__init__(f"AADSTS{number}: {words}")
        self.error, self.number, self.words, self.status = error, number, words, status


@dataclass(frozen=True)
class Session:
    """A sign-in a browser remembers."""

    sid: str
    person: Person
    auth_time: int


@dataclass(frozen=True)
class Asked:
    """What an application asked for when it sent the browser here."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    nonce: str
    challenge: str
    tenant: str
    max_age: bool = False


@dataclass
class Grant:
    """A code or a refresh token."""

    asked: Asked
    session: Session
    made_at: float
    used: bool = False
    revoked: bool = False
    family: str = field(default_factory=lambda: str(uuid.uuid4()))


class SignIns:
    """Sessions, codes and refresh tokens of one simulation."""

    def __init__(self, ms: Microsoft) -> None:
        self._ms = ms
        self._sessions: dict[str, Session] = {}
        self._codes: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}

    # Sessions

    def open(self, person: Person) -> tuple[str, Session]:
        """A new session; returns the cookie's value as well."""
        cookie = secrets.token_urlsafe(24)
        session = Session(str(uuid.uuid4()), person, int(time.time()))
        self._sessions[cookie] = session
        return cookie, session

    def session(self, cookie: str) -> Session | None:
        found = self._sessions.get(cookie)
        return found if found is not None and found.person.enabled else None

    def close(self, cookie: str) -> Session | None:
        return self._sessions.pop(cookie, None)

    def revoke(self, person: Person) -> None:
        """End all sessions of somebody and refuse the refresh tokens, as an administrator can."""
        for cookie in [cookie for cookie, one in self._sessions.items() if one.person is person]:
            del self._sessions[cookie]
        for grant in self._refresh.values():
            grant.revoked = grant.revoked or grant.session.person is person

    # Codes

    def code(self, asked: Asked, session: Session) -> str:
        made = f"0.A{secrets.token_urlsafe(60)}"
        self._codes[made] = Grant(asked, session, time.time())
        return made

    def redeem(self, code: str, redirect_uri: str) -> Grant:
        """What a code stands for; it counts once.

        Raises:
            Refused: unknown, used, too old, or asked for with another address.
        """
        grant = self._codes.get(code)
        if grant is None:
            raise Refused(
                "invalid_grant", 70000, "The provided value for the input parameter 'code' is not valid."
            )
        if grant.used:
            raise Refused(
                "invalid_grant",
                54005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code.",
            )
        if time.time() - grant.made_at > CODE_SECONDS:
            raise Refused(
                "invalid_grant", 70008, "The provided authorization code has expired due to inactivity."
            )
        if grant.asked.redirect_uri != redirect_uri:
            raise Refused(
                "invalid_grant",
                500112,
                "The reply address does not match the reply address provided when requesting Authorization code.",
            )
        grant.used = True
        self._still_there(grant.session.person)
        return grant

    # Refresh tokens

    def refresh_token(self, grant: Grant) -> str:
        made = f"1.A{secrets.token_urlsafe(90)}"
        self._refresh[made] = Grant(grant.asked, grant.session, time.time(), family=grant.family)
        return made

    def renew(self, token: str) -> Grant:
        """What a refresh token stands for. Entra lets the old one live; ``refresh_once`` does not.

        Raises:
            Refused: unknown, revoked, too old, or of somebody who is gone.
        """
        grant = self._refresh.get(token)
        if grant is None:
            raise Refused("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        self._still_there(grant.session.person)
        if grant.revoked:
            raise Refused(
                "invalid_grant",
                50173,
                "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
            )
        if time.time() - grant.made_at > REFRESH_SECONDS:
            raise Refused(
                "invalid_grant",
                70043,
                "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access.",
            )
        if self._ms.refresh_once:
            self._once(grant)
        grant.used = True
        return grant

    def _once(self, grant: Grant) -> None:
        if grant.used:
            for one in self._refresh.values():
                one.revoked = one.revoked or one.family == grant.family
            raise Refused("invalid_grant", 70008, "The refresh token was used before.")

    def _still_there(self, person: Person) -> None:
        if not person.enabled:
            raise Refused("invalid_grant", 50057, "The user account is disabled.")
        if self._ms.person(person.object_id) is None:
            raise Refused("invalid_grant", 50034, "The user account does not exist in the directory.")
