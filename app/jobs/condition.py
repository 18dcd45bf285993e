"""How the house is: each service with its last success, what is wrong with it and how to mend it."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.metadata import version
from pathlib import Path

from flask import current_app

from app.core import clock, heartbeat, ready
from app.core.environment import environment
from app.core.heartbeat import Heartbeat
from app.core.language import _, ngettext
from app.events import figures
from app.mailroom import accounts as mail_accounts
from app.mailroom import shelves

SILENT = timedelta(seconds=90)
LITTLE_ROOM = 500 * 1024 * 1024
MAIL = ("email",)  # consumers whose way out is mail
SHOWN_VERSIONS = ("flask", "sqlalchemy", "celery", "cryptography")


class State(StrEnum):
    OK = "ok"
    DISABLED = "disabled"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Service:
    """One service the house leans on.

    Args:
        wrong, mend: sentences for administrators, empty when all is well.
    """

    name: str
    state: State
    last_success: datetime | None = None
    wrong: str = ""
    mend: str = ""


def overall(services: list[Service]) -> str:
    """``healthy``, ``degraded`` when something is wrong, ``unhealthy`` without the database."""
    wrong = {service.name for service in services if service.state is State.ERROR}
    if "database" in wrong:
        return "unhealthy"
    return "degraded" if wrong else "healthy"


def services() -> list[Service]:
    """Every service in the order; quick, and never raises because one of them is away."""
    database = _database()
    if database.state is State.ERROR:
        unknown = [
            Service(name, State.ERROR, wrong=_("Not known while the database does not answer."))
            for name in LATER
        ]
        return [database, _redis(), *unknown, _ai_service()]
    beats = {beat.name: beat for beat in heartbeat.all_beats()}
    return [database, _redis(), *(make(beats) for make in LATER.values()), _ai_service()]


def _database() -> Service:
    wrong = ready.database()
    if wrong:
        return Service(
            "database",
            State.ERROR,
            wrong=_("The database does not answer: %(error)s", error=wrong),
            mend=_("Check that it runs, that DATABASE_URL is right, and that “flask deploy” was run."),
        )
    behind = schema_is_behind()
    if behind:
        return Service("database", State.ERROR, wrong=behind, mend=_("Run “flask deploy”."))
    return Service("database", State.OK, clock.now())


def _redis() -> Service:
    url = environment().redis_url
    if not url:
        return Service(
            "redis", State.DISABLED, mend=_("Works without; REDIS_URL makes several servers faster.")
        )
    wrong = ready.redis_trouble(url)
    if not wrong:
        return Service("redis", State.OK, clock.now())
    return Service(
        "redis",
        State.ERROR,
        wrong=_("Redis does not answer: %(error)s", error=wrong),
        mend=_(
            "Nothing is lost, but notifications come a little later. Check that it runs and REDIS_URL is right."
        ),
    )


def _celery(beats: dict[str, Heartbeat]) -> Service:
    """Whether a worker works: the relay is asked for every few seconds and notes when it was done."""
    last = max(
        (beat.finished_at for beat in beats.values() if beat.finished_at and beat.name != "beat"),
        default=None,
    )
    if _is_fresh(last):
        return Service("celery", State.OK, last)
    return Service(
        "celery",
        State.ERROR,
        last,
        wrong=_("No background work was done for more than a minute."),
        mend=_(
            "Start the worker: celery -A app.celery_app worker. Until then nothing is sent, but nothing is lost."
        ),
    )


def _scheduler(beats: dict[str, Heartbeat]) -> Service:
    beat = beats.get("beat")
    last = beat.succeeded_at if beat else None
    if not _is_fresh(last):
        return Service(
            "scheduler",
            State.ERROR,
            last,
            wrong=_("The scheduler gave no sign of life for more than a minute."),
            mend=_("Start it: celery -A app.celery_app beat. What comes due meanwhile is caught up once."),
        )
    failing = sorted(name for name, job in beats.items() if job.error)
    if not failing:
        return Service("scheduler", State.OK, last)
    return Service(
        "scheduler",
        State.ERROR,
        last,
        wrong=_("Jobs that failed last time: %(names)s.", names=", ".join(failing)),
        mend=_("The list of jobs below says why. They are tried again by themselves."),
    )


def _mail(_beats: dict[str, Heartbeat]) -> Service:
    way, accounts = figures.way_out(MAIL), mail_accounts.overall()
    troubles = _coming_in(accounts)
    has_way_out = bool(current_app.extensions["settings"].smtp_host) or accounts.sends
    if has_way_out and not way.is_fine:
        said = _("Mail in trouble: %(held)s held, %(late)s late, %(failed)s failed since yesterday.",
                 held=way.held, late=way.late, failed=way.failed)  # fmt: skip
        troubles.append((said, _("The page “Deliveries” names the reason for each of them.")))
    state = State.ERROR if troubles else State.OK if has_way_out else State.DISABLED
    if not has_way_out:
        troubles.append(_without_way_out(way.held))
    wrong = " ".join(filter(None, (trouble[0] for trouble in troubles)))
    return Service("mail", state, way.sent_at, wrong, " ".join(trouble[1] for trouble in troubles))


def _without_way_out(held: int) -> tuple[str, str]:
    waiting = ngettext("%(num)s mail waits.", "%(num)s mails wait.", held) if held else ""
    return waiting, _(
        "No mail is sent: set up an account under “E-mail”. Until then one-time links can be copied."
    )


def _coming_in(accounts: mail_accounts.Overall) -> list[tuple[str, str]]:
    """What is wrong with mail that comes in, and what to do."""
    troubles, held = [], shelves.held()
    if accounts.troubled:
        addresses = ", ".join(accounts.troubled)
        wrong = _("Mail cannot be fetched: %(addresses)s.", addresses=addresses)
        troubles.append((wrong, _("The page “E-mail” says why and what to do.")))
    if held.lately:
        wrong = ngettext("%(num)s mail lies in quarantine.", "%(num)s mails lie in quarantine.", held.count)
        troubles.append((wrong, _("The page “Quarantine” says why.")))
    return troubles


def _ai_service() -> Service:
    return Service(
        "ai_service", State.DISABLED, mend=_("Suggestions by AI are not part of this installation yet.")
    )


LATER: dict[str, Callable[[dict[str, Heartbeat]], Service]] = {
    "celery": _celery,
    "scheduler": _scheduler,
    "mail": _mail,
}


def _is_fresh(at: datetime | None) -> bool:
    return at is not None and clock.now() - at < SILENT


def schema_is_behind() -> str:
    """What is wrong with the tables' revision; empty when it is this version's, or no migration made them."""
    there, wanted = ready.revision(), _newest_step()
    if not there or not wanted or there == wanted:
        return ""
    return _(
        "The tables are of revision %(there)s, this version needs %(wanted)s.", there=there, wanted=wanted
    )


@cache
def _newest_step() -> str:
    """The number of the newest migration, from its file's name; Alembic would cost each process ten megabytes."""
    steps = (Path(current_app.root_path).parent / "migrations/versions").glob("[0-9]*_*.py")
    return max((path.name.partition("_")[0] for path in steps), default="")


@dataclass(frozen=True, slots=True)
class Room:
    """Space where files, queue and an embedded database lie, in bytes."""

    folder: str
    free: int
    total: int

    @property
    def is_short(self) -> bool:
        return self.free < LITTLE_ROOM


def room() -> Room:
    """How much space is left in the data folder."""
    folder = environment().data_dir
    usage = shutil.disk_usage(folder)
    return Room(str(folder), usage.free, usage.total)


def beat_age() -> float | None:
    """Seconds since the scheduler's last sign of life, None when there never was one."""
    beat = heartbeat.last("beat")
    return (clock.now() - beat.succeeded_at).total_seconds() if beat and beat.succeeded_at else None


def versions() -> list[tuple[str, str]]:
    """What runs here: Python, the database, the main packages."""
    packages = [(name, version(name)) for name in SHOWN_VERSIONS]
    return [("python", platform.python_version()), ("database", ready.database_version()), *packages]
