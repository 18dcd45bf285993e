"""What Microsoft Entra says of somebody: tokens checked against its keys, issuer, audience, tenant and times.

MSAL does not check them (since 1.38), so this is the only place where a token is believed.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import jwt

from app.core import clock
from app.integrations.microsoft import Registration
from app.integrations.outcome import Undeliverable

ALGORITHMS = ["RS256"]
LEEWAY_SECONDS = 120
REQUIRED = ["exp", "iat", "iss", "aud", "sub", "tid", "oid"]
# One that is withdrawn is believed no longer than this.
KEPT = timedelta(hours=1)
# A token may name any key it likes: asking for unknown ones more often than this would be work for strangers.
ASK_AGAIN = timedelta(minutes=1)
# More groups than fit into a token: it then says where to ask for them instead.
OVERAGE = "groups"


class SignInRefused(Undeliverable):
    """Somebody does not come in this way.

    Args:
        reason: ``cancelled``, ``state``, ``code``, ``token``, ``foreign_tenant``, ``guest``, ``ended`` (what was
            granted is no longer, or the account was closed), ``consent_missing``, ``client_secret``,
            ``client_secret_expired``, ``registration``.
        detail: what Microsoft said, for an administrator; foreign text.
    """


@dataclass(frozen=True, slots=True)
class Claims:
    """A person as a token of ours describes them.

    Args:
        upn: the name they sign in with; of a domain its directory has proved to own, and nobody changes the own one.
        email: what the directory keeps as their address; not proved, so it never finds an account.
        has_more_groups: they belong to more groups than a token carries.
        issued_at: when Microsoft said all this, None when the token tells it in no way that can be read.
        auth_time: when they last proved who they are, None when the token does not say.
        methods: how (``mfa``, ``pwd`` …), empty when the token does not say.
        session: their session at Microsoft, for single sign-out; "" when the token does not say.
        scopes: what a program may do in their name; empty in a token about who they are.
    """

    tenant_id: str
    object_id: str
    upn: str
    email: str
    name: str
    given_name: str
    family_name: str
    roles: frozenset[str]
    groups: frozenset[str]
    has_more_groups: bool
    is_guest: bool
    auth_time: datetime | None
    methods: frozenset[str]
    session: str
    login_hint: str
    scopes: frozenset[str]
    issued_at: datetime | None = None


class Keys:
    """The keys Entra signs with, kept for an hour; an unknown one is asked for, because keys are changed.

    Args:
        fetch: asks for the key set (RFC 7517), outside of any unit.
    """

    def __init__(self, fetch: Callable[[], Mapping[str, Any]]) -> None:
        self._fetch = fetch
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked: datetime | None = None
        self._lock = threading.Lock()

    def key_of(self, token: str) -> jwt.PyJWK:
        """The key a token names.

        Raises:
            SignInRefused: ``token``: it names none that Entra has.
            RetryLater: Entra could not be asked.
        """
        try:
            head = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise SignInRefused("token", type(error).__name__) from None
        name = head.get("kid")
        if head.get("alg") not in ALGORITHMS or not isinstance(name, str):
            raise SignInRefused("token", "algorithm")
        with self._lock:
            age = clock.now() - self._asked if self._asked else None
            if age is None or age > KEPT or (name not in self._keys and age > ASK_AGAIN):
                self._keys = _readable(self._fetch())
                self._asked = clock.now()
            key = self._keys.get(name)
        if key is None:
            raise SignInRefused("token", "unknown key")
        return key


def _readable(found: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """Keys for signatures by name; those we cannot use are passed over."""
    keys = {}
    told = found.get("keys")
    for one in told if isinstance(told, list) else ():
        if not _signs(one):
            continue
        try:
            keys[one["kid"]] = jwt.PyJWK(one, algorithm=ALGORITHMS[0])
        except jwt.PyJWTError:
            continue
    return keys


def _signs(one: object) -> bool:
    """Whether this is a key that signatures of ours may come from."""
    if not isinstance(one, dict) or not isinstance(one.get("kid"), str):
        return False
    return one.get("kty") == "RSA" and one.get("use", "sig") == "sig"


def verified(
    token: str, key: jwt.PyJWK, *, registration: Registration, issuer: str, nonce: str | None = None
) -> Claims:
    """The claims of a token that Entra made for us.

    Args:
        issuer: as its configuration names it, ``{tenantid}`` standing for any tenant.
        nonce: what the flow began with; None for tokens of no flow.

    Raises:
        SignInRefused: ``token`` or ``foreign_tenant``.
    """
    options: Any = {"require": REQUIRED, "strict_aud": True}
    try:
        found = jwt.decode(
            token,
            key.key,
            algorithms=ALGORITHMS,
            audience=registration.client_id,
            leeway=LEEWAY_SECONDS,
            options=options,
        )
    except jwt.PyJWTError as error:
        raise SignInRefused("token", type(error).__name__) from None
    tenant = _text(found, "tid")
    if found["iss"] != issuer.replace("{tenantid}", tenant) or found.get("ver") != "2.0":
        raise SignInRefused("token", "issuer")
    if tenant not in registration.tenants:
        raise SignInRefused("foreign_tenant", tenant)
    if nonce is not None:
        _same_nonce(found, nonce)
    return _claims(found)


def _same_nonce(found: Mapping[str, Any], nonce: str) -> None:
    """MSAL sends the hash of the nonce it keeps."""
    if not hmac.compare_digest(_text(found, "nonce").encode(), sha256(nonce.encode()).hexdigest().encode()):
        raise SignInRefused("token", "nonce")


def _claims(found: Mapping[str, Any]) -> Claims:
    upn = _text(found, "upn") or _text(found, "preferred_username")
    return Claims(
        tenant_id=_text(found, "tid"),
        object_id=_text(found, "oid"),
        upn=upn,
        email=_text(found, "email"),
        name=_text(found, "name"),
        given_name=_text(found, "given_name"),
        family_name=_text(found, "family_name"),
        roles=_texts(found, "roles"),
        groups=_texts(found, "groups"),
        has_more_groups=OVERAGE in (found.get("_claim_names") or {}) or bool(found.get("hasgroups")),
        is_guest=_is_guest(found, upn),
        auth_time=_moment(found.get("auth_time")),
        methods=_texts(found, "amr"),
        session=_text(found, "sid"),
        login_hint=_text(found, "login_hint"),
        scopes=frozenset(_text(found, "scp").split()),
        issued_at=_moment(found["iat"]),
    )


def _is_guest(found: Mapping[str, Any], upn: str) -> bool:
    """Somebody invited from elsewhere: ``acct`` says so where it is asked for, ``idp`` where they really sign in."""
    provider = _text(found, "idp")
    elsewhere = bool(provider) and _text(found, "tid") not in provider
    return found.get("acct") in (1, "1") or "#ext#" in upn.lower() or elsewhere


def _moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds < 2**40:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    return value[:500] if isinstance(value, str) else ""


def _texts(found: Mapping[str, Any], name: str) -> frozenset[str]:
    value = found.get(name)
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()
