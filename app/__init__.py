"""The helpdesk: ``create_app()`` makes the application; nothing is imported before it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(**overrides: Any) -> Flask:
    """Make the application from the environment.

    Args:
        overrides: settings that win over the environment (tests, tools); see config.Settings.

    Raises:
        SystemExit: a setting is wrong; one line says which.
    """
    from app.wiring import wire
    from config import load_settings

    return wire(load_settings(**overrides))
