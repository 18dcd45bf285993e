"""How a delivery is signed, so that a receiver knows it came from here and is fresh (abuse case A67)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

from app.core import clock, crypto
from app.integrations.outcome import Undeliverable
from app.webhooks.models import Webhook

UNREADABLE = "secret_unreadable"


def signature(body: bytes, secrets: Sequence[str], at: datetime) -> str:
    """``t=<unix>,v1=<hex>``, with one ``v1`` for each secret: HMAC-SHA256 of ``<unix>.<body>``."""
    moment = str(int(at.timestamp()))
    signed = moment.encode() + b"." + body
    macs = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets]
    return ",".join([f"t={moment}", *(f"v1={mac}" for mac in macs)])


def secrets_of(webhook: Webhook) -> tuple[str, ...]:
    """The present secret, and the former one while it counts.

    Raises:
        Undeliverable: no key of ours opens it.
    """
    sealed = [webhook.sealed]
    if webhook.former and webhook.former_until is not None and webhook.former_until > clock.now():
        sealed.append(webhook.former)
    try:
        return tuple(crypto.decrypt(one) for one in sealed)
    except ValueError as error:
        raise Undeliverable(UNREADABLE) from error
