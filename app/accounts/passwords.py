"""Passwords: hashed with bcrypt, compared at equal cost for everybody, refused when they can be guessed.

Source of the rules: OWASP ASVS 5.0 chapter 6.2 (length counts, no composition rules, nothing cut off).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import unicodedata
from collections.abc import Iterable
from functools import cache

import bcrypt

from app.accounts import guessable
from app.core.environment import environment
from app.core.language import _, ngettext
from app.core.uow import must_be_outside

MIN_LENGTH = 8
MAX_LENGTH = 256
BCRYPT_BYTES = 72


def hashed(password: str) -> str:
    """The hash to store. Takes a third of a second, so never inside a transaction.

    Raises:
        UnitError: a unit of work is open.
    """
    must_be_outside()
    return bcrypt.hashpw(_fitting(password), bcrypt.gensalt(_rounds())).decode()


def matches(password: str, password_hash: str) -> bool:
    """Whether the password belongs to the hash; without a hash the same work is done for nothing.

    Args:
        password: what was typed.
        password_hash: empty for an unknown address or an account without a password (abuse case A59).

    Raises:
        UnitError: a unit of work is open.
    """
    must_be_outside()
    right = bcrypt.checkpw(_fitting(password), (password_hash or _nobodys_hash()).encode())
    return right and bool(password_hash)


def weaknesses(password: str, own_words: Iterable[str] = ()) -> list[str]:
    """What speaks against this new password, as sentences; empty when nothing does.

    Args:
        own_words: name and address of the person, which are no secret.
    """
    if len(password) < MIN_LENGTH:
        return [ngettext("At least %(num)s character.", "At least %(num)s characters.", MIN_LENGTH)]
    if guessable.is_guessable(password, own_words):
        return [_("This password is easy to guess. Several unrelated words make a good one.")]
    return []


def _fitting(password: str) -> bytes:
    """The bytes bcrypt sees. It reads 72 at most, so longer ones are hashed before and nothing is cut off."""
    plain = unicodedata.normalize("NFC", password).encode("utf-8", "replace")
    return plain if len(plain) <= BCRYPT_BYTES else base64.b64encode(hashlib.sha256(plain).digest())


def _rounds() -> int:
    return 4 if environment().testing else 12


@cache
def _nobodys_hash() -> str:
    return bcrypt.hashpw(secrets.token_bytes(16).hex().encode(), bcrypt.gensalt(_rounds())).decode()
