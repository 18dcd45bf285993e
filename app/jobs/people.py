"""The jobs about people: going on with files that are taken in, and fetching everybody from Microsoft."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from celery import shared_task
from kombu.exceptions import OperationalError

from app.accounts import import_queries, keeping
from app.accounts.actions import importing
from app.accounts.actors import CLOCK
from app.core import fault, log
from app.core.actor import Actor
from app.core.language import _, speaking
from app.core.lease import lease
from app.core.uow import is_outage, run_unit
from app.jobs import directory
from app.jobs.standing import run_standing, standing

# One run works so long; a dead worker's file is taken over soon after.
WORKING_SECONDS = 60.0
LEASE_SECONDS = 150
BATCH = 100
FETCH = "people-fetch"
FETCH_SECONDS = 3600


@standing("people-import", seconds=240)
def go_on() -> None:
    """Go on with every file that is not done, each by a task of its own."""
    for import_id in import_queries.running():
        import_people.delay(import_id)


@shared_task(name="people-import-file", ignore_result=True)
def import_people(import_id: int) -> None:
    """Take in a file; what one run does not get through is asked for again at once."""
    if work_off(import_id):
        import_people.delay(import_id)


@standing(FETCH, seconds=FETCH_SECONDS)
def fetch_people() -> datetime | None:
    """Fetch everybody from Microsoft, where that is switched on; what broke it off is tried again sooner."""
    return _fetch()


@shared_task(name="people-fetch-now", ignore_result=True)
def fetch_people_now() -> None:
    """The same because somebody asked for it."""
    run_standing(FETCH, FETCH_SECONDS, _fetch)


def _fetch() -> datetime | None:
    return directory.fetch() if keeping.is_on() else None


def ask_for_fetch() -> None:
    """Have everybody fetched now; when the queue is away, the timetable does it."""
    _ask("people-fetch-now", fetch_people_now.delay)


def ask_for_import(import_id: int) -> None:
    """Have a file taken in now; when the queue is away, the timetable does it within a minute."""
    _ask("people-import-file", partial(import_people.delay, import_id))


def _ask(name: str, send: Callable[[], object]) -> None:
    try:
        send()
    except (OperationalError, OSError) as error:
        log.get(__name__).warning("queue_unreachable", job=name, error=str(error)[:200])


def work_off(import_id: int, *, seconds: float = WORKING_SECONDS) -> bool:
    """Do lines of a file that was started, each in its own unit; True when there is more to do.

    Args:
        seconds: about how long to work.
    """
    with lease(f"people.import.{import_id}", LEASE_SECONDS) as mine:
        if not mine or import_id not in import_queries.running():
            return False
        until = time.monotonic() + seconds
        actor, language = import_queries.importer(import_id) or (None, "en")
        with speaking(language):
            if actor is None:
                reason = _("Whoever began this may not import people any more.")
                run_unit(partial(importing.refuse_rest, import_id, reason, actor=CLOCK))
            return _work_off(import_id, actor or CLOCK, until)


def _work_off(import_id: int, actor: Actor, until: float) -> bool:
    for ask, work in (
        (import_queries.waiting, importing.take_in),
        (import_queries.without_manager, importing.name_manager),
    ):
        while line_ids := ask(import_id, BATCH):
            for line_id in line_ids:
                _one(line_id, partial(work, line_id, actor=actor), actor)
                if time.monotonic() > until:
                    return True
    while run_unit(partial(importing.close_missing, import_id, BATCH, actor=actor)):
        fault.point("people.closed")
    run_unit(partial(importing.finish, import_id, actor=actor))
    return False


def _one(line_id: int, work: partial[None], actor: Actor) -> None:
    """One line; whatever goes wrong with it, the next one has its turn."""
    try:
        run_unit(work)
    except Exception as error:
        if is_outage(error):
            raise
        log.get(__name__).exception("people_line_failed", line_id=line_id)
        reason = _("This line could not be taken in.")
        run_unit(partial(importing.refuse, line_id, reason, actor=actor))
    fault.point("people.line_done")
