"""Addresses of receivers as people enter them; whether they lead somewhere forbidden is judged at each call (A66)."""

from __future__ import annotations

from ipaddress import ip_address

from app.core.environment import environment
from app.core.errors import Invalid
from app.core.language import _
from app.integrations.addresses import Standing, standing
from app.integrations.guard import HttpGuard, is_named, taken_apart
from app.integrations.outcome import Undeliverable


def checked(url: str) -> str:
    """The address, if it could be called at all.

    Raises:
        Invalid: it could not.
    """
    allowed = environment().outbound_allow
    try:
        scheme, host, port = taken_apart(url)
        HttpGuard(allow_hosts=allowed, allow_private=allowed).judge_name(scheme, host, port)
    except Undeliverable as refused:
        raise _unfit() from refused
    if not (is_named(host, port, allowed) or _may_be_public(host)):
        raise _unfit()
    return url


def leads_elsewhere(old: str, new: str) -> bool:
    """Whether somebody else may be at the other end: another host, port or scheme (abuse case A65)."""
    return taken_apart(old) != taken_apart(new)


def _may_be_public(host: str) -> bool:
    """A bare address says by itself whether it is ours; a name is looked up when it is called."""
    try:
        return standing(ip_address(host)) is Standing.PUBLIC
    except ValueError:
        return "." in host


def _unfit() -> Invalid:
    return Invalid(
        {
            "url": _(
                "Please enter an address on the internet that begins with https://, without user name or port."
            )
        }
    )
