"""API keys for tests: made by an administrator whose password is fresh, and programs that bring one."""

from __future__ import annotations

import contextvars
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

EVERYTHING = tuple(Scope)
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


class Keyed:
    """A program that brings a key with each call."""

    def __init__(self, app: Flask, text: str) -> None:
        self.client = app.test_client(use_cookies=False)
        self.text = text

    def send(self, method: str, path: str, **options: Any) -> Any:
        """One call."""
        headers = {"X-API-Key": self.text} | dict(options.pop("headers", {}))
        db.session.rollback()
        answer = contextvars.Context().run(
            self.client.open, path, method=method, headers=headers, buffered=True, **options
        )
        db.session.rollback()
        return answer

    def get(self, path: str, **options: Any) -> Any:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """A change; ``body`` goes as JSON."""
        return self.send("POST", path, **(options if body is None else {"json": body} | options))
