"""A mailbox the helpdesk reads and answers from, workers that may be killed, and mails to lose or to double."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.events.models import Backlog, Delivery
from app.events.words import DeliveryState
from app.mailroom.models import MailPlace, RawMail
from app.mailroom.outcomes import State
from tests.faults import invariants
from tests.support.dovecot import Dovecot
from tests.support.letters import SUPPORT, key_for, letter
from tests.support.post_office import WORD, PostOffice
from tests.support.relaying import Worker
from tests.support.smtp_sink import SmtpSink
from tests.support.world import World

DONE = "Erledigt"
# Longer than any lease, so that whoever comes then finds nobody in the way.
LATER = timedelta(minutes=16)
UNSETTLED = (DeliveryState.WAITING, DeliveryState.SENDING)


class Post:
    """The whole way of a mail: a mailbox on Dovecot, its account, a receiver for what goes out, and workers."""

    def __init__(
        self, world: World, server: Dovecot, smtp: SmtpSink, database_url: str, folder: Path
    ) -> None:
        smtp.users[SUPPORT] = WORD
        self.world, self.smtp = world, smtp
        self.office = PostOffice(
            world,
            server,
            afterwards="move",
            done_folder=DONE,
            smtp_host=smtp.host,
            smtp_port=str(smtp.port),
            smtp_tls="none",
        )
        settings = world.app.extensions["settings"]
        storage = {"STORAGE_URL": settings.storage_url, "SSL_CERT_FILE": str(server.authority)}
        self.worker = Worker(database_url, folder, storage)
        self.mails: list[bytes] = []

    def deliver(self, *mails: bytes) -> None:
        """Put mails into the mailbox and remember them."""
        self.mails += mails
        self.office.program.append_many(mails)

    def five_mails(self) -> list[bytes]:
        """Four new requests, each with a file, and an answer to a ticket that is there."""
        mia = self.world.customer(email="mia@kunde.example")
        before = self.world.ticket(mia)
        headers = {"In-Reply-To": key_for(before, mia)}
        mails = [
            letter(f"Brief {n}", sender=f"Ben <ben{n}@kunde.example>", files=[(f"{n}.txt", b"%d" % n)])
            for n in range(4)
        ]
        mails.insert(2, letter("Antwort", headers=headers, files=[("4.txt", b"4")]))
        return mails

    def work(self, moment: datetime, work: str, **given: object) -> int:
        """Let a worker work at a moment; returns its exit code."""
        db.session.rollback()
        code = self.worker.run(moment, work=work, **given)
        db.session.rollback()
        db.session.expire_all()
        return code

    def until_quiet(self, moment: datetime, tries: int = 6) -> datetime:
        """Let workers come, each a while later, until nothing is left to do; returns when."""
        for _ in range(tries):
            moment += LATER
            assert (self.work(moment, "post"), self.work(moment, "send")) == (0, 0)
            if not self.unsettled():
                return moment
        raise AssertionError(self.unsettled())

    def unsettled(self) -> list[tuple[str, int]]:
        """What somebody still has to do, by table."""
        db.session.rollback()
        queries = {
            "place": sa.select(MailPlace.id),
            "mail": sa.select(RawMail.id).where(RawMail.state == State.KEPT),
            "backlog": sa.select(Backlog.event_id),
            "delivery": sa.select(Delivery.id).where(Delivery.state.in_(UNSETTLED)),
        }
        return [(name, one) for name, query in queries.items() for one in db.session.scalars(query)]

    def nothing_is_lost_or_double(self, moment: datetime) -> None:
        """Every invariant, and on the server each mail lies where it belongs, once."""
        invariants.hold(moment, smtp=self.smtp, mails=self.mails)
        self.server_is_cleared(self.mails)

    def server_is_cleared(self, mails: Sequence[bytes]) -> None:
        assert self.office.program.folder() == []
        assert sorted(self.office.program.folder(DONE)) == sorted(mails)


def now() -> datetime:
    """The present, when the first worker works."""
    db.session.rollback()
    return clock.now()
