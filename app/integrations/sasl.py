"""What is said to log in to a mail server, and how it is kept out of what the server is quoted with."""

from __future__ import annotations

import base64


def plain(username: str, password: str) -> bytes:
    """The answer to PLAIN (RFC 4616)."""
    return f"\0{username}\0{password}".encode()


def bearer(username: str, access_token: str) -> bytes:
    """The answer to XOAUTH2, as Google and Microsoft describe it."""
    return f"user={username}\1auth=Bearer {access_token}\1\1".encode()


def masked(said: str, username: str, password: str, access_token: str) -> str:
    """The server's words, without password and token in any form they went out in."""
    forms: list[str] = []
    if access_token:
        forms += [_base64(bearer(username, access_token)), access_token]
    if password:
        forms += [_base64(plain(username, password)), _base64(password.encode()), password]
    for form in forms:
        said = said.replace(form, "…")
    return said


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
