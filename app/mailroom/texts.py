"""Why a mail became no entry, as a sentence for people."""

from __future__ import annotations

from app.core.language import Lazy, lazy_gettext
from app.mailroom.outcomes import Reason
from app.mailroom.words import Obstacle

REASONS: dict[str, Lazy] = {
    Reason.BOUNCE: lazy_gettext("a notice that a mail could not be delivered"),
    Reason.AUTO_REPLY: lazy_gettext("an automatic reply"),
    Reason.RECEIPT: lazy_gettext("a read receipt or delivery report"),
    Reason.COMPLAINT: lazy_gettext("a complaint report of a mail provider"),
    Reason.OWN: lazy_gettext("a mail of this helpdesk itself"),
    Reason.NOT_MAIL: lazy_gettext("not an e-mail"),
    Reason.EMPTY: lazy_gettext("not an e-mail (empty file)"),
    Reason.OVERSIZED: lazy_gettext("too large to be imported"),
    Reason.KNOWN: lazy_gettext("already imported"),
    Reason.FAILED: lazy_gettext("could not be made a ticket"),
    Reason.GAVE_UP: lazy_gettext("given up after several attempts"),
    Reason.BYTES_MISSING: lazy_gettext("its stored file is missing"),
    Reason.FILE_UNREADABLE: lazy_gettext("the file cannot be read"),
    Reason.NOT_NOW: lazy_gettext("not possible at the moment"),
    Reason.BLOCKED: lazy_gettext("its sender is blocked"),
    Reason.DISCARDED: lazy_gettext("discarded by hand"),
    Reason.SPAM: lazy_gettext("marked as spam"),
    Reason.UNFETCHABLE: lazy_gettext("the mail server does not hand it out"),
    Obstacle.TOO_LARGE: lazy_gettext("the mail is too large"),
    Obstacle.HEADER_BLOCK: lazy_gettext("the head of the mail is too large"),
    Obstacle.HEADER_LINE: lazy_gettext("a line in the head of the mail is too long"),
    Obstacle.PARTS: lazy_gettext("the mail has too many parts"),
    Obstacle.DEPTH: lazy_gettext("the parts of the mail are nested too deeply"),
    Obstacle.BROKEN: lazy_gettext("the mail is broken and cannot be read"),
    Obstacle.CPU: lazy_gettext("reading the mail took too much computing time"),
    Obstacle.MEMORY: lazy_gettext("reading the mail took too much memory"),
    Obstacle.TIMEOUT: lazy_gettext("reading the mail took too long"),
    Obstacle.DIED: lazy_gettext("reading the mail ended unexpectedly"),
}


def sentence(reason: str) -> str:
    """The reason in the reader's language; a word of a newer version is said as it is."""
    known = REASONS.get(reason)
    return str(known) if known is not None else reason
