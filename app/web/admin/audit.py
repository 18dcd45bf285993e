"""`/admin/audit`: who did what and when; filtered, page by page, and as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from flask import Flask, Response, current_app, url_for
from pydantic import AfterValidator, Field

from app.accounts import queries as accounts
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _, language, speaking
from app.core.schema import MAX_ID, N_, Command, Line, Maybe, refuse
from app.events import audit as log
from app.events.audit import Wanted
from app.web.admin import audit_lines
from app.web.admin.door import door
from app.web.admin.kinds import choices, kinds_of
from app.web.kit import page
from app.web.kit.forms import Form

TICKET = re.compile(r"^(?:TICKET-|#)?0*([1-9][0-9]{0,17})$", re.IGNORECASE)
THING = re.compile(r"^([a-z_]{2,30})[ :#-]+0*([1-9][0-9]{0,17})$", re.IGNORECASE)
FORBIDDEN_YEARS = (1970, 2999)


def _possible_day(value: date | None) -> date | None:
    if value is not None and not FORBIDDEN_YEARS[0] <= value.year <= FORBIDDEN_YEARS[1]:
        raise refuse(N_("Please enter a date such as 2026-11-20."))
    return value


def _known_subject(value: str) -> str:
    if value and not (TICKET.match(value) or THING.match(value)):
        raise refuse(N_("Please enter a ticket number, or a kind and a number such as “team 3”."))
    return value


Day = Annotated[Maybe[date], AfterValidator(_possible_day)]


class AuditFilter(Command):
    """Which part of the log."""

    kind: Annotated[Line, Field(max_length=60)] = ""
    person: Annotated[Line, Field(max_length=254)] = ""
    subject: Annotated[Line, Field(max_length=60), AfterValidator(_known_subject)] = ""
    since: Day = None
    until: Day = None


class AuditQuery(AuditFilter):
    cursor: Annotated[Line, Field(max_length=500)] = ""


@door.page("/admin/audit", allow="audit.read", query=AuditQuery)
def audit(actor: Actor, query: AuditQuery) -> Any:
    """One page of the log, newest first."""
    try:
        found = log.page(_wanted(query, actor), query.cursor, actor=actor)
    except Invalid as refusal:
        form = Form[Any](query.model_dump())
        form.blame(refusal.problems)
        return _page(query, form, [], None), 422
    return _page(query, Form(query.model_dump()), found.rows, found.next_cursor)


def _page(query: AuditQuery, form: Form[Any], rows: Any, next_cursor: str | None) -> str:
    return page.render(
        "admin/audit.html",
        form=form,
        lines=audit_lines.lines(rows),
        kinds=choices(),
        is_filtered=any(query.model_dump(exclude={"cursor"}).values()),
        first_url=_turned(query, "") if query.cursor else "",
        next_url=_turned(query, next_cursor) if next_cursor else "",
    )


def _turned(query: AuditQuery, cursor: str) -> str:
    kept = {name: value for name, value in query.model_dump(mode="json").items() if value}
    return url_for("admin.audit", **(kept | {"cursor": cursor or None}))


def _wanted(query: AuditFilter, actor: Actor) -> Wanted:
    """The filter as the log understands it; days are those of the reader's zone."""
    return Wanted(
        kinds=kinds_of(query.kind),
        actor_id=_person_id(query.person),
        subject=_subject(query.subject),
        since=_midnight(query.since) if query.since else None,
        until=_midnight(query.until + timedelta(days=1)) if query.until else None,
    )


def _person_id(address: str) -> int | None:
    if not address:
        return None
    person = accounts.find_by_email(address)
    if person is None:
        raise Invalid({"person": _("Nobody has this e-mail address.")})
    return person.id


def _subject(text: str) -> tuple[str, int] | None:
    ticket, thing = TICKET.match(text), THING.match(text)
    if ticket:
        return "ticket", min(int(ticket[1]), MAX_ID)
    return (thing[1].lower(), min(int(thing[2]), MAX_ID)) if thing else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), page.formats().zone)


def _export_again(_actor: Actor, form: Form[Any]) -> str:
    return _page(AuditQuery(), form, [], None)


@door.deed("/admin/audit/export", allow="audit.read", takes=AuditFilter, again=_export_again)
def export_audit(actor: Actor, command: AuditFilter) -> Response:
    """The filtered log as a CSV file, written while it is read; that somebody took it is itself in the log."""
    wanted = _wanted(command, actor)
    log.note_export(wanted, actor=actor)
    application: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    name = f"audit-{clock.now():%Y-%m-%d}.csv"
    return Response(
        _streamed(application, wanted, language()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _streamed(application: Flask, wanted: Wanted, code: str) -> Iterator[str]:
    """The file while the server sends it. The request is over by then: each piece is read in a context of its own,
    and while a slow reader takes it, no transaction is open."""
    pieces = audit_lines.csv_of(log.everything(wanted))
    while True:
        with application.app_context(), speaking(code):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
