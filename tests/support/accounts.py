"""Passwords, sign-ins and one-time links for tests about accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from app.accounts import passwords, sign_ins, tokens
from app.accounts.actors import actor_for_token
from app.accounts.models import Person
from app.accounts.sign_ins import Browser as SeenBrowser
from app.core import rates
from app.core.actor import Actor
from app.core.db import db
from app.core.environment import environment, use
from app.core.uow import run_unit
from app.events.models import Event

PASSWORD = "Ostsee-Wind-7"
ANOTHER = "Leuchtturm im Nebel"


def give_password(person: Person, password: str = PASSWORD) -> Person:
    """Let a person sign in with a password."""
    password_hash = passwords.hashed(password)

    def write() -> None:
        found = db.session.get(Person, person.id)
        assert found is not None
        found.password_hash = password_hash

    run_unit(write)
    return person


def signed_in(person: Person) -> Actor:
    """The actor of a person who signed in this moment."""
    token = run_unit(lambda: sign_ins.begin(person, SeenBrowser("Testbrowser/1", "192.0.2.0")))
    found = actor_for_token(token)
    assert found is not None
    return found[0]


def facts(kind: str) -> list[dict[str, Any]]:
    """Payloads of the log of one kind, oldest first, with actor and subject."""
    rows = db.session.scalars(sa.select(Event).where(Event.kind == kind).order_by(Event.id))
    return [row.payload | {"actor": row.actor_id, "subject": row.subject_id} for row in rows]


def link_of(kind: str) -> str:
    """The path of the link that the newest fact of a kind is about, as its mail would carry it."""
    link = tokens.link_for(facts(kind)[-1]["token_id"])
    assert link is not None
    return link.removeprefix("http://localhost")


def token_of(kind: str) -> str:
    """The token in that link."""
    return link_of(kind).rpartition("/")[2]


@contextmanager
def limits_on() -> Iterator[None]:
    """The limits that most tests do without, counted from nothing."""
    before = environment()
    rates.limiter_for.cache_clear()
    use(replace(before, rate_limits=True))
    try:
        yield
    finally:
        use(before)


def reload(person: Person) -> Person:
    """A person as the table has it now."""
    db.session.rollback()
    found = db.session.get(Person, person.id, populate_existing=True)
    assert found is not None
    return found


def try_sign_in(browser: Any, email: str, password: str = PASSWORD, **options: Any) -> Any:
    """Fetch the sign-in form and send it."""
    browser.get("/auth/login")
    data = {"email": email, "password": password} | options.pop("data", {})
    return browser.post("/auth/login", data, **options)
