"""`/admin/health`: every service with its last success, what is wrong with it and how to mend it."""

from __future__ import annotations

from werkzeug.wrappers import Response

from app.core import clock, heartbeat
from app.core.actor import Actor
from app.core.language import Lazy, lazy_gettext
from app.events import deliveries, figures
from app.jobs import condition
from app.mailroom import shelves
from app.settings import microsoft
from app.web.admin import mail_words
from app.web.admin.door import door
from app.web.kit import page

NAMES: dict[str, Lazy] = {
    "database": lazy_gettext("Database"),
    "redis": lazy_gettext("Redis"),
    "celery": lazy_gettext("Background work"),
    "scheduler": lazy_gettext("Scheduler"),
    "mail": lazy_gettext("E-mail"),
    "ai_service": lazy_gettext("AI service"),
}
JOBS: dict[str, Lazy] = {
    "auto-close": lazy_gettext("Close what has been resolved for long enough"),
    "beat": lazy_gettext("Scheduler's sign of life"),
    "files": lazy_gettext("Remove files that nothing names"),
    "housekeeping": lazy_gettext("Remove what has ended"),
    "mail-accept": lazy_gettext("Turn mail that was taken in into tickets"),
    "mail-delta": lazy_gettext("Read mailboxes at Microsoft 365"),
    "mail-fetch": lazy_gettext("Read mailboxes"),
    "mail-hints": lazy_gettext("Have Microsoft tell of new mail"),
    "mail-silence": lazy_gettext("Notice mailboxes that are silent"),
    "microsoft-recheck": lazy_gettext("Ask Microsoft whether people who are signed in may still be"),
    "people-fetch": lazy_gettext("Fetch people from Microsoft"),
    "people-import": lazy_gettext("Go on with files of people"),
    "relay": lazy_gettext("Spread events and send deliveries"),
    "scan": lazy_gettext("Ask the virus scanner about waiting files"),
    "teams-digest": lazy_gettext("Tell teams in Microsoft Teams how they stand"),
    "scheduled-replies": lazy_gettext("Send replies that were written for later"),
    "sla": lazy_gettext("Check deadlines"),
    "tally": lazy_gettext("Keep counters short"),
}


@door.page("/admin", allow="admin.use")
def start(_actor: Actor) -> Response:
    """The first page of the administration."""
    return page.go("admin.health")


@door.page("/admin/health", allow="admin.health")
def health(_actor: Actor) -> str:
    """How the house is; the same address gives just the checks to HTMX."""
    services = condition.services()
    overall = condition.overall(services)
    there = overall != "unhealthy"
    return page.render(
        "admin/health_checks.html" if page.wants_fragment() else "admin/health.html",
        services=services,
        overall=overall,
        names=NAMES,
        job_names=JOBS,
        beats=heartbeat.all_beats() if there else [],
        backlog=figures.backlog() if there else 0,
        deliveries=deliveries.counts() if there else {},
        quarantined=shelves.held().count if there else 0,
        beat_age=condition.beat_age() if there else None,
        room=condition.room(),
        secret_ends=mail_words.noon(microsoft.secret_ends_soon()) if there else None,
        versions=condition.versions() if there else [],
        now=clock.now(),
    )
