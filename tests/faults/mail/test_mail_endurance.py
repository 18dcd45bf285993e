"""The whole way of mail, fetch, parse, accept and send, killed with `kill -9` wherever it happens to be."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Person
from app.core import clock
from app.core.db import db
from app.events.models import Delivery
from app.mailroom.outcomes import State
from app.tickets.models import Ticket
from tests.faults.mail.posting import LATER, Post, now
from tests.support.letters import kept, key_for, letter
from tests.support.relaying import KILLED

ENDURANCE = bool(os.environ.get("HD_ENDURANCE"))
ENGINES = ("sqlite", "mariadb", *(["postgresql"] if ENDURANCE else []))
pytestmark = [pytest.mark.servers, pytest.mark.endurance, pytest.mark.only_on(*ENGINES)]
KILLS = 200 if ENDURANCE else 20
MOST_ROUNDS = KILLS * 4
RECENT = 20
# A mail that was at work in three workers that died may be the one that killed them (F05).
GAVE_UP = "quarantined gave_up"
PAIR = ("post", "send")


class Chance:
    """Mails as they come and moments to die at, all from one seed.

    Args:
        longest: seconds a worker of each kind needs when it is left in peace.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.longest = dict.fromkeys(PAIR, 1.0)
        self._number = 0

    def moments(self) -> dict[str, float]:
        """When each worker of a round dies, in seconds of its work."""
        return {work: self._rng.uniform(0, self.longest[work]) for work in PAIR}

    def mails(self, moment: datetime) -> list[bytes]:
        """Some requests and answers, with files and without."""
        query = sa.select(Ticket, Person).join(Person, Person.id == Ticket.requester_id)
        known = [tuple(row) for row in db.session.execute(query.order_by(Ticket.id.desc()).limit(RECENT))]
        return [self._mail(known, moment) for _ in range(self._rng.randint(3, 9))]

    def _mail(self, known: list[tuple[Ticket, Person]], moment: datetime) -> bytes:
        self._number += 1
        given: dict[str, Any] = {
            "sender": f"Anna <anna{self._number}@kunde.example>",
            "subject": f"Fall {self._number}",
        }
        if known and self._rng.random() < 0.4:
            ticket, person = self._rng.choice(known)
            given["sender"] = f"Anna <{person.email}>"
            given["headers"] = {"In-Reply-To": key_for(ticket, person)}
        if self._rng.random() < 0.4:
            given["files"] = [(f"{self._number}.bin", self._rng.randbytes(self._rng.randint(1, 60_000)))]
        days_old = (clock.now() - moment) / timedelta(days=1)
        return letter(f"Wort{self._number}", days_old=days_old, **given)


def killed_round(post: Post, moment: datetime, dies_after: dict[str, float]) -> Counter[str]:
    """Both workers at once, each until its death; returns which died before it was done."""
    db.session.rollback()
    started = {work: post.worker.start(moment, work=work, dies_after=dies_after.get(work)) for work in PAIR}
    return Counter(work for work, one in started.items() if one.end() == KILLED)


def test_f01_f02_f03_f06_killed_wherever_it_is_again_and_again(post: Post) -> None:
    seed = int(os.environ.get("HD_SEED") or random.randrange(2**32))
    chance, moment, began = Chance(seed), now(), time.monotonic()
    print(f"HD_SEED={seed}")
    post.world.agent()
    chance.longest = in_peace(post, chance, moment)
    died: Counter[str] = Counter()
    for _ in range(MOST_ROUNDS):
        moment += LATER
        post.deliver(*chance.mails(moment))
        died += killed_round(post, moment, chance.moments())
        if died.total() >= KILLS:
            break
    assert died.total() >= KILLS, died
    moment = post.until_quiet(moment, tries=20)
    post.nothing_is_lost_or_double(moment)
    print(f"{dict(died)} killed in {time.monotonic() - began:.0f} s; {told(post)}")


def in_peace(post: Post, chance: Chance, moment: datetime) -> dict[str, float]:
    """How long the work of a round takes each worker when nobody dies, without being born."""
    took = {}
    for work in PAIR:
        took[work] = -timed(post, moment, work, again=True)
    post.deliver(*chance.mails(moment))
    for work in PAIR:
        took[work] += timed(post, moment + LATER, work)
    return took


def timed(post: Post, moment: datetime, work: str, *, again: bool = False) -> float:
    began = time.monotonic()
    assert post.work(moment, work) == 0
    return timed(post, moment, work) if again else time.monotonic() - began


def told(post: Post) -> str:
    """What came of it all, for whoever reads the report."""
    states = Counter(f"{raw.state} {raw.reason}".strip() for raw in kept())
    repeats = db.session.scalar(
        sa.select(sa.func.count()).select_from(Delivery).where(Delivery.may_be_repeat.is_(True))
    )
    assert set(states) <= {State.TICKET, State.COMMENT, GAVE_UP}
    return f"{len(post.mails)} mails in: {dict(states)}; {len(post.smtp.mails)} out, {repeats} may be repeats"
