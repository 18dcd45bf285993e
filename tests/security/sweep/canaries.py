"""Strings that nobody can guess, hidden where only some may read them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from app.accounts.models import Person, Team
from app.core import clock, crypto
from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import attending, escalating, tagging
from app.tickets.models import Comment, Ticket
from app.tickets.schemas import Escalation
from tests.security.sweep.stage import AGENT, CUSTOMER, LEADER, STAFF, Stage

NOBODY: tuple[str, ...] = ()
# What is hidden, and which roles may meet it.
READERS: dict[str, tuple[str, ...]] = {
    "note": STAFF,
    "file of a note": STAFF,
    "name of a file of a note": STAFF,
    "tag": STAFF,
    "reason of an escalation": STAFF,
    "reply that can still be taken back": STAFF,
    "reply that waits for its time": STAFF,
    "draft of the agent": (AGENT,),
    "phone of the agent": STAFF,
    "address of the agent": STAFF,
    "street of the neighbour": STAFF,
    "phone of the neighbour": STAFF,
    "title of a foreign ticket": NOBODY,
    "text of a foreign ticket": NOBODY,
    "reply on a foreign ticket": NOBODY,
    "file of a foreign ticket": NOBODY,
    "name of a file of a foreign ticket": NOBODY,
    "password hash": NOBODY,
    "second factor": NOBODY,
    "webhook": NOBODY,
    "key of the house": NOBODY,
}


class Canaries(Stage):
    """A stage on which every ticket carries its secrets."""

    def __init__(self, world: Any) -> None:
        super().__init__(world)
        self.birds = {what: f"canary{secrets.token_hex(10)}" for what in READERS}
        self.birds["key of the house"] = world.app.config["SECRET_KEY"]
        self.birds["reply that can still be taken back"] = f"soon{secrets.token_hex(10)}"
        self._hide_in_people()

    def _hide_in_people(self) -> None:
        birds = self.birds

        def work() -> None:
            agent = db.session.get_one(Person, self.people[AGENT].id)
            agent.phone = birds["phone of the agent"][:40]
            agent.email = agent.email_key = f"{birds['address of the agent']}@firma.example"
            neighbour = db.session.get_one(Person, self.neighbour.id)
            neighbour.street_address = birds["street of the neighbour"]
            neighbour.phone = birds["phone of the neighbour"][:40]
            for person in (agent, neighbour, db.session.get_one(Person, self.people[CUSTOMER].id)):
                person.password_hash = birds["password hash"]
                person.totp_secret = crypto.encrypt(birds["second factor"])
            team = db.session.get_one(Team, self.world.team.id)
            team.teams_webhook = crypto.encrypt(
                f"https://prod-1.westeurope.logic.azure.com/workflows/x?sig={birds['webhook']}"
            )

        run_unit(work)

    def own_request(self, role: str, **values: Any) -> Ticket:
        return self._dress(super().own_request(role, **values))

    def team_ticket(self, **values: Any) -> Ticket:
        return self._dress(super().team_ticket(**values))

    def _dress(self, ticket: Ticket) -> Ticket:
        """A ticket as it looks after a day's work."""
        birds, agent = self.birds, self.world.actor(self.people[AGENT])
        note = self.entry(ticket, body=f"Bitte intern halten: {birds['note']}", is_internal=True)
        self.file(
            ticket,
            comment=note,
            data=birds["file of a note"].encode(),
            name=birds["name of a file of a note"],
        )
        self._reply_soon(ticket)
        leader = self.world.actor(self.people[LEADER])
        run_unit(lambda: tagging.change_tags(leader, ticket.id, [birds["tag"][:40]]))
        command = Escalation(level=3, reason=birds["reason of an escalation"])
        run_unit(lambda: escalating.escalate(leader, ticket.id, command))
        self._reply_later(ticket)
        draft, save = birds["draft of the agent"], attending.save_draft
        run_unit(lambda: save(agent, ticket.id, is_internal=True, body=draft))
        run_unit(lambda: save(agent, ticket.id, is_internal=False, body=draft))
        return db.session.get_one(Ticket, ticket.id)

    def _reply_later(self, ticket: Ticket) -> None:
        """Whoever asked answers nothing for later: on tickets of the agent it is the leader's reply."""
        author = self.people[LEADER if ticket.requester_id == self.people[AGENT].id else AGENT]
        self.scheduled(ticket, author, self.birds["reply that waits for its time"])

    def _reply_soon(self, ticket: Ticket) -> None:
        reply = self.entry(ticket, body=self.birds["reply that can still be taken back"])

        def hold() -> None:
            db.session.get_one(Comment, reply.id).public_from = clock.now() + timedelta(minutes=10)

        run_unit(hold)

    def foreign_ticket(self, **values: Any) -> Ticket:
        birds = self.birds
        ticket = super().foreign_ticket(
            title=birds["title of a foreign ticket"], description=birds["text of a foreign ticket"], **values
        )
        self.world.say(self.neighbour, ticket, birds["reply on a foreign ticket"])
        data = birds["file of a foreign ticket"].encode()
        self.file(ticket, data=data, name=birds["name of a file of a foreign ticket"])
        return ticket

    def leaks(self, blob: str, role: str) -> list[str]:
        """What a role got to see and must not."""
        return [what for what, bird in self.birds.items() if role not in READERS[what] and bird in blob]

    def seen(self, blob: str) -> set[str]:
        return {what for what, bird in self.birds.items() if bird in blob}
