"""A small firm with something to hide, seen by a stranger, a customer, an agent, a team leader and an administrator."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

from app.accounts import tokens
from app.accounts.models import Organisation, Person, Team
from app.accounts.words import Role, TokenPurpose
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.mailroom.models import RawMail
from app.mailroom.outcomes import State
from app.tickets.actions import uploading
from app.tickets.actions.scheduling import schedule
from app.tickets.models import Attachment, Category, Comment, ScheduledReply, Ticket
from app.tickets.schemas import Announced, LaterReply
from app.tickets.words import AttachmentState
from tests.support.letters import letter
from tests.support.programs import Program
from tests.support.world import Browser, World

ANON, CUSTOMER, AGENT, LEADER, ADMIN = "anon", "customer", "agent", "leader", "admin"
PART = b"plain text"
ROLES = (ANON, CUSTOMER, AGENT, LEADER, ADMIN)
STAFF = (AGENT, LEADER, ADMIN)


@dataclass(frozen=True)
class Variant:
    """One way to fill an address: ``what`` is own, or says which thing is foreign or missing."""

    what: str
    things: dict[str, str]


class Stage:
    """People and things for one test.

    Nobody on the stage belongs to the personnel office; its tickets are foreign to everybody, administrators
    included.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: dict[str, Person] = {
            CUSTOMER: world.customer(first_name="Carla"),
            AGENT: world.agent(first_name="Anton"),
            LEADER: world.leader(first_name="Lena"),
            ADMIN: world.admin(first_name="Adele"),
        }
        self.neighbour = world.customer(first_name="Nora", last_name="Nachbarin")
        self.secret_team: Team = world.make_team("Personalstelle", is_confidential=True)
        self.secret_topic = self._topic("Personalsache", self.secret_team)
        self._browsers: dict[str, Browser] = {}
        self._numbers = itertools.count(1)

    def _topic(self, name: str, team: Team) -> Category:
        made = Category(name_de=name, name_en=f"{name} (en)", team_id=team.id, created_at=clock.now())
        run_unit(lambda: db.session.add(made))
        return made

    def person(self, role: str) -> Person | None:
        return self.people.get(role)

    def browser(self, role: str, *, fresh: bool = False) -> Browser:
        """The browser of a role, with the token of its forms and no message left over from before.

        Args:
            fresh: a new one, because what was asked before may have ended its sign-in.
        """
        if fresh or role not in self._browsers:
            made = self.world.browser(self.person(role))
            made.get("/auth/profile" if role != ANON else "/auth/login")
            self._browsers[role] = made
        with self._browsers[role].client.session_transaction() as session:
            session.pop("_flashes", None)
        return self._browsers[role]

    def program(self, role: str) -> Program:
        """A program of a role, signed in this moment."""
        return Program(self.world.app, self.person(role))

    def asker(self, role: str) -> Person:
        """Whose requests a role calls its own."""
        return self.people[CUSTOMER if role == ANON else role]

    def own_request(self, role: str, **values: Any) -> Ticket:
        """A request this person made."""
        return self.world.ticket(self.asker(role), **values)

    def team_ticket(self, **values: Any) -> Ticket:
        """A ticket of the default team, which all staff on the stage may see."""
        return self.world.ticket(self.people[CUSTOMER], **values)

    def foreign_ticket(self, **values: Any) -> Ticket:
        """A ticket nobody on the stage may see."""
        return self.world.ticket(self.neighbour, category_id=self.secret_topic.id, **values)

    def entry(self, ticket: Ticket, author: Person | None = None, **values: Any) -> Comment:
        body = values.pop("body", "Ich schaue nach.")
        return self.world.say(author or self.people[AGENT], ticket, body, **values)

    def scheduled(self, ticket: Ticket, author: Person, body: str = "Morgen mehr.") -> ScheduledReply:
        """A reply of somebody that waits for its time."""
        later = LaterReply(body=body, due_at=clock.now() + timedelta(days=1))
        return run_unit(lambda: schedule(self.world.actor(author), ticket.id, later))

    def foreign_entry(self) -> Comment:
        return self.world.say(self.neighbour, self.foreign_ticket())

    def file(
        self,
        ticket: Ticket,
        *,
        comment: Comment | None = None,
        data: bytes = b"plain text",
        name: str = "notes",
        ending: str = "txt",
    ) -> Attachment:
        """A stored file of a ticket."""
        with self.world.app.app_context():
            kept = self.world.app.extensions["storage"].put(BytesIO(data), 10**6)
        made = Attachment(
            ticket_id=ticket.id,
            comment_id=comment.id if comment else None,
            uploader_id=ticket.requester_id,
            sha256=kept.sha256,
            filename=f"{name}.{ending}",
            content_type="text/plain",
            size=kept.size,
            state=AttachmentState.CLEAN,
            created_at=clock.now(),
        )

        def work() -> None:
            db.session.add(made)
            db.session.get_one(Ticket, ticket.id).has_files = True

        run_unit(work)
        return made

    def mail(self, ticket: Ticket, comment: Comment | None = None) -> int:
        """A ticket, or an entry, was made of a mail; its id."""
        raw = letter()
        with self.world.app.app_context():
            kept = self.world.app.extensions["storage"].put(BytesIO(raw), 10**6)
        made = RawMail(
            account="import",
            message_id_hash=secrets.token_hex(32),
            content_hash=secrets.token_hex(32),
            sha256=kept.sha256,
            size=kept.size,
            kept_at=clock.now(),
            state=State.COMMENT if comment else State.TICKET,
            ticket_id=ticket.id,
            comment_id=comment.id if comment else None,
        )
        run_unit(lambda: db.session.add(made))
        return made.id

    def upload(self, person: Person) -> Attachment:
        """A file somebody uploaded that nothing has taken yet."""
        made = self.file(self.world.ticket(person))

        def loosen() -> None:
            row = db.session.get_one(Attachment, made.id)
            row.ticket_id, row.uploader_id = None, person.id

        run_unit(loosen)
        return made

    def arriving(self, person: Person, data: bytes = PART) -> int:
        """The id of an upload of somebody whose only part is there and which nobody has finished."""
        actor = self.world.actor(person)
        kept = self.world.app.extensions["storage"].put(BytesIO(data), 10**6)
        file = Announced(filename="notes.txt", size=kept.size)
        made = run_unit(lambda: uploading.begin(actor, file, limit=10**6))
        run_unit(lambda: uploading.take_part(actor, made.id, 1, kept.sha256, kept.size))
        return made.id

    def picture_of(self, person: Person) -> Person:
        """A person with an avatar."""
        with self.world.app.app_context():
            sha = self.world.app.extensions["storage"].put(BytesIO(b"a picture"), 10**6).sha256

        def work() -> None:
            db.session.get_one(Person, person.id).avatar_sha256 = sha

        run_unit(work)
        return person

    def link(self, purpose: TokenPurpose) -> tuple[int, str]:
        """A one-time link of somebody: the id of its row, and the token."""
        owner = self.world.customer(verified_at=None)
        row = run_unit(lambda: tokens.issue(owner.id, purpose, detail=f"new.{owner.email}"))
        path = tokens.link_for(row.id) or ""
        return row.id, path.rsplit("/", 1)[-1]

    def organisation(self) -> Organisation:
        return self.world.organisation(f"Muster AG {next(self._numbers)}")

    def colleague(self, level: int = 1) -> Person:
        return self.world.person(Role.SUPPORT_AGENT, support_level=level)


def variants(
    own: dict[str, str], foreign: dict[str, str | None], missing: dict[str, str]
) -> Iterator[Variant]:
    """Every way to ask: with each thing in turn missing or foreign, and at last for what is one's own."""
    for name in own:
        yield Variant(f"missing {name}", own | {name: missing[name]})
        stranger = foreign[name]
        if stranger is not None:
            yield Variant(f"foreign {name}", own | {name: stranger})
    yield Variant("own", own)
