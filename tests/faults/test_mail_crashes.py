"""The import killed with `kill -9` at every step: nothing is lost and nothing doubled (F01–F03, F10, F27)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app.core import clock
from app.core.db import db
from app.jobs import mail
from app.mailroom.outcomes import State
from app.tickets.models import Attachment, Comment
from tests.faults import invariants
from tests.support.letters import comments, kept, key_for, letter, tickets
from tests.support.relaying import wipe
from tests.support.world import World

# What a killed process leaves is the spine's business: tests/faults/test_relay_killed.py asks PostgreSQL as well.
pytestmark = pytest.mark.only_on("sqlite", "mariadb")

ROOT = Path(__file__).resolve().parents[2]
KILLED = -signal.SIGKILL
POINTS = ("import.raw_committed", "import.parsed", "import.accepted")
MAILS = 5


@pytest.fixture
def desk(world: World) -> Iterator[World]:
    yield world
    wipe()


def environment(app: Flask, database_url: str, fault: str = "") -> dict[str, str]:
    settings = app.extensions["settings"]
    return {
        "PATH": os.environ["PATH"],
        "FLASK_APP": "app:create_app",
        "FLASK_ENV": "testing",
        "SECRET_KEY": "a-key-that-only-tests-would-ever-use-0123456789",
        "DATABASE_URL": database_url,
        "DATA_DIR": str(settings.data_dir),
        "STORAGE_URL": settings.storage_url,
        "SITE_URL": "http://localhost",
        "LOG_LEVEL": "ERROR",
        "HD_FAULT": fault,
    }


def run(desk: World, database_url: str, folder: Path, fault: str = "") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    db.session.rollback()
    answer = subprocess.run(
        [sys.executable, "-m", "flask", "mail", "import", str(folder)],
        cwd=ROOT,
        env=environment(desk.app, database_url, fault),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    db.session.rollback()
    db.session.expire_all()
    return answer


def lay_out(desk: World, folder: Path) -> None:
    """Four new requests, each with a file, and an answer to a ticket that is there."""
    mia = desk.customer(email="mia@kunde.example")
    before = desk.ticket(mia)
    headers = {"In-Reply-To": key_for(before, mia)}
    mails = [letter(f"Brief {n}", files=[(f"{n}.txt", b"%d" % n)]) for n in range(MAILS - 1)]
    mails.insert(2, letter("Antwort", headers=headers, files=[("4.txt", b"4")]))
    for number, raw in enumerate(mails):
        (folder / f"{number}.eml").write_bytes(raw)


def nothing_is_lost_or_double(now: datetime) -> None:
    """I1, I2, I3, I7: each mail kept once and decided, each an entry of its own, each file there once."""
    assert len(kept()) == MAILS
    assert {raw.state for raw in kept()} == {State.TICKET, State.COMMENT}
    entries = Counter((raw.ticket_id, raw.comment_id) for raw in kept())
    assert set(entries.values()) == {1}
    assert len(tickets()) == MAILS
    assert len(comments(tickets()[0])) == db.session.scalar(sa.select(sa.func.count(Comment.id))) == 1
    assert sorted(db.session.scalars(sa.select(Attachment.filename))) == [f"{n}.txt" for n in range(MAILS)]
    invariants.hold(now)


@pytest.mark.parametrize("point", POINTS)
def test_f02_f03_the_next_run_finishes_what_a_killed_one_left(
    desk: World, database_url: str, tmp_path: Path, point: str
) -> None:
    lay_out(desk, tmp_path)
    assert run(desk, database_url, tmp_path, f"{point}:kill9").returncode == KILLED
    assert len(kept()) == MAILS
    answer = run(desk, database_url, tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    already = 1 if point == "import.accepted" else 0
    assert answer.stdout.splitlines()[-1] == (
        f"created {MAILS - 1 - already}, updated 1, ignored {already}, quarantined 0, errors 0"
    )
    nothing_is_lost_or_double(clock.now())


def test_f02_without_another_run_the_house_finishes_it_by_itself(
    desk: World, database_url: str, tmp_path: Path
) -> None:
    lay_out(desk, tmp_path)
    assert run(desk, database_url, tmp_path, "import.parsed:kill9").returncode == KILLED
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=4), tick=False):
        db.session.rollback()
        mail.accept_waiting.run()
        db.session.rollback()
        db.session.expire_all()
        nothing_is_lost_or_double(clock.now())
    assert run(desk, database_url, tmp_path).stdout.splitlines()[-1] == (
        f"created 0, updated 0, ignored {MAILS}, quarantined 0, errors 0"
    )


def test_f27_a_mail_that_kills_the_whole_process_each_time_is_given_up(
    desk: World, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "1.eml").write_bytes(letter())
    for _ in range(3):
        assert run(desk, database_url, tmp_path, "import.parsed:kill9").returncode == KILLED
    answer = run(desk, database_url, tmp_path)
    assert answer.stdout.splitlines()[-1] == "created 0, updated 0, ignored 0, quarantined 1, errors 0"
    assert "nach mehreren Versuchen aufgegeben" in answer.stdout
    assert (kept()[0].state, kept()[0].reason) == (State.QUARANTINED, "gave_up")


def test_f10_two_imports_of_one_folder_at_once_make_each_mail_one_entry(
    desk: World, database_url: str, tmp_path: Path
) -> None:
    lay_out(desk, tmp_path)
    db.session.rollback()
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "flask", "mail", "import", str(tmp_path)],
            cwd=ROOT,
            env=environment(desk.app, database_url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    db.session.rollback()
    db.session.expire_all()
    nothing_is_lost_or_double(clock.now())
