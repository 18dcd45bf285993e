"""Whether mail can leave the house; where it cannot, administrators hand links over themselves."""

from __future__ import annotations

from flask import current_app

from app.mailroom.outgoing import any_office


def mail_goes_out() -> bool:
    """Whether the environment names a mail server, or an account can send."""
    return bool(current_app.extensions["settings"].smtp_host) or any_office()
