"""`flask mail import`: mail files and folders of them become tickets; safe to repeat."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.mailboxes import check_mail, fetch_mail, watch_mail
from app.core import log, ready
from app.core.environment import environment
from app.core.language import _, set_language
from app.jobs import mail as walk
from app.jobs.intake import Arriving
from app.mailroom.origin import Origin
from app.mailroom.outcomes import Outcome, Reason, Result
from app.mailroom.parsing import is_mail, mbox
from app.mailroom.parsing.limits import MAX_MESSAGE
from app.mailroom.queries import can_accept
from app.mailroom.schemas import source_note
from app.mailroom.texts import sentence
from app.tickets.words import number_of

mail = AppGroup("mail", help="Bring mail in, and look after mail accounts.")
for command in (fetch_mail, check_mail, watch_mail):
    mail.add_command(command)
ACCOUNT = "import"
MESSAGE = ".eml"
# Mailboxes have many endings or none, and mails in Maildir folders have none at all.
ENDINGS = frozenset({MESSAGE, ".mbox", ".mbx", ""})
MAILDIR = ":2,"
HEAD_BYTES = 4096
PROGRESS_EVERY = 100
BATCH = 16
BATCH_BYTES = 16 * 1024 * 1024
TOTALS = (Result.CREATED, Result.UPDATED, Result.IGNORED, Result.QUARANTINED)


@dataclass(frozen=True, slots=True)
class _Item:
    """A mail that was found, or a file (or part of one) that is none, under the name it is spoken of."""

    name: str
    found: Arriving | Outcome


@mail.command("import")
@click.argument("paths", metavar="FILE|FOLDER…", nargs=-1, required=True, type=click.Path(path_type=Path))
def import_mail(paths: Sequence[Path]) -> None:
    """Make tickets of mails in .eml and .mbox files; folders are walked through.

    Prints a line for each mail that makes no ticket, and the numbers at the end. What was imported before is left
    alone.
    """
    set_language(environment().default_locale)
    problem = _problem(paths)
    if problem:
        click.echo(problem, err=True)
        sys.exit(2)
    counts = Counter(_imported(name, outcome) for name, outcome in _outcomes(paths))
    line = ", ".join(f"{result} {counts[result]}" for result in TOTALS) + f", errors {counts[Result.ERROR]}"
    log.get(__name__).info("mail_run", account=ACCOUNT, **{str(r): counts[r] for r in Result})
    click.echo(line)
    sys.exit(1 if counts[Result.ERROR] else 0)


def _problem(paths: Sequence[Path]) -> str:
    """Why the run cannot begin, as a sentence; "" when it can."""
    missing = [path for path in paths if not path.exists()]
    if missing:
        name = source_note(str(missing[0]))
        return _("Error: there is no file or folder “%(name)s”.", name=name)
    if ready.database() or not can_accept():
        return _("Error: the database is not set up. Please run “flask deploy” first.")
    return ""


def _outcomes(paths: Sequence[Path]) -> Iterator[tuple[str, Outcome]]:
    """Every mail and every other file below the paths, with what became of it."""
    done = 0
    with walk.open_intake(Origin(account=ACCOUNT)) as intake:
        for batch in _batches(item for path in paths for file in _files(path) for item in _of_file(file)):
            outcomes = iter(
                intake.take_in([item.found for item in batch if isinstance(item.found, Arriving)])
            )
            for item in batch:
                yield item.name, item.found if isinstance(item.found, Outcome) else next(outcomes)
            if (done + len(batch)) // PROGRESS_EVERY > done // PROGRESS_EVERY:
                click.echo(_("%(num)s files and mails looked at", num=done + len(batch)), err=True)
            done += len(batch)


def _batches(items: Iterator[_Item]) -> Iterator[list[_Item]]:
    """Some at a time, as many as may lie in memory together."""
    batch: list[_Item] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item.found.raw) if isinstance(item.found, Arriving) else 0
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _imported(name: str, outcome: Outcome) -> Result:
    """Say what became of a mail that made no ticket; returns what it counts for."""
    number = number_of(outcome.ticket_id) if outcome.ticket_id else ""
    if outcome.result is Result.UPDATED:
        click.echo(_("%(name)s: added to %(number)s", name=name, number=number))
    elif outcome.result is not Result.CREATED:
        about = ", ".join(filter(None, (number, outcome.detail)))
        reason = sentence(outcome.reason) + (f" ({about})" if about else "")
        if outcome.result is Result.QUARANTINED:
            reason = _("in quarantine: %(reason)s", reason=reason)
        if outcome.result is Result.ERROR:
            reason = _("error: %(reason)s", reason=reason)
        click.echo(f"{name}: {reason}")
    return outcome.result


def _files(path: Path) -> Iterator[Path]:
    """The file itself, or all files below a folder in the order of their names; hidden ones are passed over."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(folder) / name


def _of_file(path: Path) -> Iterator[_Item]:
    name = source_note(str(path))
    try:
        yield from _read(path, name)
    except OSError as error:
        yield _Item(name, Outcome(Result.ERROR, Reason.FILE_UNREADABLE, error.strerror or ""))


def _read(path: Path, name: str) -> Iterator[_Item]:
    ending = path.suffix.lower()
    if not path.is_file() or not (ending in ENDINGS or MAILDIR in path.name):
        yield _Item(name, Outcome(Result.IGNORED, Reason.NOT_MAIL))
        return
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        size = os.fstat(file.fileno()).st_size
    if ending != MESSAGE and mbox.is_mbox(head):
        for number, raw in enumerate(mbox.split(path), start=1):
            yield _Item(f"{name}#{number}", _judged(raw, f"{path.name}#{number}"))
    elif size > MAX_MESSAGE:
        yield _Item(name, Outcome(Result.IGNORED, Reason.OVERSIZED, str(size)))
    else:
        yield _Item(name, _judged(path.read_bytes(), path.name))


def _judged(raw: bytes, source: str) -> Arriving | Outcome:
    if not raw.strip():
        return Outcome(Result.IGNORED, Reason.EMPTY)
    if not is_mail(raw):
        return Outcome(Result.IGNORED, Reason.NOT_MAIL)
    return Arriving(source, raw)
