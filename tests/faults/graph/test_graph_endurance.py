"""Microsoft answers at random with everything it can do wrong, for minutes: nothing is lost, nothing comes twice."""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.models import Person
from app.core.db import db
from app.events.models import Delivery
from app.events.words import DeliveryState
from app.jobs import mail
from app.mailroom import errands
from app.mailroom.models import RawMail
from app.mailroom.outcomes import State
from app.tickets.models import Ticket
from app.tickets.words import Status
from tests.faults import invariants
from tests.support.graph_office import GraphOffice, sending_by_graph
from tests.support.letters import kept, key_for, letter

ENDURANCE = bool(os.environ.get("HD_ENDURANCE"))
pytestmark = [pytest.mark.endurance, pytest.mark.only_on("sqlite", *(["mariadb"] if ENDURANCE else []))]
SECONDS = 300 if ENDURANCE else 8
START = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
KINDS = (
    "429", "503", "500", "504", "504_done", "401", "410", "html", "hang_up", "hang_up_done", "cut",
    "next_link_loop", "id_changed",
)  # fmt: skip
SHARE = 0.2


class Story:
    """A mailbox, its customers and an agent, on a day on which nothing works as it should."""

    def __init__(self, world, microsoft, clock, rng, **given):
        self.world, self.clock, self.rng = world, clock, rng
        self.office = GraphOffice(world, microsoft, **given)
        self.agent = world.agent(email="anna@firma.example")
        self.mails: list[bytes] = []

    def round(self) -> None:
        """Some mails come, the agent answers some, everybody does their work, a minute or two go by."""
        for _ in range(self.rng.randint(0, 3)):
            self._deliver()
        for ticket in self._open(2):
            self.world.say(self.agent, ticket, f"Antwort auf {ticket.description}")
        self.work()

        faults = self.office.ms.faults
        if self.rng.random() < SHARE and not any(one.used < one.times for one in faults.waiting):
            # Half an answer of the right length is noticed where it is JSON; of a mail nobody could.
            faults.add("cut_json", path=r"/messages/delta|/mailFolders/inbox$")

    def work(self) -> None:
        self.clock.shift(timedelta(seconds=self.rng.randint(40, 150)))
        if self.office.id in errands.accounts_due():
            self.office.fetch()
        mail.accept_waiting.run()
        db.session.rollback()
        self.world.relay()
        db.session.rollback()
        db.session.expire_all()

    def _deliver(self) -> None:
        number = len(self.mails)
        given = {"sender": f"Mia <mia{number}@kunde.example>", "subject": f"Fall {number}"}
        known = self._open(1)
        if known and self.rng.random() < 0.3:
            requester = db.session.get_one(Person, known[0].requester_id)
            given["sender"] = f"Mia <{requester.email}>"
            given["headers"] = {"In-Reply-To": key_for(known[0], requester)}
        self.mails.append(letter(f"Brief {number}", **given))
        self.office.deliver(self.mails[-1])

    def _open(self, most: int) -> list[Ticket]:
        query = sa.select(Ticket).where(Ticket.status != Status.CLOSED).order_by(Ticket.id.desc()).limit(6)
        found = list(db.session.scalars(query))
        return self.rng.sample(found, min(most, len(found)))

    @property
    def is_quiet(self) -> bool:
        waiting = sa.select(sa.func.count()).where(
            Delivery.state.in_((DeliveryState.WAITING, DeliveryState.SENDING))
        )
        undecided = sa.select(sa.func.count()).where(RawMail.state == State.KEPT)
        is_read = len(kept()) >= len(self.mails) and not self.office.mailbox.trouble
        return is_read and not db.session.scalar(waiting) and not db.session.scalar(undecided)


@pytest.mark.parametrize("by_draft", [True, False], ids=["by draft", "at once"])
def test_f23_minutes_of_everything_microsoft_can_do_wrong(firm, microsoft, by_draft):
    seed = int(os.environ.get("HD_SEED") or random.randrange(2**32))
    print(f"HD_SEED={seed}")
    given = {"afterwards": "move", "done_folder": "Erledigt"} if by_draft else {"graph_changes": "false"}
    with time_machine.travel(START, tick=False) as clock, sending_by_graph():
        story = Story(firm, microsoft, clock, random.Random(seed), **given)
        microsoft.faults.random(seed, KINDS, SHARE)
        began = time.monotonic()
        while time.monotonic() - began < SECONDS:
            story.round()
        used = Counter(kind for kind, _method, _path in microsoft.faults.used)
        microsoft.faults.clear()
        for _ in range(60):
            story.work()
            if story.is_quiet:
                break
        print(f"{len(story.mails)} in, {len(story.office.box.sent)} out, {sum(used.values())} faults: {used}")
        everything_is_there_once(story, by_draft)
        invariants.hold(clock_now(), mails=story.mails)


def clock_now() -> datetime:
    return datetime.now(UTC)


def everything_is_there_once(story, by_draft):
    box = story.office.box
    put = Counter(hashlib.sha256(raw).hexdigest() for raw in story.mails)
    assert Counter(raw.sha256 for raw in kept()) == put
    assert {raw.state for raw in kept()} <= {State.TICKET, State.COMMENT}
    left = Counter(str(message_from_bytes(raw)["Message-ID"]) for raw in box.sent)
    assert set(left.values()) <= {1}, [one for one, times in left.items() if times > 1]
    rows = sa.select(Delivery.state, sa.func.count()).where(Delivery.consumer == "email")
    states = dict(db.session.execute(rows.group_by(Delivery.state)).tuples().all())
    assert set(states) <= {DeliveryState.SENT, DeliveryState.CANCELLED}, states
    assert states[DeliveryState.SENT] == len(box.sent) == len(box.messages("sentitems"))
    assert box.drafts == []
    if by_draft:
        assert len(box.messages("Erledigt")) == len(story.mails) and box.messages("inbox") == []
