"""`flask user import|fetch`: people from a CSV file or from Microsoft; safe to repeat."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.accounts import fetch_queries, import_queries, keeping, people_files
from app.accounts.actions import importing
from app.accounts.actors import SHELL
from app.accounts.fetch_troubles import words
from app.accounts.import_queries import Judged
from app.accounts.import_words import Verdict
from app.core.errors import Invalid
from app.core.language import set_language
from app.core.uow import run_unit
from app.jobs import directory
from app.jobs import people as jobs
from app.jobs.standing import run_standing
from app.settings import microsoft

NAMES = {Verdict.NEW: "created", Verdict.CHANGED: "updated"}
LONGEST = 24 * 3600.0


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--send-welcome", is_flag=True, help="Send new people a link to set a password.")
@click.option(
    "--close-missing", is_flag=True, help="Deactivate customers of former imports who are not in FILE."
)
@with_appcontext
def import_people(file: Path, dry_run: bool, send_welcome: bool, close_missing: bool) -> None:
    """Bring in people from the CSV file FILE; those who are here already are brought up to date."""
    set_language("en")
    with file.open("rb") as stream:
        data = stream.read(people_files.FILE_BYTES + 1)
    try:
        read = people_files.read(data)
    except Invalid as refusal:
        raise click.ClickException(" ".join(refusal.problems["file"])) from refusal
    lines = import_queries.judged(read, SHELL, close_missing=close_missing)
    if read.passed_over:
        click.echo(f"columns passed over: {', '.join(read.passed_over)}")
    if dry_run:
        _tell(lines)
        return
    wishes = importing.Wishes(send_welcome, close_missing)
    made = run_unit(partial(importing.keep, read, lines, file.name, wishes, actor=SHELL))
    run_unit(partial(importing.start, made.id, actor=SHELL))
    while jobs.work_off(made.id, seconds=LONGEST):
        pass
    _conclude(made.id)


@click.command("fetch")
@click.option(
    "--even-many", is_flag=True, help="Deactivate a large part of the people, too: somebody looked at them."
)
@with_appcontext
def fetch_people(even_many: bool) -> None:
    """Fetch everybody from Microsoft now, as the timetable does."""
    set_language("en")
    if not keeping.is_on() or microsoft.registration() is None:
        raise click.ClickException("people are not fetched from Microsoft here (settings, Microsoft 365)")
    if not run_standing(
        jobs.FETCH, jobs.FETCH_SECONDS, partial(directory.fetch, even_many=even_many, actor=SHELL)
    ):
        raise click.ClickException("a run is under way")
    done = fetch_queries.recent()[0]
    numbers = ("created", "updated", "unchanged", "passed_over", "closed", "reopened")
    click.echo(", ".join(f"{name.replace('_', ' ')} {getattr(done, name)}" for name in numbers))
    if done.trouble:
        raise click.ClickException(
            f"{words(done.trouble).wrong} {words(done.trouble).mend} {done.detail}".strip()
        )


def _tell(lines: list[Judged]) -> None:
    """Each line that would do something, and the figures."""
    for one in lines:
        address = one.line.cells.get("email", "")
        if one.plan.verdict is Verdict.REFUSED:
            click.echo(f"line {one.line.number}: refused: {one.plan.reason}", err=True)
        elif one.plan.verdict is not Verdict.UNCHANGED:
            fields = ", ".join(name for name, _old, _new in one.plan.changes)
            click.echo(f"line {one.line.number}: {one.plan.verdict} {address} ({fields})")
    _close({word: sum(one.plan.verdict is word for one in lines) for word in Verdict})


def _conclude(import_id: int) -> None:
    """The lines something was wrong with, and the figures; exit status 1 when there were such lines."""
    wrong = import_queries.refused(import_id)
    for number, reason, _given in wrong:
        click.echo(f"line {number}: refused: {reason}", err=True)
    done = import_queries.import_for(SHELL, import_id)
    if done.closed:
        click.echo(f"deactivated {done.closed}")
    _close(import_queries.counts(import_id))
    if wrong:
        raise SystemExit(1)


def _close(numbers: dict[Verdict, int]) -> None:
    click.echo(", ".join(f"{NAMES.get(word, word)} {numbers[word]}" for word in Verdict))
