"""The keys that sign tokens, as Entra publishes them: several at a time, and a new one now and then."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tools.simulated_microsoft.certificates import key_pem, self_signed, thumbprint, unpadded

FIRST = 2
_made: list[rsa.RSAPrivateKey] = []
_making = Lock()


@dataclass(frozen=True)
class SigningKey:
    """One key with the name tokens call it by."""

    kid: str
    private: rsa.RSAPrivateKey
    certificate: bytes

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def published(self, issuer: str) -> dict[str, Any]:
        """The entry of the key in the list everybody can read."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": _number(numbers.n),
            "e": _number(numbers.e),
            "x5c": [base64.b64encode(self.certificate).decode("ascii")],
            "issuer": issuer,
        }


class Keys:
    """The keys of one simulation; making one is slow, so a process makes each only once.

    Args:
        folder: keeps them there, so that tokens outlive a restart.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: list[SigningKey] = []
        self.reset()

    def reset(self) -> None:
        """Back to the first keys."""
        self.published = [self._number(place) for place in range(FIRST)]
        self.old: list[SigningKey] = []
        self._next = FIRST

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        return self.published[-1]

    def rotate(self, keep_old: bool = True) -> SigningKey:
        """Sign with a new key from now on.

        Args:
            keep_old: go on publishing the keys before; if not, tokens signed by them cannot be checked.
        """
        new = self._number(self._next)
        self._next += 1
        if not keep_old:
            self.old += self.published
            self.published = []
        self.published.append(new)
        return new

    def unknown(self) -> SigningKey:
        """A key that was never published."""
        return self._number(self._next + 1)

    def find(self, kid: str) -> SigningKey | None:
        return next((key for key in self.published if key.kid == kid), None)

    def _number(self, place: int) -> SigningKey:
        while len(self._known) <= place:
            self._known.append(_named(self._load(len(self._known))))
        return self._known[place]

    def _load(self, place: int) -> rsa.RSAPrivateKey:
        if self._folder is None:
            return made(place)
        file = self._folder / f"signing-{place + 1}.pem"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_bytes(key_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - we wrote it
        return key


def made(place: int) -> rsa.RSAPrivateKey:
    """A key of this process; the same for the same place."""
    with _making:
        while len(_made) <= place:
            _made.append(rsa.generate_private_key(public_exponent=65537, key_size=2048))
        return _made[place]


def _named(key: rsa.RSAPrivateKey) -> SigningKey:
    certificate = self_signed(key, "simulated sign-in")
    return SigningKey(thumbprint(certificate), key, certificate.public_bytes(serialization.Encoding.DER))


def _number(value: int) -> str:
    return unpadded(value.to_bytes((value.bit_length() + 7) // 8, "big"))
