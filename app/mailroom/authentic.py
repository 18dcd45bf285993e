"""Whether a mail's sender is who it says: told by our own mail server, believed from nobody else (A01, A07)."""

from __future__ import annotations

import re
from enum import StrEnum

from app.mailroom.mail import Mail

HEADER = "authentication-results"
_DMARC = re.compile(r";\s*dmarc\s*=\s*([a-z]+)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_READ = 4_000


class Authentic(StrEnum):
    """What our mail server found out about the sender's domain (DMARC, RFC 7489)."""

    CONFIRMED = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


def judge(mail: Mail, authserv_id: str) -> Authentic:
    """Read the result our own server wrote.

    Only the topmost header counts: it was added last, and a server that signs its results removes forged ones of its
    own name (RFC 8601, 5). Anything below it may have been brought along by the sender.

    Args:
        mail: as parsed.
        authserv_id: the name our server signs with; "" when nobody told us: then nothing is known.
    """
    results = mail.headers.get(HEADER, ())
    if not authserv_id or not results:
        return Authentic.UNKNOWN
    plain = _COMMENT.sub(" ", _QUOTED.sub(" ", results[0][:_READ]))
    if set('"()') & set(plain):
        return Authentic.UNKNOWN  # what is quoted or nested can say anything
    signed_by = plain.partition(";")[0].split()
    if not signed_by or signed_by[0].lower() != authserv_id.lower():
        return Authentic.UNKNOWN
    found = _DMARC.findall(plain)
    if not found:
        return Authentic.UNKNOWN
    return Authentic.CONFIRMED if {one.lower() for one in found} == {"pass"} else Authentic.FAIL
