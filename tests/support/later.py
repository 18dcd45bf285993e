"""A ticket on which replies are written for later: for tests of what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from app.accounts.actors import MAIL
from app.accounts.models import Person
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.tickets.actions import replying, scheduling
from app.tickets.actions.files import StoredFile, receive
from app.tickets.models import Attachment, Comment, Draft, ScheduledReply, Ticket
from app.tickets.schemas import LaterReply, NewComment
from app.tickets.words import ScheduledState
from tests.support.world import World

HOUR = timedelta(hours=1)


class Desk:
    """Mia asked for something, Anna answers later, Lea leads."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mia = world.customer(first_name="Mia", last_name="Scholz")
        self.anna = world.agent(first_name="Anna", last_name="Berger")
        self.lea = world.leader(first_name="Lea", last_name="Hoffmann")
        self.ticket_id = world.ticket(self.mia).id
        for person in (self.mia, self.anna, self.lea):
            db.session.refresh(person)
            db.session.expunge(person)  # other threads must not ask this thread's session for them

    def do(self, verb: Callable[..., Any], person: Person, *rest: Any) -> Any:
        """A verb of somebody on the ticket, in a unit of its own."""
        return run_unit(partial(verb, self.world.actor(person), self.ticket_id, *rest))

    def plan(
        self,
        body: str = "Läuft es wieder?",
        *,
        after: timedelta = HOUR,
        by: Person | None = None,
        **values: Any,
    ) -> int:
        """Write a reply for later; its id."""
        command = LaterReply(body=body, due_at=clock.now() + after, **values)
        reply: ScheduledReply = self.do(scheduling.schedule, by or self.anna, command)
        return reply.id

    def say(self, person: Person, body: str = "Es geht wieder.", **values: Any) -> Comment:
        """An entry of somebody."""
        comment: Comment = self.do(replying.add_comment, person, NewComment(body=body, **values))
        return comment

    def auto_reply(self, *, by_machine: bool = True, body: str = "Ich bin im Urlaub.") -> None:
        """A mail of the requester's program, or of the requester."""

        def arrive() -> None:
            ticket = db.session.get(Ticket, self.ticket_id, with_for_update=True, populate_existing=True)
            assert ticket is not None
            replying.enter(
                ticket,
                NewComment(body=body),
                actor=MAIL,
                by_staff=False,
                author_id=self.mia.id,
                from_email={"author_name": "Mia Scholz", "author_email": self.mia.email},
                by_machine=by_machine,
            )

        run_unit(arrive)

    def tick(self) -> None:
        """What the clock does once."""
        for scheduled_id in scheduling.due(100):
            run_unit(partial(scheduling.send_due, scheduled_id))

    def upload(self, name: str = "Anleitung.pdf", by: Person | None = None) -> int:
        """A file of Anna's that nothing has taken yet."""
        actor = self.world.actor(by or self.anna)
        file = StoredFile("0" * 64, 34_567, name, "application/pdf")
        made: Attachment = run_unit(partial(receive, file, actor=actor, scanned=True))
        return made.id

    def put(self, thing: Any, **values: Any) -> None:
        """Change columns of a row behind everybody's back."""

        def work() -> None:
            row = db.session.get_one(type(thing), thing.id, populate_existing=True)
            for name, value in values.items():
                setattr(row, name, value)

        run_unit(work)

    @property
    def ticket(self) -> Ticket:
        db.session.rollback()
        return db.session.get_one(Ticket, self.ticket_id, populate_existing=True)

    def reply(self, scheduled_id: int) -> ScheduledReply:
        """A scheduled reply as the table has it now."""
        db.session.rollback()
        return db.session.get_one(ScheduledReply, scheduled_id, populate_existing=True)

    def state(self, scheduled_id: int) -> ScheduledState:
        return self.reply(scheduled_id).state

    def draft(self, person: Person | None = None) -> Draft | None:
        """The public draft of somebody."""
        db.session.rollback()
        return db.session.get(
            Draft, ((person or self.anna).id, self.ticket_id, False), populate_existing=True
        )

    def bodies(self) -> list[str]:
        """What was said on the ticket, in order."""
        db.session.rollback()
        said = sa.select(Comment.body).where(Comment.ticket_id == self.ticket_id).order_by(Comment.id)
        return list(db.session.scalars(said))

    def facts(self, kind: str) -> list[Event]:
        """What happened of a kind, in order."""
        db.session.rollback()
        return list(db.session.scalars(sa.select(Event).where(Event.kind == kind).order_by(Event.id)))
