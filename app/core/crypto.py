"""Secrets: random tokens, their hashes, keyed signatures, encryption at rest."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.core.environment import environment


def token() -> str:
    """256 random bits, URL-safe: shown or mailed once, stored only as its hash."""
    return secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """SHA-256 in hex: how tokens are stored."""
    return hashlib.sha256(text.encode()).hexdigest()


def _key(purpose: str, secret: str) -> bytes:
    return hashlib.sha256(f"helpdesk/{purpose}/{secret}".encode()).digest()


def keys(purpose: str) -> tuple[bytes, ...]:
    """Keys of 256 bits bound to a purpose, for who signs in a form of its own: the present one, then the fallbacks."""
    house = environment()
    return tuple(_key(purpose, secret) for secret in (house.secret_key, *house.secret_key_fallbacks))


def sign(purpose: str, message: str) -> str:
    """A keyed signature bound to a purpose, 32 URL-safe characters (192 bits)."""
    mac = hmac.digest(_key(purpose, environment().secret_key), message.encode(), "sha256")
    return base64.urlsafe_b64encode(mac[:24]).decode()


def verify(purpose: str, message: str, signature: str) -> bool:
    """Whether the signature was made here, with the present key or one of the fallbacks."""
    house = environment()
    found = False
    for secret in (house.secret_key, *house.secret_key_fallbacks):
        mac = hmac.digest(_key(purpose, secret), message.encode(), "sha256")
        expected = base64.urlsafe_b64encode(mac[:24])
        found |= hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
    return found


def tag(purpose: str, message: str) -> str:
    """A keyed signature that survives a change of case: 16 small letters and digits (80 bits), for mail addresses."""
    return _tag(purpose, message, environment().secret_key)


def verify_tag(purpose: str, message: str, given: str) -> bool:
    """Whether the tag was made here, with the present key or one of the fallbacks."""
    house = environment()
    found = False
    for secret in (house.secret_key, *house.secret_key_fallbacks):
        expected = _tag(purpose, message, secret).encode()
        found |= hmac.compare_digest(expected, given.lower().encode("utf-8", "replace"))
    return found


def _tag(purpose: str, message: str, secret: str) -> str:
    mac = hmac.digest(_key(purpose, secret), message.encode(), "sha256")
    return base64.b32encode(mac[:10]).decode().lower()


def _cipher() -> MultiFernet:
    house = environment()
    keys = house.encryption_keys or (
        base64.urlsafe_b64encode(_key("encryption", house.secret_key)).decode(),  # development only
    )
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Encrypt a secret for the database with the newest key."""
    return _cipher().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """The secret again.

    Raises:
        ValueError: no known key opens it.
    """
    try:
        return _cipher().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise ValueError("no key in ENCRYPTION_KEYS opens this secret") from error
