"""Clearing away, in small units so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from flask import current_app

from app.accounts.actions import sweeping as accounts
from app.core import clock, heartbeat, log, once
from app.core.uow import run_unit
from app.events import sweeping as events
from app.integrations.blobs import Storage
from app.jobs.standing import standing
from app.mailroom import queries as mailroom
from app.notifications import actions as notifications
from app.tickets.actions import sweeping as tickets
from app.webhooks.actions import sweeping as webhooks

INSIDE_KEPT = timedelta(days=30)
FILE_KEPT = timedelta(days=1)
BATCH = 500

# Each room knows which files it names; a file that none of them names is nobody's.
NAMERS: tuple[Callable[[Sequence[str]], set[str]], ...] = (
    tickets.named,
    accounts.named,
    mailroom.named,
)
CLEARINGS: tuple[Callable[[], int], ...] = (
    accounts.forget_sign_ins,
    accounts.forget_tokens,
    accounts.forget_keys,
    accounts.forget_files,
    once.forget_old,
    notifications.forget_old,
    tickets.forget_presence,
    tickets.forget_uploads,
    tickets.forget_parts,
    tickets.forget_scheduled,
    webhooks.forget_answers,
)


@standing("housekeeping", seconds=1800)
def clear() -> None:
    """Remove what has ended."""
    clear_ended()


def clear_ended() -> None:
    """Remove what CLEARINGS name, and inside deliveries, once their time is over."""
    for clearing in CLEARINGS:
        run_unit(clearing)
    diary = heartbeat.last("housekeeping")
    clear_deliveries(diary.succeeded_at if diary else None)


def clear_deliveries(cleared_at: datetime | None = None) -> int:
    """Remove settled inside deliveries older than 30 days, some thousands at a time; returns how many went.

    Args:
        cleared_at: when this was last done; what was too old then is not looked at again.
    """
    begin = run_unit(lambda: events.first_delivery_since(cleared_at - INSIDE_KEPT)) if cleared_at else 1
    end = run_unit(lambda: events.first_delivery_since(clock.now() - INSIDE_KEPT))
    gone = 0
    for low in range(begin, end, events.CHUNK):
        gone += run_unit(partial(events.forget_settled, low, min(low + events.CHUNK, end)))
    return gone


@standing("files", seconds=3 * 3600)
def sweep_files() -> None:
    """Remove stored files that nothing names."""
    sweep_store(current_app.extensions["storage"])


def sweep_store(storage: Storage) -> None:
    """Remove files that no row names and nobody has written since yesterday, and what broken uploads left."""
    gone = sum(sweep_batch(storage, batch) for batch in _batches(_old_enough(storage)))
    storage.clear_unfinished(clock.now() - FILE_KEPT)
    if gone:
        log.get(__name__).info("files_swept", removed=gone)


def sweep_batch(storage: Storage, hashes: Sequence[str]) -> int:
    """Remove those of the files that no room names; returns how many went."""
    named = run_unit(lambda: set().union(*(namer(hashes) for namer in NAMERS)))
    since = clock.now() - FILE_KEPT
    return sum(storage.remove(sha, unless_written_since=since) for sha in hashes if sha not in named)


def _old_enough(storage: Storage) -> Iterator[str]:
    before = clock.now() - FILE_KEPT
    return (kept.sha256 for kept in storage.walk() if kept.written < before)


def _batches(items: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
