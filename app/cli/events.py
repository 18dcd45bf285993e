"""`flask events status|retry`: what waits on its way out, and trying again what was given up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click
from flask.cli import AppGroup

from app.accounts.actors import SHELL
from app.core import language
from app.core.errors import Conflict, NotFound
from app.core.uow import run_unit
from app.events import bulk, deliveries, figures
from app.events.words import DeliveryState

events = AppGroup("events", help="What is on its way to people, and what did not get there.")
SHOWN = (DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.HELD, DeliveryState.DEAD)


@events.command("status")
def status() -> None:
    """Say how much waits, is held or failed, and list what failed last."""
    counts = deliveries.counts()
    click.echo(f"not spread yet: {figures.backlog()}")
    for state in SHOWN:
        click.echo(f"{state}: {counts.get(state, 0)}")
    for one in deliveries.page(DeliveryState.DEAD).rows:
        click.echo(f"  {one.id}  {one.consumer} {one.target}  {one.error}")


@events.command("retry")
@click.argument("ids", nargs=-1, type=click.IntRange(1))
@click.option("--dead", "whole", flag_value=DeliveryState.DEAD.value, help="Everything that failed.")
@click.option(
    "--held", "whole", flag_value=DeliveryState.HELD.value, help="Everything held for want of a way out."
)
def retry(ids: tuple[int, ...], whole: str | None) -> None:
    """Try the deliveries IDS again, or all of a state."""
    language.set_language("en")
    if bool(ids) == bool(whole):
        raise click.UsageError("name deliveries by their numbers, or say --dead or --held")
    if whole:
        count = run_unit(partial(bulk.retry_all, DeliveryState(whole), actor=SHELL))
        click.echo(f"{count} will be tried again")
        return
    failed = [delivery_id for delivery_id in ids if not _told(delivery_id)]
    if failed:
        raise SystemExit(1)


def _told(delivery_id: int) -> bool:
    work: Callable[[], object] = partial(deliveries.retry, delivery_id, actor=SHELL)
    try:
        run_unit(work)
    except NotFound:
        click.echo(f"{delivery_id}: there is no such delivery", err=True)
        return False
    except Conflict as error:
        click.echo(f"{delivery_id}: {error.message}", err=True)
        return False
    click.echo(f"{delivery_id} will be tried again")
    return True
