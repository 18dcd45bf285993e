"""The first look into a mailbox that has been full for years: calmly, from its start date on, and answering nobody."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.mailroom.models import MailAccount, RawMail
from tests.faults import invariants
from tests.faults.mail.posting import DONE, LATER, Post, now
from tests.support.letters import letter, tickets
from tests.support.relaying import KILLED
from tests.support.running import until

pytestmark = [pytest.mark.servers, pytest.mark.endurance, pytest.mark.only_on("sqlite", "mariadb")]
ENDURANCE = bool(os.environ.get("HD_ENDURANCE"))
OLD = 20_000 if ENDURANCE else 400
FRESH = 3
LONGEST = 3600.0 if ENDURANCE else 120.0
# Beyond what a worker has that reads some mails; a whole backlog in memory would be many times that.
MORE_MEGABYTES = 40
START = timedelta(days=10)


def letters(word: str, count: int, days_old: float, sender: str = "") -> list[bytes]:
    return [
        letter(f"{word} {n}", sender=sender or f"Ben <{word.lower()}{n}@kunde.example>", days_old=days_old)
        for n in range(count)
    ]


def lay_down(post: Post, mails: Sequence[bytes], received_at: datetime) -> None:
    """Mails that the server has had since a day."""
    client = post.office.program.client
    for start in range(0, len(mails), 200):
        some = [{"msg": mail, "date": received_at} for mail in mails[start : start + 200]]
        client.multiappend("INBOX", some)


def kept_so_far() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count(RawMail.id))) or 0


def test_f28_a_full_mailbox_is_taken_in_from_its_start_date_on_and_nobody_is_answered(post: Post) -> None:
    present = now()
    begin = sa.update(MailAccount).values(start_on=(present - START).date())
    run_unit(lambda: db.session.execute(begin))
    fresh = letters("Frisch", FRESH, 0)
    post.deliver(*fresh)
    small = post.worker.start(present, work="fetch")
    assert small.end() == 0
    before = letters("Davor", OLD // 2, 30, "Ben <ben@kunde.example>")
    lay_down(post, before, present - timedelta(days=30))
    old = letters("Alt", OLD // 2, 5)
    lay_down(post, old, present - timedelta(days=5))

    first = post.worker.start(present + LATER, work="fetch")
    until(lambda: kept_so_far() > FRESH, 60, "the first mails are kept")
    first.process.kill_family()
    assert first.end() == KILLED
    assert kept_so_far() < OLD // 2 + FRESH
    second = post.worker.start(present + 2 * LATER, work="fetch")
    assert second.end(LONGEST) == 0
    assert kept_so_far() == OLD // 2 + FRESH
    assert second.peak - small.peak < MORE_MEGABYTES, f"{small.peak} MB, then {second.peak} MB"
    print(f"{small.peak} MB with {FRESH} mails, {second.peak} MB with {OLD}")

    moment = post.until_quiet(present + 2 * LATER, tries=6 + OLD // 500)
    invariants.hold(moment, smtp=post.smtp, mails=old + fresh)
    assert len(tickets()) == OLD // 2 + FRESH
    assert sorted(post.office.program.folder()) == sorted(before)
    assert sorted(post.office.program.folder(DONE)) == sorted(old + fresh)
    answered = Counter(address for mail in post.smtp.mails for address in mail.recipients)
    assert answered == {f"frisch{n}@kunde.example": 1 for n in range(FRESH)}


def test_f28_the_days_of_a_mailbox_are_walked_in_small_steps(post: Post) -> None:
    """Each run works for its time; whoever reads the next mailbox does not wait for this one."""
    lay_down(post, letters("Alt", 60, 5), clock.now() - timedelta(days=5))
    runs = [post.office.fetch(seconds=0)]
    while runs[-1].more:
        assert len(tickets()) <= 16 * len(runs)
        runs.append(post.office.fetch(seconds=0))
    assert len(runs) > 3
    assert len(tickets()) == 60
