"""Microsoft Entra: sign-in by authorization code with PKCE, tokens for people and for ourselves, its keys."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import jwt

from app.core import clock
from app.core.uow import UnitError
from app.integrations.entra_claims import Claims, Keys, SignInRefused, verified
from app.integrations.entra_line import Line
from app.integrations.entra_refusals import refusal
from app.integrations.microsoft import GRAPH_DEFAULT_SCOPE, Registration
from app.integrations.outcome import RetryLater

SPARE = timedelta(minutes=5)
# Entra answers so for a directory it does not have.
NOT_THERE = frozenset({"400", "404"})
# What our own app registration exposes for programs that speak for somebody.
ACCESS_AS_USER = "access_as_user"


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token, when it ends, and the refresh token that came with it ("" for none)."""

    text: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody came back from Microsoft; ``scopes`` are what was agreed to."""

    claims: Claims
    granted: Granted
    scopes: frozenset[str]


class Entra:
    """One app registration. Made once for a process (see ``entra_for``): it remembers keys and its own token."""

    def __init__(self, registration: Registration) -> None:
        import msal

        # A form posted from another site carries no cookie of ours, so the answer comes in the address line, which our
        # log does not keep.
        warnings.filterwarnings("ignore", message="response_mode='form_post' is recommended")
        self._msal = msal
        self.registration = registration
        self._line = Line(registration.guard)
        self._keys = Keys(lambda: self._line.json(str(self._configuration().get("jwks_uri", ""))))
        self._own: Granted | None = None
        self._lock = threading.Lock()

    def begin(
        self,
        back_to: str,
        *,
        scopes: Sequence[str] = (),
        prompt: str = "",
        login_hint: str = "",
        max_age: int | None = None,
    ) -> dict[str, Any]:
        """Begin a sign-in: send the browser to ``auth_uri`` and keep the whole for ``finish``, where only it can be.

        Args:
            back_to: our callback, as it is registered.
            scopes: what is asked for besides who they are.
            prompt: ``login`` or ``select_account`` to be asked even with a session at Microsoft.
            max_age: seconds since they last proved who they are; 0 for now.

        Raises:
            RetryLater: Entra cannot be reached.
            SignInRefused: ``registration``: there is no such directory.
        """
        return _asked(
            lambda: self._app().initiate_auth_code_flow(
                list(scopes),
                redirect_uri=back_to,
                prompt=prompt or None,
                login_hint=login_hint or None,
                max_age=max_age,
            )
        )

    def finish(self, flow: Mapping[str, Any], answer: Mapping[str, str]) -> SignedIn:
        """Take what the browser brought back, fetch the tokens, and believe them only after a look.

        Args:
            flow: from ``begin``; taken out of its place before, so that it is used once.

        Raises:
            SignInRefused: see there.
            RetryLater: Entra cannot be reached.
        """
        if "error" in answer:
            raise refusal(answer.get("error", ""), answer.get("error_description", ""))
        if not answer.get("code"):
            raise SignInRefused("code")
        found = _asked(lambda: self._app().acquire_token_by_auth_code_flow(dict(flow), dict(answer)))
        if "error" in found:
            refused = refusal(str(found["error"]), str(found.get("error_description", "")))
            raise SignInRefused("code", refused.detail) if refused.reason == "ended" else refused
        claims = self._verified(str(found.get("id_token", "")), nonce=str(flow.get("nonce", "")))
        return SignedIn(claims, _granted(found), frozenset(str(found.get("scope", "")).split()))

    def refresh(self, refresh_token: str, scopes: Sequence[str] = ()) -> tuple[Granted, Claims | None]:
        """A fresh token for somebody, and who they are by now where Entra says it.

        Raises:
            SignInRefused: ``ended`` when they may no longer, or what is wrong with us.
            RetryLater: Entra cannot be reached.
        """
        found = _asked(lambda: self._app().acquire_token_by_refresh_token(refresh_token, list(scopes)))
        if "error" in found:
            raise refusal(str(found["error"]), str(found.get("error_description", "")))
        token = str(found.get("id_token", ""))
        return _granted(found), self._verified(token) if token else None

    def app_token(self, *, fresh: bool = False) -> str:
        """The application's own token for Graph.

        Args:
            fresh: the last one was refused; ask for another.

        Raises:
            SignInRefused: ``client_secret``, ``client_secret_expired``, ``registration`` …
            RetryLater: Entra cannot be reached.
        """
        with self._lock:
            known = self._own
        if known is not None and not fresh and known.expires_at > clock.now() + SPARE:
            return known.text
        found = _asked(lambda: self._app().acquire_token_for_client([GRAPH_DEFAULT_SCOPE]))
        if "error" in found:
            raise refusal(str(found["error"]), str(found.get("error_description", "")))
        granted = _granted(found)
        with self._lock:
            self._own = granted
        return granted.text

    def look(self) -> None:
        """Whether the directory and its keys are there.

        Raises:
            SignInRefused: ``registration``: there is no such directory.
            RetryLater: Entra cannot be reached.
        """
        self._line.json(str(self._configuration().get("jwks_uri", "")))

    def app_permissions(self) -> frozenset[str]:
        """What was agreed to for the application itself, as its own token says; only to be shown.

        Raises:
            SignInRefused, RetryLater: as ``app_token``.
        """
        try:
            found = jwt.decode(self.app_token(), options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise RetryLater(None, "garbled", type(error).__name__) from None
        roles = found.get("roles")
        return frozenset(str(role) for role in roles) if isinstance(roles, list) else frozenset()

    def claims_of_access_token(self, token: str) -> Claims:
        """Who a program speaks for that brings an access token made for us.

        Raises:
            SignInRefused: ``token`` for anything but such a token (one about who somebody is, or of a program that
                speaks for nobody, does not do), ``foreign_tenant``.
            RetryLater: Entra cannot be asked for its keys.
        """
        claims = self._verified(token)
        if ACCESS_AS_USER not in claims.scopes:
            raise SignInRefused("token", "scope")
        return claims

    def sign_out_url(self, back_to: str, hint: str = "") -> str:
        """Where the browser ends its session at Microsoft; "" when Entra names no such place.

        Args:
            hint: which of several accounts (the claim ``login_hint``).

        Raises:
            RetryLater: Entra cannot be reached.
        """
        place = self._configuration().get("end_session_endpoint", "")
        query = {"post_logout_redirect_uri": back_to} | ({"logout_hint": hint} if hint else {})
        return f"{place}?{urlencode(query)}" if place else ""

    def _verified(self, token: str, *, nonce: str | None = None) -> Claims:
        key = self._keys.key_of(token)
        issuer = str(self._configuration().get("issuer", ""))
        return verified(token, key, registration=self.registration, issuer=issuer, nonce=nonce)

    def _configuration(self) -> Mapping[str, Any]:
        try:
            return self._line.json(f"{self._authority()}/v2.0/.well-known/openid-configuration")
        except RetryLater as later:
            if later.detail in NOT_THERE:
                raise SignInRefused("registration", later.detail) from None
            raise

    def _authority(self) -> str:
        """The own directory, or all of them where further ones are invited; whose token counts is checked after."""
        where = "organizations" if self.registration.further_tenants else self.registration.tenant_id
        return f"{self.registration.authority.rstrip('/')}/{where}"

    def _app(self) -> Any:
        """A new one each time: it would keep everybody's tokens, and errors for a minute."""
        self._configuration()  # MSAL does not tell a directory that is not there from an answer that is no answer
        own = self.registration
        credential: Any = own.client_secret or None
        if own.private_key:
            credential = {"private_key": own.private_key, "public_certificate": own.certificate}
        return self._msal.ConfidentialClientApplication(
            own.client_id,
            client_credential=credential,
            authority=self._authority(),
            instance_discovery=False,
            http_client=self._line,
        )


