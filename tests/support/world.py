"""People, teams and tickets for tests, made through the rooms' own verbs where these exist."""

from __future__ import annotations

import contextvars
import itertools
import re
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import actors
from app.accounts.actions import defaults as account_defaults
from app.accounts.actors import actor_for_person
from app.accounts.models import Membership, Organisation, Person, PersonAddress, SignIn, Team
from app.accounts.words import STAFF, Role
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import run_unit
from app.events import relay
from app.sla.actions import defaults as sla_defaults
from app.tickets.actions import defaults as ticket_defaults
from app.tickets.actions.opening import open_ticket
from app.tickets.actions.replying import add_comment
from app.tickets.models import Comment, Ticket
from app.tickets.schemas import NewComment, NewTicket
from app.tickets.words import Channel

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class World:
    """A small firm: one default team, and people as a test asks for them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._numbers = itertools.count(1)
        run_unit(self._defaults)
        self.team = db.session.scalars(sa.select(Team).where(Team.is_default.is_(True))).one()

    def _defaults(self) -> None:
        account_defaults.ensure_default_team()
        sla_defaults.ensure_default_policy()
        ticket_defaults.ensure_categories()

    def make_team(self, name: str, **values: Any) -> Team:
        """Another team."""
        team = Team(name=name, created_at=clock.now(), **values)
        run_unit(lambda: db.session.add(team))
        actors.forget()
        return team

    def organisation(self, name: str) -> Organisation:
        """An organisation customers may belong to."""
        made = Organisation(name=name, created_at=clock.now())
        run_unit(lambda: db.session.add(made))
        return made

    def person(self, role: Role = Role.CUSTOMER, *, teams: list[Team] | None = None, **values: Any) -> Person:
        """A person; staff without ``teams`` belong to the default team."""
        n = next(self._numbers)
        email = values.pop("email", f"{role.value.replace('_', '.')}{n}@firma.example")
        given: dict[str, Any] = {
            "first_name": values.pop("first_name", "Mia"),
            "last_name": values.pop("last_name", f"Muster{n}"),
            "support_level": 2 if role is Role.SUPPORT_AGENT else 0,
            "verified_at": clock.now(),
            "created_at": clock.now(),
        } | values
        made = Person(email=email, email_key=email.lower(), role=role, **given)
        made.search_key = f"{made.last_name} {made.first_name}".lower()
        belongs = teams if teams is not None else ([self.team] if role in STAFF else [])

        def add() -> None:
            db.session.add(made)
            db.session.flush()
            for team in belongs:
                db.session.add(Membership(team_id=team.id, person_id=made.id, leads=role is Role.TEAM_LEADER))

        run_unit(add)
        return made

    def customer(self, **values: Any) -> Person:
        return self.person(Role.CUSTOMER, **values)

    def agent(self, **values: Any) -> Person:
        return self.person(Role.SUPPORT_AGENT, **values)

    def leader(self, **values: Any) -> Person:
        return self.person(Role.TEAM_LEADER, **values)

    def admin(self, **values: Any) -> Person:
        return self.person(Role.ADMIN, **values)

    def further(self, person: Person, email: str, *, confirmed: bool = True) -> PersonAddress:
        """A further address of a person, waiting for its confirmation or not."""
        now = clock.now()
        key, verified = (email.lower(), now) if confirmed else (None, None)
        row = PersonAddress(
            person_id=person.id, email=email, email_key=key, verified_at=verified, created_at=now
        )
        run_unit(lambda: db.session.add(row))
        return row

    def ticket(self, requester: Person, *, channel: Channel = Channel.WEB, **values: Any) -> Ticket:
        """A ticket of somebody, as the portal would open it."""
        given = {"title": "Drucker druckt nicht", "description": "Nur leere Seiten."} | values
        actor = self.actor(requester)
        return run_unit(lambda: open_ticket(NewTicket(**given), actor=actor, channel=channel))

    def say(self, person: Person, ticket: Ticket, body: str = "Ich schaue nach.", **values: Any) -> Comment:
        """An entry of somebody in the conversation of a ticket."""
        command = NewComment(body=body, **values)
        return run_unit(lambda: add_comment(self.actor(person), ticket.id, command))

    def actor(self, person: Person) -> Actor:
        """The actor of a person as a door would make it."""
        return actor_for_person(person)

    def browser(self, person: Person | None = None) -> Browser:
        """A browser, signed in as a person."""
        return Browser(self.app, person)

    def relay(self) -> int:
        """Let the relay work until nothing is due."""
        return relay.run()


class Browser:
    """A browser as the test client drives it: fetches the CSRF token like a form does."""

    def __init__(self, app: Flask, person: Person | None) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = ""
        if person is not None:
            self._sign_in(person)

    def _sign_in(self, person: Person) -> None:
        token = crypto.token()
        now = clock.now()
        run_unit(
            lambda: db.session.add(
                SignIn(
                    token_hash=crypto.digest(token),
                    person_id=person.id,
                    created_at=now,
                    seen_at=now,
                    expires_at=now.replace(year=now.year + 1),
                    confirmed_at=now,
                )
            )
        )
        with self.client.session_transaction() as session:
            session["sid"] = token

    def get(self, path: str, **options: Any) -> Any:
        """Read a page and remember the CSRF token in it."""
        answer = self._send(self.client.get, path, **options)
        if answer.mimetype == "text/html":
            found = TOKEN.search(answer.get_data(as_text=True))
            self.token = found[1] if found else self.token
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        """Send a form with the CSRF token of the last page (any page of the house has one)."""
        if not self.token:
            self.get("/auth/login")
        return self._send(self.client.post, path, data={"csrf_token": self.token} | (data or {}), **options)

    @staticmethod
    def _send(method: Any, path: str, **options: Any) -> Any:
        """A request sees nothing of the test's context, and the test reads anew what the request wrote."""
        db.session.rollback()
        answer = contextvars.Context().run(method, path, **options)
        db.session.rollback()
        return answer
