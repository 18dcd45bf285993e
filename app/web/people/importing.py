"""`/people/import`: people from a CSV file; first what it would do, then, on a second click, it is done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from flask import Response, make_response, request, url_for
from pydantic import Field

from app.accounts import import_queries, people_files
from app.accounts.actions import importing
from app.accounts.actions.importing import Wishes
from app.accounts.import_rows import FIELD_NAMES
from app.accounts.import_words import ImportState, Verdict
from app.core.actor import Actor
from app.core.language import Lazy, _, lazy_gettext
from app.core.schema import Command, Line
from app.core.sheets import BOM, written
from app.core.uow import run_unit
from app.jobs import people as jobs
from app.web.kit import page
from app.web.kit.downloads import CSP, disposition
from app.web.kit.forms import Form
from app.web.kit.postage import mail_goes_out
from app.web.people.door import door

if TYPE_CHECKING:
    from app.accounts.import_models import PeopleImport

# So many lines are done while somebody waits for the page; more are a worker's.
AT_ONCE = 50
NAMED = 20
TABS: tuple[tuple[Verdict, Lazy], ...] = (
    (Verdict.NEW, lazy_gettext("New")),
    (Verdict.CHANGED, lazy_gettext("Changed")),
    (Verdict.UNCHANGED, lazy_gettext("Unchanged")),
    (Verdict.REFUSED, lazy_gettext("Refused")),
)


class ImportWishes(Command):
    """What is wanted besides the lines of the file."""

    send_welcome: bool = False
    close_missing: bool = False


class LinesQuery(Command):
    """Which lines of a file to show."""

    show: Verdict | None = None
    cursor: Annotated[Line, Field(max_length=500)] = ""


def _form_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render(
        "people/import_new.html",
        form=form,
        recent=import_queries.recent(),
        max_mb=people_files.FILE_BYTES // 1024 // 1024,
        max_lines=people_files.MOST_LINES,
        headings=people_files.TEMPLATE,
        mail_goes_out=mail_goes_out(),
    )


@door.page("/people/import", allow="people.import")
def new_import(actor: Actor) -> str:
    """The form for a file, and the last ones."""
    return _form_page(actor, Form())


@door.deed("/people/import", allow="people.import", takes=ImportWishes, again=_form_page, own_unit=True)
def look_at_import(actor: Actor, command: ImportWishes) -> Any:
    """Read a file and judge its lines, outside of any unit; nobody is changed."""
    sent = request.files.get("file")
    data = sent.stream.read(people_files.FILE_BYTES + 1) if sent is not None else b""
    file = people_files.read(data)
    lines = import_queries.judged(file, actor, close_missing=command.close_missing)
    wishes = Wishes(command.send_welcome, command.close_missing)
    name = (sent.filename if sent is not None else "") or ""
    made = run_unit(partial(importing.keep, file, lines, name, wishes, actor=actor))
    return page.go("people.one_import", import_id=made.id)


@door.page("/people/import/<int:import_id>", allow="people.import", query=LinesQuery)
def one_import(actor: Actor, query: LinesQuery, import_id: int) -> str:
    """What a file would do, how far it is, or what it did."""
    found = import_queries.import_for(actor, import_id)
    if found.state is ImportState.RUNNING:
        template = "people/import_progress.html" if page.wants_fragment() else "people/import_running.html"
        return page.render(template, found=found, done=import_queries.done(import_id))
    counts = import_queries.counts(import_id)
    show = query.show or next((word for word, _name in TABS if counts[word]), Verdict.NEW)
    lines = import_queries.lines(import_id, show, query.cursor)
    return page.render(
        "people/import_one.html",
        found=found,
        counts=counts,
        tabs=TABS,
        show=show,
        lines=lines.rows,
        field_names=FIELD_NAMES,
        first_url=_turned(import_id, show, "") if query.cursor else "",
        next_url=_turned(import_id, show, lines.next_cursor) if lines.next_cursor else "",
        **_leaving(found),
    )


def _leaving(found: PeopleImport) -> dict[str, Any]:
    """Who would be deactivated; nobody once the file is done."""
    ready = found.state is ImportState.READY
    count, named = import_queries.to_close(found, NAMED) if ready else (0, [])
    unreadable = ready and import_queries.has_unreadable_addresses(found)
    return {"leaving": count, "leaving_named": named, "unreadable": unreadable}


def _turned(import_id: int, show: Verdict, cursor: str) -> str:
    return url_for("people.one_import", import_id=import_id, show=show.value, cursor=cursor or None)


@door.deed("/people/import/<int:import_id>/start", allow="people.import", own_unit=True)
def start_import(actor: Actor, import_id: int) -> Any:
    """Do it: a short file at once, a long one by a worker."""
    run_unit(partial(importing.start, import_id, actor=actor))
    if import_queries.import_for(actor, import_id).lines <= AT_ONCE:
        jobs.work_off(import_id)
    else:
        jobs.ask_for_import(import_id)
    return page.go("people.one_import", import_id=import_id)


@door.deed("/people/import/<int:import_id>/discard", allow="people.import")
def discard_import(actor: Actor, import_id: int) -> Any:
    """Forget a file that was only looked at."""
    importing.discard(import_id, actor=actor)
    page.say(_("The file is discarded. Nothing was changed."))
    return page.go("people.new_import")


@door.page("/people/import/template", allow="people.import")
def import_template(_actor: Actor) -> Response:
    """A file with the headings."""
    return _sheet(_("people.csv"), [people_files.TEMPLATE])


@door.page("/people/import/<int:import_id>/refused", allow="people.import")
def refused_lines(actor: Actor, import_id: int) -> Response:
    """The lines something was wrong with, to be mended and brought again."""
    found = import_queries.import_for(actor, import_id)
    headings = [people_files.HEADINGS[field][0] for field in found.headings]
    rows: list[list[object]] = [[*headings, _("Line"), _("Reason")]]
    for number, reason, given in import_queries.refused(import_id):
        rows.append([*(given.get(field, "") for field in found.headings), number, reason])
    return _sheet(_("refused-lines.csv"), rows)


def _sheet(name: str, rows: Any) -> Response:
    answer = make_response(BOM + written(rows))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = disposition(name)
    answer.headers["Content-Security-Policy"] = CSP
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