_known: tuple[Registration, Entra] | None = None
_known_lock = threading.Lock()


def entra_for(registration: Registration) -> Entra:
    """The one of this process for a registration; another registration gets a new one."""
    global _known
    with _known_lock:
        if _known is None or _known[0] != registration:
            _known = (registration, Entra(registration))
        return _known[1]


def forget() -> None:
    """Ask for everything anew at the next use (an administrator checks the set-up, between tests)."""
    global _known
    with _known_lock:
        _known = None


def _asked(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What MSAL answers; its many ways to fail become ours."""
    try:
        return ask()
    except UnitError:
        raise
    except RuntimeError as error:
        # Its own check of nonce and of when they last proved who they are.
        raise SignInRefused("token", type(error).__name__) from None
    except ValueError as error:
        # Its own check of the state, or an answer that is no JSON.
        if "state" in str(error):
            raise SignInRefused("state") from None
        raise RetryLater(None, "garbled", type(error).__name__) from None
    except (AttributeError, LookupError, TypeError) as error:
        # It takes JSON of another shape than Entra's for what it expects.
        raise RetryLater(None, "garbled", type(error).__name__) from None


def _granted(found: Mapping[str, Any]) -> Granted:
    lasts = found.get("expires_in")
    seconds = int(lasts) if isinstance(lasts, int | str) and str(lasts).isdecimal() else 3600
    return Granted(
        str(found.get("access_token", "")),
        clock.now() + timedelta(seconds=min(seconds, 24 * 3600)),
        str(found.get("refresh_token") or ""),
    )
