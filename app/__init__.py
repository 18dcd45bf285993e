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

    settings = load_settings(**overrides)
    app = wire(settings)
    if settings.flask_env == "testing" or _is_shell():
        _give_shell(app)
    return app


def _is_shell() -> bool:
    """Whether a ``flask …`` command asks; web and worker would carry commands and migrations for nothing."""
    import click
    from flask.cli import ScriptInfo

    context = click.get_current_context(silent=True)
    return context is not None and context.find_object(ScriptInfo) is not None


def _give_shell(app: Flask) -> None:
    from flask_migrate import Migrate

    from app import cli
    from app.core.db import db

    Migrate(app, db, render_as_batch=True, compare_type=True)
    cli.add_to(app)
