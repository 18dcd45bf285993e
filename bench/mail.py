"""What mail costs: `python -m bench.mail --database mysql+pymysql://…/bench --server PID`.

Taking in small mails from raw bytes to committed tickets beside the least such a thing can cost, reading large
attachments and the memory that takes, and folding quotes. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from app.accounts.models import Team
from app.core.db import db
from app.core.uow import run_unit
from app.jobs.intake import Arriving
from app.jobs.mail import open_intake
from app.mailroom import replies
from app.mailroom.models import RawMail
from app.mailroom.origin import Origin
from app.mailroom.outcomes import Result, State
from app.mailroom.parsing import child
from app.mailroom.queries import can_accept
from app.tickets.models import Ticket
from bench import letters
from bench.mail_floor import Floor
from bench.mail_memory import Peak
from bench.populate import make_app, populate
from bench.serving import children, cpu_seconds

ACCOUNT = "bench@firma.example"
BATCH = 16
WARM_UP = 160
FIRM = 1000  # tickets of the firm the mails come to
FOLD_ROUNDS = 7
Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """How mails were taken in.

    Args:
        seconds: of the wall.
        ours, theirs: processor seconds of this process with its readers, and of the database.
    """

    mails: int
    seconds: float
    ours: float
    theirs: float

    @property
    def per_second(self) -> float:
        return self.mails / self.seconds

    @property
    def per_core(self) -> float:
        """Mails a second when everything, the database as well, shares one core."""
        return self.mails / (self.ours + self.theirs)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.mail", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--server", type=int, help="process id of the database, to count its work as well")
    parser.add_argument("--mails", type=int, default=1000)
    given = parser.parse_args()
    servers = [given.server] if given.server else []
    with tempfile.TemporaryDirectory(prefix="hd-bench-") as folder:
        app = make_app(given.database, data_dir=Path(folder))
        with app.app_context():
            if not can_accept():
                populate(app, FIRM)
            rows = [*_ingest(given.mails, servers, Path(folder)), *_large(), *_folding()]
    print("| what | measured | to reach | |\n| --- | --- | --- | --- |")
    for what, measured, goal, note in rows:
        print(f"| {what} | {measured} | {goal} | {note} |")


def _ingest(count: int, servers: Sequence[int], folder: Path) -> Iterator[Row]:
    """Small mails and ordinary ones, each beside a floor of the same minutes."""
    for name, make, assigned, goal in (
        ("small", letters.small, True, "150"),
        ("small, left to the team", letters.plain, False, "150"),
        ("20 kB", letters.ordinary, True, ""),
    ):
        run_unit(partial(_assign, assigned))
        mails = [make(n) for n in range(WARM_UP + count)]
        take_in(mails[:WARM_UP])
        taken, below = _beside_floor(mails[WARM_UP:], servers, Floor(folder / "floor"))
        _must_be_once(mails)
        yield (
            f"mails in, {name}, a second",
            f"{taken.per_second:.0f}",
            "",
            "one process, its readers beside it",
        )
        yield f"mails in, {name}, a second and core", f"{taken.per_core:.0f}", goal, _shares(taken)
        yield f"floor, {name}, a second", f"{below:.0f}", "", "parsed, file synced, two rows, one commit"
        yield f"mails in ÷ floor, {name}", f"{taken.per_second / below:.2f}", "", ""


def _assign(automatically: bool) -> None:
    """Whether the rule looks for somebody to work each new ticket."""
    changed = sa.update(Team).where(Team.is_default.is_(True)).values(auto_assign=automatically)
    db.session.execute(changed)


def _beside_floor(mails: Sequence[bytes], servers: Sequence[int], floor: Floor) -> tuple[Taken, float]:
    """How the mails were taken in, and mails a second of the floor before and after that."""
    half = len(mails) // 2
    first = _timed(half, servers, partial(floor.take_in, mails[:half]))
    taken = _timed(len(mails), servers, partial(take_in, mails))
    second = _timed(len(mails) - half, servers, partial(floor.take_in, mails[half:]))
    return taken, statistics.mean((first.per_second, second.per_second))


def _shares(taken: Taken) -> str:
    ours, theirs = (1000 * seconds / taken.mails for seconds in (taken.ours, taken.theirs))
    return f"CPU of a mail: ours {ours:.2f} ms, the database {theirs:.2f} ms"


def take_in(mails: Sequence[bytes]) -> None:
    """As a run over a mailbox does it, some at a time."""
    with open_intake(Origin(account=ACCOUNT)) as intake:
        for start in range(0, len(mails), BATCH):
            arriving = [Arriving(f"{n}", mail) for n, mail in enumerate(mails[start : start + BATCH])]
            outcomes = intake.take_in(arriving)
            assert {one.result for one in outcomes} <= {Result.CREATED, Result.UPDATED}, outcomes


def _timed(count: int, servers: Sequence[int], work: Callable[[], None]) -> Taken:
    db.session.rollback()
    ours, theirs, began = _own_seconds(), cpu_seconds(list(servers)), time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return Taken(count, seconds, _own_seconds() - ours, cpu_seconds(list(servers)) - theirs)


def _own_seconds() -> float:
    """Processor time of this process, of its readers, and of those that were replaced."""
    replaced = os.times()
    return (
        cpu_seconds([os.getpid(), *children(os.getpid())]) + replaced.children_user + replaced.children_system
    )


def _must_be_once(mails: Sequence[bytes]) -> None:
    """Each mail is one entry, and brought again none of them makes another."""
    before = _entries()
    with open_intake(Origin(account=ACCOUNT)) as intake:
        again = intake.take_in([Arriving("again", mail) for mail in mails[:BATCH]])
    assert {one.result for one in again} == {Result.IGNORED}
    assert _entries() == before
    assert before[0] == before[1]


def _entries() -> tuple[int, int]:
    """Mails that are entries, and different entries they are."""
    db.session.rollback()
    entry = sa.select(RawMail.ticket_id, RawMail.comment_id).where(
        RawMail.account == ACCOUNT, RawMail.state.in_((State.TICKET, State.COMMENT))
    )
    rows = [tuple(row) for row in db.session.execute(entry)]
    assert db.session.scalar(sa.select(sa.func.count(Ticket.id)))
    return len(rows), len(set(rows))


def _large() -> Iterator[Row]:
    """Megabytes of raw message a second, and the memory it takes here and in the reader."""
    for name, raw in letters.large():
        child.parse_isolated(raw[: len(raw) // 50])
        yield from _weighed(f"reading {name}", raw, partial(child.parse_isolated, raw), "50")
    yield from _weighed("taking in the last of them", raw, partial(take_in, [raw]), "")


def _weighed(what: str, raw: bytes, work: Callable[[], object], goal: str) -> Iterator[Row]:
    megabytes, peak, began = len(raw) / 1e6, Peak(), time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    grown, there = peak.grown()
    here = grown + megabytes
    yield f"{what}, MB/s", f"{megabytes / seconds:.0f}", goal, f"{megabytes:.0f} MB"
    note = f"here {here:.0f} MB with the message itself, in its reader {there:.0f} MB"
    yield f"{what}, memory ÷ message", f"{max(here, there) / megabytes:.1f}", "10", note


def _folding() -> Iterator[Row]:
    for kind, most, texts in (("text", 5.0, letters.texts()), ("hostile text", 500.0, letters.hostile())):
        took = {name: _milliseconds(text, html) for name, text, html in texts}
        slowest = max(took, key=lambda name: took[name])
        note = ", ".join(
            f"{name} {took[name]:.1f}" for name in sorted(took, key=lambda name: -took[name])[:4]
        )
        yield f"folding 100 kB of {kind}, ms", f"{took[slowest]:.1f}", f"{most:.0f}", f"slowest: {note}"


def _milliseconds(text: str, html: str | None) -> float:
    took = []
    for _ in range(FOLD_ROUNDS):
        began = time.perf_counter()
        replies.split(text, html)
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    main()
