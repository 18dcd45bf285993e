"""Pictures of people: made anew from what was uploaded, kept as bytes in the storage."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from app.core import files
from app.core.errors import Invalid
from app.core.language import _
from app.core.uow import must_be_outside

AVATAR_BYTES = 2 * 1024 * 1024
MADE_BYTES = 1024 * 1024  # a square of 256 pixels is far below
Put = Callable[[BinaryIO, int], str]


def store(data: bytes, put: Put) -> str:
    """Make a picture anew and hand its bytes to the storage, outside any unit.

    Args:
        data: the uploaded file.
        put: stores a stream of at most so many bytes and returns its SHA-256.

    Returns:
        The hash for `app.accounts.actions.profile.change_avatar`.

    Raises:
        Invalid: too large, or no picture that can be read.
    """
    must_be_outside()
    if not data:
        raise Invalid({"avatar": _("Please choose a file.")})
    if len(data) > AVATAR_BYTES:
        raise Invalid({"avatar": _("The picture is larger than 2 MB. Please choose a smaller one.")})
    try:
        made = files.avatar(data)
    except Exception as error:  # Pillow raises many kinds for broken files
        sentence = _("This file is no picture we can read. PNG, JPEG, GIF and WebP work.")
        raise Invalid({"avatar": sentence}) from error
    return put(io.BytesIO(made), MADE_BYTES)
