"""The door of sign-in and of everything a person does to the own account."""

from __future__ import annotations

from typing import Any

from flask import request

from app.accounts.permissions import UNTIL_ENROLLED
from app.web.kit import page
from app.web.kit.door import Door
from app.web.kit.visitor import current_actor

door = Door("auth", __name__)
# The door for programs says it in words of its own.
OPEN_BEFORE_ENROLLING = ("auth", "health", "api")


@door.before_app_request
def _second_factor_first() -> Any:
    """An administrator without the second factor that is demanded goes nowhere but to its set-up."""
    if current_actor().rights != UNTIL_ENROLLED or request.endpoint in (None, "static", "bundle", "brand"):
        return None
    if request.blueprint in OPEN_BEFORE_ENROLLING:
        return None
    return page.go("auth.second_factor_state")
