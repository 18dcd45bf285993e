"""What to do when a channel in Teams takes no cards, in plain words; what is wrong stands in reasons."""

from __future__ import annotations

from app.core.language import Lazy, lazy_gettext

UNREACHABLE = lazy_gettext(
    "The helpdesk must reach the internet by https; ask whoever runs your network or proxy."
)
AGAIN = lazy_gettext("Copy the address of the workflow in Teams once more, the whole of it.")
LATER = lazy_gettext("Try again in some minutes.")
MENDS: dict[str, Lazy] = {
    "refused": lazy_gettext(
        "The workflow is switched off or deleted, or a part of its address is missing. Switch it on in Teams, "
        "or copy its address once more."
    ),
    "redirected": AGAIN,
    "host_not_allowed": AGAIN,
    "bad_url": AGAIN,
    "webhook_unreadable": lazy_gettext("Enter the address once more."),
    "busy": LATER,
    "failing": LATER,
    "unexpected_answer": AGAIN,
    "address_not_allowed": UNREACHABLE,
    "certificate": UNREACHABLE,
    "connection_failed": UNREACHABLE,
    "connection_refused": UNREACHABLE,
    "name_not_found": UNREACHABLE,
    "timeout": UNREACHABLE,
    "tls_failed": UNREACHABLE,
}


def mend_of(trouble: str) -> str:
    """What to do about a trouble, empty when nobody knows."""
    known = MENDS.get(trouble)
    return str(known) if known is not None else ""
