"""`flask mail fetch` killed with `kill -9` at every step: the next run finishes, nothing is lost or double."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.db import db
from app.mailroom.outcomes import State
from tests.faults.mail.posting import LATER, Post, now
from tests.support.letters import comments, kept, letter, tickets
from tests.support.relaying import KILLED

pytestmark = [pytest.mark.servers, pytest.mark.only_on("sqlite", "mariadb")]
ROOT = Path(__file__).resolve().parents[3]
MAILS = 5


def killed_at(post: Post, point: str) -> None:
    """Five mails in the mailbox, and a run that died at this step."""
    post.deliver(*post.five_mails())
    assert post.work(now(), "fetch", fault=f"{point}:kill9") == KILLED


def finished(post: Post) -> None:
    """What the house does by itself then: a run, the job for what was left, and the relay."""
    post.nothing_is_lost_or_double(post.until_quiet(now()))
    assert {raw.state for raw in kept()} == {State.TICKET, State.COMMENT}
    assert len(tickets()) == MAILS
    assert len(comments(tickets()[0])) == 1


@pytest.mark.parametrize("point", ["fetch.noted", "fetch.fetched"])
def test_f01_killed_before_the_mail_was_kept(post: Post, point: str) -> None:
    killed_at(post, point)
    assert kept() == []
    assert len(post.office.program.folder()) == MAILS
    finished(post)


@pytest.mark.parametrize("point", ["import.raw_committed", "import.parsed"])
def test_f02_killed_before_the_mail_was_decided(post: Post, point: str) -> None:
    killed_at(post, point)
    assert {raw.state for raw in kept()} == {State.KEPT}
    assert len(post.office.program.folder()) == MAILS
    assert post.work(now() + LATER, "fetch") == 0
    assert len(kept()) == MAILS, "what was kept is not fetched again"
    finished(post)


@pytest.mark.parametrize("point", ["import.accepted", "fetch.clearing", "fetch.cleared"])
def test_f03_killed_before_the_server_was_told_or_right_after(post: Post, point: str) -> None:
    killed_at(post, point)
    entries = [raw for raw in kept() if raw.state is not State.KEPT]
    assert len(entries) == (1 if point == "import.accepted" else MAILS)
    assert len(post.office.program.folder()) == (0 if point == "fetch.cleared" else MAILS)
    assert post.work(now() + LATER, "fetch") == 0
    assert len(kept()) == MAILS, "what was kept is not fetched again"
    post.server_is_cleared(post.mails)
    finished(post)


def test_f04_whoever_died_over_what_was_left_holds_it_up_for_less_than_ten_minutes(post: Post) -> None:
    """I2: the second death must not keep the third worker away until the mail is too old."""
    post.deliver(letter("Liegen geblieben"))
    moment = now()
    assert post.work(moment, "fetch", fault="import.raw_committed:kill9") == KILLED
    assert post.work(moment + timedelta(minutes=4), "accept", fault="import.parsed:kill9") == KILLED
    assert post.work(moment + timedelta(minutes=9), "accept") == 0
    assert [ticket.description for ticket in tickets()] == ["Liegen geblieben"]


@pytest.mark.sqlite_only
def test_f01_f03_the_command_itself_is_killed_and_given_again(post: Post) -> None:
    """The same in a process that was started by hand, as cron would."""
    post.deliver(letter("Eins"), letter("Zwei", files=[("a.txt", b"a")]))
    assert command(post, "fetch.fetched:kill9").returncode == -signal.SIGKILL
    busy = command(post)
    assert (busy.returncode, busy.stdout.splitlines()[-1]) == (0, line(created=0)), busy.stderr
    assert "wird gerade" in busy.stdout or kept() == []
    finished_later = post.until_quiet(now())
    assert len(tickets()) == 2
    post.nothing_is_lost_or_double(finished_later)


def command(post: Post, fault: str = "") -> subprocess.CompletedProcess[str]:
    db.session.rollback()
    worker = post.worker
    environment = worker.environment() | {"FLASK_APP": "app:create_app", "HD_FAULT": fault}
    return subprocess.run(
        [sys.executable, "-m", "flask", "mail", "fetch"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def line(*, created: int) -> str:
    return f"created {created}, updated 0, ignored 0, quarantined 0, errors 0"
