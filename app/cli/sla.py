"""`flask sla check`: look after the deadlines now, as the worker does every minute."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.tickets.actions.clock import check_due

sla = AppGroup("sla", help="Deadlines of tickets.")


@sla.command("check")
def check() -> None:
    """Warn of every deadline that comes near and note each that has passed; those already told are left alone."""
    checked = 0
    while found := check_due():
        checked += found
    click.echo(f"{checked} checked")
