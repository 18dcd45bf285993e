"""Many mails at once, two fetchers, two workers and a human in the same mailbox: each mail is exactly one entry."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from imapclient.exceptions import IMAPClientError

from app.core import clock
from app.core.db import db
from app.core.lease import Lease
from app.core.uow import run_unit
from app.integrations import imap
from app.mailroom import connections
from app.mailroom.models import MailAccount, RawMail
from app.mailroom.outcomes import State
from app.tickets.models import Comment, Ticket
from tests.faults import invariants
from tests.faults.mail.posting import DONE, Post, now
from tests.support.letters import key_for, letter
from tests.support.mailbox import MailProgram
from tests.support.running import until

pytestmark = [pytest.mark.servers, pytest.mark.endurance]
ENDURANCE = bool(os.environ.get("HD_ENDURANCE"))
MAILS = 2000 if ENDURANCE else 120
CLIENTS = 4
LONGEST = 1800.0 if ENDURANCE else 120.0
LATER_FOLDER = "Später"
BREATH_SECONDS = 0.05


@contextmanager
def at_work(post: Post, folder: Path, *works: str) -> Iterator[None]:
    """Workers that do these things again and again until the block ends."""
    stop, moment = folder / "stop", now()
    started = [post.worker.start(moment, work=work, until=stop) for work in works]
    try:
        yield
    finally:
        stop.touch()
        ended = [one.end(LONGEST) for one in started]
    assert ended == [0] * len(works)


class Human:
    """Somebody with a mail program: reads, flags, puts mails aside and back, deletes none."""

    def __init__(self, program: MailProgram) -> None:
        self._program, self._rng = program, random.Random(3)
        self.busy, self._breath = threading.Event(), threading.Event()
        self.done = 0

    def work(self) -> None:
        """Until ``busy`` is cleared; whatever was put aside lies in the mailbox again then."""
        with self._program:
            if LATER_FOLDER not in self._program.folders():
                self._program.create(LATER_FOLDER)
            while self.busy.is_set():
                self._look()
                self._aside()
                self._breath.wait(BREATH_SECONDS)
            self._back()

    def _look(self) -> None:
        client = self._program.client
        client.select_folder("INBOX")
        uids = client.search()
        for uid in self._rng.sample(uids, min(3, len(uids))):
            client.fetch([uid], ["BODY[]"])
            client.add_flags([uid], [r"\Flagged"])
            self.done += 1

    def _aside(self) -> None:
        client = self._program.client
        uids = client.search()
        some = self._rng.sample(uids, min(3, len(uids)))
        if some:
            # What a fetcher has moved away meanwhile is no longer there for a human either (RFC 5530 EXPUNGEISSUED).
            with suppress(IMAPClientError):
                client.move(some, LATER_FOLDER)
        if self._rng.random() < 0.5:
            self._back()

    def _back(self) -> None:
        client = self._program.client
        client.select_folder(LATER_FOLDER)
        if uids := client.search():
            client.move(uids, "INBOX")


def requests(post: Post, count: int) -> list[bytes]:
    """New requests, each of somebody else, and answers to five tickets that are there."""
    mia = post.world.customer(email="mia@kunde.example")
    known = [post.world.ticket(mia) for _ in range(5)]
    return [
        letter(f"Wort{n}", subject=f"Fall {n}", headers={"In-Reply-To": key_for(known[n // 5 % 5], mia)})
        if n % 5 == 0
        else letter(f"Wort{n}", subject=f"Fall {n}", sender=f"Anna <anna{n}@kunde.example>")
        for n in range(count)
    ]


def bring(post: Post, mails: Sequence[bytes]) -> None:
    """One mail after the other by a connection of its own, as a mail server delivers them."""
    with MailProgram(post.office.program._server, post.office.address) as program:
        for mail in mails:
            program.append(mail)


def kept_are(count: int) -> Callable[[], bool]:
    def so() -> bool:
        db.session.rollback()
        return (db.session.scalar(sa.select(sa.func.count(RawMail.id))) or 0) >= count

    return so


@contextmanager
def sitting(post: Post, pool: ThreadPoolExecutor) -> Iterator[Human]:
    """A human in the mailbox for the length of the block."""
    human = Human(MailProgram(post.office.program._server, post.office.address))
    human.busy.set()
    sits = pool.submit(human.work)
    try:
        yield human
    finally:
        human.busy.clear()
        sits.result(LONGEST)


def test_f10_many_mails_two_fetchers_two_workers_and_a_human_at_once(post: Post, tmp_path: Path) -> None:
    post.world.agent()
    post.mails = requests(post, MAILS)
    began = time.monotonic()
    with at_work(post, tmp_path, "fetch", "fetch", "send", "send"):
        with ThreadPoolExecutor(CLIENTS + 1) as pool, sitting(post, pool) as human:
            for coming in [pool.submit(bring, post, post.mails[n::CLIENTS]) for n in range(CLIENTS)]:
                coming.result(LONGEST)
            brought = time.monotonic() - began
            until(kept_are(MAILS * 3 // 4), LONGEST, "most mails are kept")
        until(kept_are(MAILS), LONGEST, "every mail is kept")
        until(lambda: not post.office.program.uids(), LONGEST, "the mailbox is empty")
    taken = time.monotonic() - began
    each_is_one_entry(post, MAILS)
    assert human.done
    print(f"{MAILS} mails brought in {brought:.0f} s, taken in after {taken:.0f} s, {human.done} looked at")


def each_is_one_entry(post: Post, count: int) -> None:
    moment = post.until_quiet(now())
    invariants.hold(moment, smtp=post.smtp, mails=post.mails)
    states = dict(
        tuple(row)
        for row in db.session.execute(sa.select(RawMail.state, sa.func.count()).group_by(RawMail.state))
    )
    assert states == {State.TICKET: count - count // 5, State.COMMENT: count // 5}
    said = [*db.session.scalars(sa.select(Ticket.description).where(Ticket.created_from_email.is_(True)))]
    said += db.session.scalars(sa.select(Comment.body))
    assert sorted(said) == sorted(f"Wort{n}" for n in range(count))
    # Two who move the same mail at the same moment may leave two of it on a server.
    assert post.office.program.folder() == []
    assert set(post.office.program.folder(DONE)) == set(post.mails)


def test_f10_two_fetchers_whose_lease_ran_out_meet_in_the_same_mailbox(post: Post, tmp_path: Path) -> None:
    """A run that took longer than its lease has company; the table of mails decides, not the lease."""
    post.mails = requests(post, 60)
    with at_work(post, tmp_path, "fetch", "fetch", "fetch"):
        for n in range(0, len(post.mails), 10):
            post.office.program.append_many(post.mails[n : n + 10])
            until(lambda: forget_leases() or kept_are(n + 10)(), 60, "every mail is kept")  # noqa: B023
        until(lambda: forget_leases() or not post.office.program.uids(), 60, "the mailbox is empty")
    each_is_one_entry(post, 60)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("deed", ["move", "mark_seen"])
def test_f10_what_came_since_the_mailbox_was_opened_is_dealt_with(post: Post, deed: str) -> None:
    """Another reader took it in; a server passes over numbers its client has not heard of, and says OK."""
    account = db.session.get_one(MailAccount, post.office.id)
    route = connections.way_in(account, "")
    db.session.rollback()
    assert route is not None
    with imap.open_mailbox(route) as mailbox:
        post.office.program.append(letter())
        (uid,) = post.office.program.uids()
        mailbox.move([uid], DONE) if deed == "move" else mailbox.mark_seen([uid])
    program = post.office.program
    assert program.uids() == [] if deed == "move" else r"\Seen" in program.flags(uid)


def forget_leases() -> None:
    ran_out = sa.update(Lease).values(until=clock.now() - timedelta(hours=1))
    run_unit(lambda: db.session.execute(ran_out))
