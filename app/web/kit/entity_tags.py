"""What an answer is known by (ETag, RFC 9110 §8.8.3): its version and a digest of what it says."""

from __future__ import annotations

import hashlib
import re

from flask import Response, request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest

from app.core.errors import Stale
from app.core.language import _

DIGITS = 16
# A packed answer is another representation of the same thing and has a tag of its own.
PACKED = "-gzip"
# The version alone will do: programs that keep bodies and not heads of answers know nothing else.
TAG = re.compile(rf'^"(\d{{1,18}})(?:-[0-9a-f]{{{DIGITS}}}(?:{PACKED})?)?"$')


def tag(answer: BaseModel, body: bytes) -> str:
    """The tag of an answer; what can be changed says its version in front."""
    digest = hashlib.sha256(body).hexdigest()[:DIGITS]
    version = getattr(answer, "version", None)
    return digest if version is None else f"{version}-{digest}"


def is_known(answer: Response) -> bool:
    """Whether the caller says to have this answer already (If-None-Match), packed or not."""
    own, _weak = answer.get_etag()
    asked = request.if_none_match
    return own is not None and bool(asked) and (own in asked or f"{own}{PACKED}" in asked)


def expected_version() -> int | None:
    """The version the caller's view had (If-Match), None when the caller names none or takes any.

    Raises:
        BadRequest: more than one tag.
        Stale: a tag that no answer of ours with a version had.
    """
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        return None
    if "," in given:
        raise BadRequest
    found = TAG.match(given)
    if found is None:
        raise Stale(_("This was changed in the meantime."))
    return int(found[1])
