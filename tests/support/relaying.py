"""Workers in processes of their own, for tests that kill them: each does one thing at a chosen moment.

A nursery (``python -m tests.support.relaying``) has imported the product once and forks a worker for each line it
reads, so that fifty kills do not cost fifty starts.
"""

from __future__ import annotations

import atexit
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import time_machine

from tests.support.process import Process

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 60.0
PAUSE_SECONDS = 0.02
KILLED = -signal.SIGKILL


class Nursery:
    """The process that forks workers; ends with the test run, whose end closes its input."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.support.relaying"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.close)

    def close(self) -> None:
        """Let it go home."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(LONGEST)
        self._process.stdout.close()

    def ask(self, **words: Any) -> int:
        """Start a worker (its id) or wait for the end of one (its exit code)."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@cache
def nursery() -> Nursery:
    """The nursery of this test run."""
    return Nursery()


@dataclass(frozen=True)
class Started:
    """A worker that runs."""

    process: Process
    said: Path

    @property
    def peak(self) -> int:
        """Megabytes of memory the worker had at most, once it has ended."""
        return int(self.said.read_text().rpartition("peak ")[2])

    def end(self, seconds: float = LONGEST) -> int:
        """Wait for the end; returns the exit code, -9 for a worker that was killed."""
        assert self.process.ended_within(seconds), self.said.read_text()
        code = nursery().ask(wait=self.process.pid)
        assert code in (0, KILLED), self.said.read_text()
        return code


@dataclass
class Worker:
    """Starts worker processes on the test's database.

    Args:
        database_url: shared with the test.
        data_dir: of the worker.
        settings: environment variables beside these, such as where the mail server is.
    """

    database_url: str
    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """What a process of the product needs to know."""
        given = {
            "PATH": os.environ["PATH"],
            "FLASK_ENV": "testing",
            "SECRET_KEY": "a-key-that-only-tests-would-ever-use-0123456789",
            "DATABASE_URL": self.database_url,
            "DATA_DIR": str(self.data_dir),
            "SITE_URL": "http://localhost",
            "OUTBOUND_ALLOW": "127.0.0.1,localhost",
            "LOG_LEVEL": "ERROR",
        }
        return given | self.settings

    def start(
        self,
        at: datetime,
        *,
        fault: str = "",
        work: str = "relay",
        dies_after: float | None = None,
        until: Path | None = None,
    ) -> Started:
        """Start a worker whose clock stands at a moment.

        Args:
            fault: ``point:how`` as ``HD_FAULT`` takes it.
            work: one of ``WORKS``.
            dies_after: seconds of work until it is killed, wherever it is then.
            until: a file; the work is done again and again until it is there.
        """
        handle, said = tempfile.mkstemp(dir=self.data_dir)
        os.close(handle)
        pid = nursery().ask(
            at=at.isoformat(),
            fault=fault,
            work=work,
            said=said,
            env=self.environment(),
            dies_after=dies_after,
            until=str(until or ""),
        )
        return Started(Process.of(pid), Path(said))

    def run(self, at: datetime, **given: Any) -> int:
        """Run a worker to its end, see ``start``; returns its exit code."""
        return self.start(at, **given).end()


def wipe() -> None:
    """Empty every table: what other processes wrote is not known to the test's own house-keeping."""
    from app.core.db import db
    from app.core.uow import loose_writes

    db.session.rollback()
    with loose_writes(), db.engine.begin() as connection:
        for table in reversed(db.metadata.sorted_tables):
            if table.name == "person":
                connection.execute(table.update().values(deputy_id=None))
            connection.execute(table.delete())


def _relay() -> None:
    from app.jobs.relay import run

    run()


def _send_scheduled() -> None:
    from app.jobs.deadlines import send_scheduled

    send_scheduled()


def _open_and_die() -> None:
    import sqlalchemy as sa

    from app.accounts.actors import actor_for_person
    from app.accounts.models import Person
    from app.accounts.words import Role
    from app.core.db import db
    from app.core.uow import unit_of_work
    from app.tickets.actions.opening import open_ticket
    from app.tickets.schemas import NewTicket
    from app.tickets.words import Channel

    customer = db.session.scalars(sa.select(Person).where(Person.role == Role.CUSTOMER)).first()
    assert customer is not None
    command = NewTicket(title="Nach dem Commit", description="Und dann nichts mehr.")
    with unit_of_work() as unit:
        unit.after_commit.insert(0, lambda: os.kill(os.getpid(), signal.SIGKILL))
        open_ticket(command, actor=actor_for_person(customer), channel=Channel.WEB)


def _fetch() -> None:
    """The command itself, as an operator gives it; what it says of troubles stands in ``Started.said``."""
    from flask import current_app

    from app.core.db import db

    answer = current_app.test_cli_runner().invoke(args=["mail", "fetch"])
    print(answer.output, flush=True)
    db.session.rollback()
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise answer.exception


def _accept() -> None:
    """The standing job that finishes what a dead process left, when it is due."""
    from app.jobs import mail

    mail.accept_waiting.run()


def _post() -> None:
    _fetch()
    _accept()


def _import_people() -> None:
    """Whatever file of people was begun, until it is done."""
    from app.accounts import import_queries
    from app.jobs import people

    for import_id in import_queries.running():
        while people.work_off(import_id):
            pass


def _send() -> None:
    _relay()
    _accept()


# fetch, accept, relay: what their names say. open: a ticket whose worker dies the moment it is committed.
WORKS: dict[str, Callable[[], None]] = {
    "relay": _relay,
    "scheduled": _send_scheduled,
    "open": _open_and_die,
    "fetch": _fetch,
    "accept": _accept,
    "post": _post,
    "send": _send,
    "people": _import_people,
}


def _work(order: dict[str, Any]) -> None:
    from app import create_app
    from app.core import fault

    os.environ.update(order["env"])
    fault._PLAN = order["fault"]  # read when the module was imported, before this worker was born
    app, work = create_app(), WORKS[order["work"]]
    with time_machine.travel(datetime.fromisoformat(order["at"]), tick=True), app.app_context():
        if order["dies_after"] is not None:
            threading.Timer(order["dies_after"], os.kill, (os.getpid(), signal.SIGKILL)).start()
        work()
        print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True)
        while order["until"] and not os.path.exists(order["until"]):
            threading.Event().wait(PAUSE_SECONDS)
            work()


def _be_born(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    said = os.open(order["said"], os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(said, stream)
    try:
        _work(order)
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Fork a worker for each line, or wait for the end of one."""
    import app.wiring  # noqa: F401  so that workers are born knowing the product

    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _pid, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        else:
            print(_be_born(order), flush=True)


if __name__ == "__main__":
    main()
