"""Time-based one-time codes (RFC 6238) and the recovery codes that replace them once."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

import pyotp
import qrcode
from qrcode.image.svg import SvgPathFillImage

from app.core import crypto

SECONDS = 30
RECOVERY_CODES = 10
GROUPS, GROUP = 4, 6
# Without letters and digits that are taken for one another. 24 of them are 118 bits, so a plain hash is enough
# (ASVS 6.5.2 asks for a password hash below 112 bits).
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A fresh secret for an authenticator app, 160 bits in Base32."""
    return pyotp.random_base32()


def address(secret: str, *, account: str, issuer: str) -> str:
    """The ``otpauth:`` address an authenticator app reads.

    Args:
        account: whose code it is, shown in the app.
        issuer: the name of this helpdesk, shown in the app.
    """
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def picture(text: str) -> str:
    """A QR code as the address of an SVG image (``data:``), black on white in both themes."""
    svg = qrcode.make(text, image_factory=SvgPathFillImage, border=3).to_string()
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step a code belongs to: the present one or a neighbour, because clocks differ; None for a wrong code."""
    now = int(at.timestamp()) // SECONDS
    totp = pyotp.TOTP(secret)
    steps = [
        step
        for step in (now, now - 1, now + 1)
        if hmac.compare_digest(totp.generate_otp(step), _digits(code))
    ]
    return steps[0] if steps else None


def new_recovery_codes() -> list[str]:
    """Ten codes such as ``k7mq2x-…``; shown once."""
    return ["-".join(_group() for _i in range(GROUPS)) for _i in range(RECOVERY_CODES)]


def is_recovery_code(code: str) -> bool:
    """Whether what was typed has the length of a recovery code rather than of a code from the app."""
    return len(_plain(code)) == GROUPS * GROUP


def recovery_hash(code: str) -> str:
    """How a recovery code is stored; spaces, dashes and capitals do not matter."""
    return crypto.digest(_plain(code))


def _group() -> str:
    return "".join(secrets.choice(SIGNS) for _i in range(GROUP))


def _plain(code: str) -> str:
    return "".join(sign for sign in code.lower() if sign.isalnum())


def _digits(code: str) -> str:
    return "".join(sign for sign in code if sign.isascii() and sign.isdigit())
