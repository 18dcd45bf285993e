"""What comes in at the mail room: a mail whose bytes are stored."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.text import one_line, shorten
from app.mailroom.identity import Identity

SOURCE_LENGTH = 190


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that came in; ``sha256`` names its bytes in the store, ``size`` is in bytes.

    ``repeats_id``: the account has had another mail with its Message-ID.
    """

    account: str
    identity: Identity
    sha256: str
    size: int
    source: str
    repeats_id: bool = False


def source_note(name: str) -> str:
    """A file name as it may be stored and printed: one line without control characters, at most 190 characters.

    Args:
        name: as the system gives it, undecodable bytes as lone surrogates.
    """
    return shorten(one_line(name.encode("utf-8", "replace").decode("utf-8")), SOURCE_LENGTH)
