"""The relay's task, and the bell that calls it."""

from __future__ import annotations

from celery import shared_task

from app.core import heartbeat
from app.core.uow import run_unit
from app.events import relay
from app.events.settling import said


@shared_task(name="relay", ignore_result=True)
def run() -> None:
    """Spread and deliver what is due. Several may run at once: each delivery is claimed by one."""
    run_unit(lambda: heartbeat.begin("relay"))
    try:
        relay.run()
    except Exception as error:
        line = said(error)
        run_unit(lambda: heartbeat.end("relay", line))
        raise
    run_unit(lambda: heartbeat.end("relay"))


def ring() -> None:
    """Ask a worker to run the relay now."""
    run.apply_async(expires=30)
