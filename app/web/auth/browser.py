"""The browser of a request: what it calls itself, where it comes from, and the mark of one that was here before."""

from __future__ import annotations

import re

from flask import request
from werkzeug.wrappers import Response

from app.accounts import proofs
from app.accounts.sign_ins import Browser
from app.core.environment import environment
from app.web.kit.guard import network

# The order matters: each of these also carries the names that follow it.
PROGRAMS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("FxiOS", "Firefox"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def this_browser() -> Browser:
    """The browser that sent this request."""
    return Browser(user_agent=request.user_agent.string, network=network())


def described(user_agent: str) -> str:
    """``Firefox, Windows`` from what a browser calls itself; empty when it says nothing we know."""
    program = next((name for mark, name in PROGRAMS if re.search(rf"\b{mark}/", user_agent)), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (program, system) if part)


def device_mark(address: str) -> str:
    """The mark of this browser if it signed in to the account before, else empty."""
    return proofs.device_mark(address, request.cookies.get(_cookie_name(), ""))


def remember_device(response: Response, mark: str) -> None:
    """Let this browser be known to the account it signed in to."""
    response.set_cookie(
        _cookie_name(),
        mark,
        max_age=int(proofs.DEVICE_KNOWN_FOR.total_seconds()),
        secure=environment().secure,
        httponly=True,
        samesite="Lax",
    )


def _cookie_name() -> str:
    return "__Host-hd-device" if environment().secure else "hd-device"
