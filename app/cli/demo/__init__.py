"""`flask demo`: a believable firm to look at; never in production."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.cli.demo import loading
from app.core.environment import environment

demo = AppGroup("demo", help="Demonstration data: load it, or start over.")


@demo.command("load")
@click.option("--tickets", default=40, show_default=True, type=click.IntRange(0, 5000))
@click.option("--seed", default=1, show_default=True, type=int)
def load(tickets: int, seed: int) -> None:
    """Make a small firm with people, teams and tickets; safe to repeat after an interruption."""
    _refuse_in_production()
    for line in loading.load(tickets, seed):
        click.echo(line)


@demo.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Remove everything, as long as there is nobody but the demonstration's people."""
    _refuse_in_production()
    if not yes:
        click.confirm("Remove all people and tickets of this installation?", abort=True)
    if not loading.reset():
        raise click.ClickException(
            "There are people who do not belong to the demonstration. Nothing was removed."
        )
    click.echo("empty again; `flask demo load` fills it")


def _refuse_in_production() -> None:
    if environment().production:
        raise click.ClickException("Demonstration data is refused when FLASK_ENV=production.")
