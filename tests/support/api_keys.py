"""API keys for tests: made by an administrator whose password is fresh, and programs that bring one."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from flask import Flask

from app.accounts.actions import keys
from app.accounts.actors import SHELL
from app.accounts.key_schemas import NewApiKey
from app.accounts.key_words import Scope
from app.accounts.models import Person, Team
from app.accounts.program_models import ApiKey
from app.core.db import db
from app.core.uow import run_unit
from tests.support.programs import Caller, Program
from tests.support.world import World

EVERYTHING = tuple(Scope)
PATH = "/api/v1/api-keys"
BODY = {"name": "Inventory", "scopes": ["tickets:read", "events:read"]}
OF_TICKETS = (Scope.TICKETS_READ, Scope.TICKETS_WRITE, Scope.EVENTS_READ)


def key_for(
    person: Person, *scopes: Scope, teams: tuple[Team, ...] = (), expires_at: datetime | None = None
) -> tuple[int, str]:
    """A key that acts for somebody (everything, when no scopes are named): its id and its text."""
    team_ids = [team.id for team in teams]
    command = NewApiKey(
        name="Inventar",
        owner=person.id,
        scopes=list(scopes or EVERYTHING),
        team_ids=team_ids,
        expires_at=expires_at,
    )
    row, text = run_unit(partial(keys.create, command, actor=SHELL))
    return row.id, text


def revoke(key_id: int) -> None:
    """Take a key back."""

    def work() -> None:
        keys.revoke(db.session.get_one(ApiKey, key_id, with_for_update=True), actor=SHELL)

    run_unit(work)


def row_of(key_id: int) -> ApiKey:
    """What is stored of a key now."""
    db.session.rollback()
    return db.session.get_one(ApiKey, key_id, populate_existing=True)


class Keyed(Caller):
    """A program that brings a key with each call."""

    def __init__(self, app: Flask, text: str) -> None:
        super().__init__(app)
        self.text = text

    def proof(self) -> dict[str, str]:
        """Its key."""
        return {"X-API-Key": self.text}


def keyed(world: World, person: Person, *scopes: Scope, **limits: Any) -> Keyed:
    """A program with a new key that acts for somebody."""
    return Keyed(world.app, key_for(person, *scopes, **limits)[1])


def make(program: Program, **values: Any) -> dict[str, Any]:
    """A key as an administrator's program makes it."""
    answer = program.post(PATH, BODY | values)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made
