"""Tokens as Entra makes them, and tokens as an attacker would."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jwt

from tools.simulated_microsoft.certificates import unpadded
from tools.simulated_microsoft.keys import SigningKey
from tools.simulated_microsoft.people import Person

if TYPE_CHECKING:
    from tools.simulated_microsoft.microsoft import Microsoft

GRAPH = "https://graph.microsoft.com"
LEEWAY = 300
Claims = dict[str, Any]


class Tokens:
    """Makes the claims of tokens and signs them.

    Overrides replace claims of that name; None takes a claim out.
    """

    def __init__(self, ms: Microsoft) -> None:
        self._ms = ms

    def id_claims(
        self, person: Person, nonce: str = "", scopes: Iterable[str] = ("profile", "email")
    ) -> Claims:
        """What an ID token says; which columns appear depends on the scopes."""
        claims = self._times() | {
            "aud": self._ms.client_id,
            "iss": self._ms.issuer(person.tenant_id),
            "aio": unpadded(secrets.token_bytes(30)),
            "rh": unpadded(secrets.token_bytes(20)),
            "sub": pairwise(person, self._ms.client_id),
            "oid": person.object_id,
            "tid": person.tenant_id,
            "uti": unpadded(secrets.token_bytes(16)),
            "ver": "2.0",
            "acct": 1 if person.guest else 0,
            "xms_edov": not person.guest and person.tenant_id == self._ms.tenant_id,
        }
        if "profile" in scopes:
            claims |= {"name": person.name, "preferred_username": person.upn}
            claims |= {"login_hint": unpadded(person.upn.encode())}
        if person.mail and ("email" in scopes or "email" in self._ms.optional_claims):
            claims["email"] = person.mail
        if person.guest:
            claims["idp"] = "https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad/"
        if nonce:
            claims["nonce"] = nonce
        return claims | self._memberships(person)

    def graph_claims(self, person: Person | None, permissions: Iterable[str]) -> Claims:
        """What an access token for Graph says; without a person it is the application's own."""
        claims = self._times() | {
            "aud": GRAPH,
            "iss": f"https://sts.windows.net/{self._ms.tenant_id}/",
            "appid": self._ms.client_id,
            "app_displayname": "Helpdesk",
            "tid": person.tenant_id if person else self._ms.tenant_id,
            "idtyp": "user" if person else "app",
            "uti": unpadded(secrets.token_bytes(16)),
            "ver": "1.0",
        }
        if person is None:
            return claims | {
                "oid": self._ms.service_principal,
                "sub": self._ms.service_principal,
                "roles": sorted(permissions),
            }
        return claims | {
            "oid": person.object_id,
            "sub": pairwise(person, GRAPH),
            "upn": person.upn,
            "scp": " ".join(sorted(permissions)),
        }

    def own_claims(self, person: Person | None, scopes: str = "access_as_user") -> Claims:
        """What an access token for our own application says."""
        claims = self._times() | {
            "aud": self._ms.client_id,
            "iss": self._ms.issuer(person.tenant_id if person else self._ms.tenant_id),
            "azp": self._ms.client_id,
            "azpacr": "1",
            "tid": person.tenant_id if person else self._ms.tenant_id,
            "uti": unpadded(secrets.token_bytes(16)),
            "ver": "2.0",
        }
        if person is None:
            return claims | {"oid": self._ms.service_principal, "sub": self._ms.service_principal}
        claims |= {"oid": person.object_id, "sub": pairwise(person, self._ms.client_id), "scp": scopes}
        claims |= {"name": person.name, "preferred_username": person.upn}
        return claims | self._memberships(person)

    def sign(
        self,
        claims: Mapping[str, Any],
        *,
        key: SigningKey | None = None,
        headers: Mapping[str, Any] | None = None,
        algorithm: str = "RS256",
    ) -> str:
        """A token; ``key`` None means the one that signs now."""
        used = key or self._ms.keys.current
        head = {"kid": used.kid, **(headers or {})}
        secret: Any = None if algorithm == "none" else used.private
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, secret, algorithm, headers=head)

    def _times(self) -> Claims:
        now = int(time.time())
        return {"iat": now, "nbf": now - LEEWAY, "exp": now + self._ms.token_lifetime}

    def _memberships(self, person: Person) -> Claims:
        claims: Claims = {"roles": list(person.roles)} if person.roles else {}
        if person.too_many_groups:
            where = f"https://graph.windows.net/{person.tenant_id}/users/{person.object_id}/getMemberObjects"
            return claims | {
                "_claim_names": {"groups": "src1"},
                "_claim_sources": {"src1": {"endpoint": where}},
            }
        return claims | ({"groups": list(person.groups)} if person.groups else {})


class Forged:
    """ID tokens of an attacker; every claim can be replaced besides (A47, A50)."""

    def __init__(self, ms: Microsoft) -> None:
        self._ms = ms

    def unknown_key(self, person: Person, **claims: Any) -> str:
        """Signed by a key that was never published, under a name of its own."""
        return self._ms.issue_id_token(person, key=self._ms.keys.unknown(), **claims)

    def borrowed_name(self, person: Person, **claims: Any) -> str:
        """Signed by a foreign key that calls itself like the real one."""
        name = {"kid": self._ms.keys.current.kid}
        return self._ms.issue_id_token(person, key=self._ms.keys.unknown(), headers=name, **claims)

    def old_key(self, person: Person, **claims: Any) -> str:
        """Signed by a key that is published no more."""
        if not self._ms.keys.old:
            self._ms.keys.rotate(keep_old=False)
        return self._ms.issue_id_token(person, key=self._ms.keys.old[-1], **claims)

    def hs256_with_public_key(self, person: Person, **claims: Any) -> str:
        """A shared-key signature made with what everybody can read."""
        key = self._ms.keys.current
        body = self._ms.id_claims(person, **claims)
        head = _segment({"alg": "HS256", "typ": "JWT", "kid": key.kid})
        signed = f"{head}.{_segment(body)}".encode("ascii")
        return f"{signed.decode()}.{unpadded(_hmac(key.public_pem, signed))}"

    def alg_none(self, person: Person, **claims: Any) -> str:
        """Not signed at all."""
        return self._ms.issue_id_token(person, algorithm="none", **claims)


def _segment(value: Claims) -> str:
    return unpadded(json.dumps(value, separators=(",", ":")).encode())


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def pairwise(person: Person, audience: str) -> str:
    """The name of a person for one audience only."""
    return unpadded(hashlib.sha256(f"{person.object_id} {audience}".encode()).digest())
