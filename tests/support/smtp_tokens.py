"""Signing in at a mail server with an access token, as Google and Microsoft have it (XOAUTH2)."""

from __future__ import annotations

import base64
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

REFUSAL = "eyJzdGF0dXMiOiI0MDEifQ=="  # {"status":"401"}


class TakesTokens:
    """The part of a handler that takes a token in the place of the password; a refusal is a challenge first."""

    _sink: Any

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        fields = base64.b64decode(args[1]).decode().split("\1")
        user, token = fields[0].removeprefix("user="), fields[1].removeprefix("auth=Bearer ")
        self._sink.logins.append((user, token, "XOAUTH2"))
        if self._sink.users.get(user) == token:
            return AuthResult(success=True, auth_data=LoginPassword(user.encode(), token.encode()))
        await server.challenge_auth(REFUSAL, encode_to_b64=False)
        return AuthResult(success=False, handled=False)
