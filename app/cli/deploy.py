"""`flask deploy`: bring the database to this version and put the defaults in place; safe to repeat."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app.accounts.actions import defaults as account_defaults
from app.core.uow import loose_writes, run_unit
from app.mailroom.actions.accounts import ensure_environment
from app.sla.actions import defaults as sla_defaults
from app.tickets.actions import defaults as ticket_defaults


@click.command()
@with_appcontext
def deploy() -> None:
    """Migrate the database and add what every installation needs."""
    click.echo("database: migrating")
    with loose_writes():
        upgrade()
    click.echo("defaults: checking")
    run_unit(_defaults)
    click.echo("ready")


def _defaults() -> None:
    account_defaults.ensure_default_team()
    sla_defaults.ensure_default_policy()
    ticket_defaults.ensure_categories()
    ensure_environment()
