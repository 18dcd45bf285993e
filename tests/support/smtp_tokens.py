"""Signing in at a mail server with an access token, as Google and Microsoft have it (XOAUTH2)."""

from __future__ import annotations

import base64

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

REFUSAL = "eyJzdGF0dXMiOiI0MDEifQ=="  # {"status":"401"}


def told_by(said: str) -> tuple[str, str]:
    """User and token in the one argument of the command."""
    fields = base64.b64decode(said).decode().split("\1")
    return fields[0].removeprefix("user="), fields[1].removeprefix("auth=Bearer ")


async def answer(server: SMTP, user: str, token: str, is_right: bool) -> AuthResult:
    """Let them in; a refusal is a challenge first, which the client answers with nothing."""
    if is_right:
        return AuthResult(success=True, auth_data=LoginPassword(user.encode(), token.encode()))
    await server.challenge_auth(REFUSAL, encode_to_b64=False)
    return AuthResult(success=False, handled=False)
