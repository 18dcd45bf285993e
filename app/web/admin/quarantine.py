"""`/admin/quarantine`: mail that became no entry: why, as a file, once more, as a ticket after all, or not at all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

from flask import Response, url_for
from pydantic import Field

from app.core.actor import Actor
from app.core.errors import Conflict
from app.core.language import Lazy, _, lazy_gettext, ngettext
from app.core.schema import MAX_ID, Command, Line, OptionalId
from app.core.uow import run_unit
from app.jobs.mail import open_intake
from app.jobs.outcomes import NotNow
from app.mailroom import queries, shelves
from app.mailroom.actions import mending, quarantine
from app.mailroom.outcomes import State
from app.mailroom.shelves import Shelf
from app.mailroom.texts import sentence
from app.tickets.words import number_of
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.downloads import send_attachment

# At a time; the standing job of the mail room takes as many in one run.
MOST = 200
# Somebody waits for the page; what is not done by then the standing job does.
WAITING_SECONDS = 15
TABS: tuple[tuple[Shelf, Lazy], ...] = (
    (Shelf.QUARANTINE, lazy_gettext("Quarantine")),
    (Shelf.IGNORED, lazy_gettext("Ignored")),
    (Shelf.SPAM, lazy_gettext("Spam")),
)


class ShelfQuery(Command):
    """Which mails to show; ``done``: the one that was just dealt with."""

    shelf: Shelf = Shelf.QUARANTINE
    cursor: Annotated[Line, Field(max_length=500)] = ""
    done: OptionalId = None


@door.page("/admin/quarantine", allow="admin.deliveries", query=ShelfQuery)
def mail_shelf(actor: Actor, query: ShelfQuery) -> str:
    """One page of mails, the newest first."""
    found = shelves.page(actor, query.shelf, query.cursor)
    return page.render(
        "admin/quarantine.html",
        rows=found.rows,
        shelf=query.shelf,
        tabs=TABS,
        held=shelves.held().count,
        most=MOST,
        done=shelves.one(actor, query.done) if query.done else None,
        sentence=sentence,
        number_of=number_of,
        first_url=_turned(query, "") if query.cursor else "",
        next_url=_turned(query, found.next_cursor) if found.next_cursor else "",
    )


def _turned(query: ShelfQuery, cursor: str) -> str:
    shelf = query.shelf if query.shelf is not Shelf.QUARANTINE else None
    return url_for("admin.mail_shelf", shelf=shelf, cursor=cursor or None)


@door.page("/admin/quarantine/<int:raw_id>/raw", allow="admin.deliveries")
def raw_mail(actor: Actor, raw_id: int) -> Response:
    """A mail as it came, as a file."""
    shelves.one(actor, raw_id)
    return send_attachment(queries.original(actor, raw_id))


@door.deed("/admin/quarantine/<int:raw_id>/again", allow="admin.deliveries", own_unit=True)
def take_up_mail(actor: Actor, raw_id: int) -> Any:
    """Have a mail read once more."""
    return _taken_up(actor, raw_id, as_request=False)


@door.deed("/admin/quarantine/<int:raw_id>/ticket", allow="admin.deliveries", own_unit=True)
def make_ticket_of_mail(actor: Actor, raw_id: int) -> Any:
    """Make a ticket of a mail although it looks like none."""
    return _taken_up(actor, raw_id, as_request=True)


def _taken_up(actor: Actor, raw_id: int, *, as_request: bool) -> Any:
    before = shelves.one(actor, raw_id)
    run_unit(partial(quarantine.take_up_again, raw_id, actor=actor, as_request=as_request))
    _finish([raw_id])
    shelf = Shelf.QUARANTINE if before.state is State.QUARANTINED else Shelf.IGNORED
    return page.go("admin.mail_shelf", shelf=shelf, done=raw_id)


def _finish(raw_ids: Sequence[int]) -> int:
    """Make entries of mails that were taken up, as long as somebody may wait for it; returns how many it got to."""
    until = time.monotonic() + WAITING_SECONDS
    with open_intake() as intake:
        for count, raw_id in enumerate(raw_ids):
            if time.monotonic() > until:
                return count
            try:
                intake.finish(raw_id, only_due=False)
            except NotNow:
                return count
    return len(raw_ids)


@door.deed("/admin/quarantine/all", allow="admin.deliveries", own_unit=True)
def take_up_all(actor: Actor) -> Any:
    """Have everything in quarantine read once more, as after an upgrade."""
    ids = shelves.readable(MOST)
    taken = [raw_id for raw_id in ids if _is_taken_up(raw_id, actor)]
    done = _finish(taken)
    page.say(ngettext("%(num)s mail was read once more.", "%(num)s mails were read once more.", done))
    if done < len(taken):
        rest = len(taken) - done
        page.say(
            ngettext("%(num)s more follows within minutes.", "%(num)s more follow within minutes.", rest),
            "info",
        )
    return page.go("admin.mail_shelf")


def _is_taken_up(raw_id: int, actor: Actor) -> bool:
    """Take up one of many; another administrator may have been faster."""
    try:
        run_unit(partial(quarantine.take_up_again, raw_id, actor=actor))
    except Conflict:
        return False
    return True


@door.deed("/admin/quarantine/<int:raw_id>/discard", allow="admin.deliveries")
def discard_mail(actor: Actor, raw_id: int) -> Any:
    """Nobody needs this mail."""
    shelves.one(actor, raw_id)
    quarantine.discard(raw_id, actor=actor)
    page.say(_("The mail is discarded. It lies under “Ignored” for a while."))
    return page.go("admin.mail_shelf")


@door.deed("/admin/quarantine/<int:raw_id>/no-spam", allow="admin.deliveries")
def no_spam(actor: Actor, raw_id: int) -> Any:
    """Bring a ticket back that was taken for spam."""
    ticket = mending.unmark_as_spam(actor, min(raw_id, MAX_ID))
    page.say(_("%(number)s is back in the queue.", number=number_of(ticket.id)))
    return page.go("admin.mail_shelf", shelf=Shelf.SPAM, done=raw_id)
