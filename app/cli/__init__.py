"""The shell's door: `flask …` commands."""

from flask import Flask

from app.cli import api, deploy, events, mail, people, sla, user
from app.cli.demo import demo

for command in (people.import_people, people.fetch_people):
    user.user.add_command(command)
GROUPS = (api.api, deploy.deploy, demo, events.events, mail.mail, sla.sla, user.user)


def add_to(app: Flask) -> None:
    """Add every command to the application's shell."""
    for group in GROUPS:
        app.cli.add_command(group)
