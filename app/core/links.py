"""Absolute links from SITE_URL, and links that carry their own permission for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from app.core import clock, crypto
from app.core.environment import environment


def absolute(path: str) -> str:
    """The address of a page as mails and cards name it; SITE_URL alone decides the host."""
    return environment().site_url + path


def seal(purpose: str, value: str, lifetime: timedelta) -> str:
    """A token ``value~expiry~signature`` that opens one thing for one purpose."""
    expires = int((clock.now() + lifetime).timestamp())
    return f"{quote(value, safe='')}~{expires}~{crypto.sign(purpose, f'{value}~{expires}')}"


def unseal(purpose: str, token: str) -> str | None:
    """The value inside a sealed token, or None when it was altered, cut or is out of date."""
    parts = token.split("~")
    if len(parts) != 3 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 12:
        return None
    value, expires = unquote(parts[0]), int(parts[1])
    if not crypto.verify(purpose, f"{value}~{expires}", parts[2]):
        return None
    if datetime.fromtimestamp(expires, UTC) < clock.now():
        return None
    return value
