"""The shell's door: `flask …` commands."""

from flask import Flask

from app.cli import deploy

GROUPS = (deploy.deploy,)


def add_to(app: Flask) -> None:
    """Add every command to the application's shell."""
    for group in GROUPS:
        app.cli.add_command(group)
