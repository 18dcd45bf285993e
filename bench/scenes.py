"""What is measured: each scene is a request, made ready once for a house."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from app.accounts.actors import actor_for_person
from app.accounts.models import Person, SignIn
from app.accounts.words import Role
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import run_unit
from app.tickets import walks
from app.tickets.access import visible_to
from app.tickets.listing import QueueQuery, View
from app.tickets.models import Comment, Ticket
from app.tickets.plans import plan_for
from app.tickets.words import Phase, number_of
from bench.client import Answer, Client

TOKEN = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
FAR_PAGE = 1000
ENTRIES = 50


@dataclass(frozen=True)
class Viewer:
    """Somebody signed in: the cookie header and the actor behind it."""

    cookie: str
    actor: Actor


def sign_in(app: Flask, role: Role) -> Viewer:
    """The first person of a role, signed in without a password."""
    person = db.session.scalars(
        sa.select(Person).where(Person.role == role).order_by(Person.id).limit(1)
    ).one()
    token, now = crypto.token(), clock.now()
    row = SignIn(
        token_hash=crypto.digest(token),
        person_id=person.id,
        created_at=now,
        seen_at=now,
        expires_at=now + timedelta(days=2),
        confirmed_at=now,
    )
    run_unit(lambda: db.session.add(row))
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["sid"] = token
    cookie = browser.get_cookie(app.config["SESSION_COOKIE_NAME"])
    return Viewer(f"{cookie.key}={cookie.value}" if cookie else "", actor_for_person(person))


def far_cursor(actor: Actor, query: QueueQuery, pages: int) -> str | None:
    """The cursor of a page far behind, found by stepping over the keys; None when the list is shorter."""
    plan = plan_for(actor, query)
    heads = plan.params | {"take": pages * query.limit}
    keys = walks.head(plan.shape()).subquery()
    last = sa.select(keys).order_by(*(keys.c[name] for name in (*query.order.columns, "id")))
    row = db.session.execute(last.offset((pages - 1) * query.limit - 1).limit(1), heads).first()
    return query.cursor_at("n", tuple(row)) if row else None


def long_ticket(actor: Actor) -> int:
    """A ticket with fifty entries that the actor sees."""
    newest = sa.select(sa.func.max(Ticket.id)).scalar_subquery()
    query = (
        sa.select(Comment.ticket_id)
        .join(Ticket, Ticket.id == Comment.ticket_id)
        .where(Comment.ticket_id > newest - 20_000, visible_to(actor))
        .group_by(Comment.ticket_id)
        .having(sa.func.count() >= ENTRIES)
    )
    return db.session.scalars(query.limit(1)).one()


def reading(app: Flask, agent: Viewer, admin: Viewer) -> dict[str, tuple[str, str]]:
    """Pages to read: name → address and cookie."""
    own, everything = QueueQuery(view=View.OPEN), QueueQuery(view=View.ALL_ACTIVE)
    pages = {
        "plain": ("/plain/", ""),
        "bare": ("/bench/bare", ""),
        "page": ("/bench/page", agent.cookie),
        "queue, own teams": ("/tickets?view=open", agent.cookie),
        "queue, all teams": ("/tickets?view=all_active", admin.cookie),
        "queue, overdue": ("/tickets?view=overdue", agent.cookie),
        "queue, one filter": ("/tickets?view=open&priority=high", agent.cookie),
        "ticket, 50 entries": (f"/tickets/{number_of(long_ticket(agent.actor))}", agent.cookie),
    }
    for pages_on in (FAR_PAGE, 10):
        cursor = far_cursor(admin.actor, everything, pages_on)
        if cursor:
            pages["queue, page 1,000"] = (f"/tickets?view=all_active&cursor={cursor}", admin.cookie)
            break
    assert own.limit == everything.limit
    return pages


def writing(client: Client) -> dict[str, Callable[[], Answer]]:
    """Forms to send: name → a request that is new each time."""
    answer = client.get("/tickets/new")
    found = TOKEN.search(answer.body)
    if answer.status != 200 or not found:
        raise RuntimeError(f"no form to send: {answer.status}")
    token = found[1].decode()
    if "set-cookie" in answer.headers:
        client.cookie = answer.headers["set-cookie"].partition(";")[0]
    customer = db.session.scalars(sa.select(Person.id).where(Person.role == Role.CUSTOMER).limit(1)).one()
    mine = sa.select(Ticket.id).where(Ticket.phase == Phase.ACTIVE, Ticket.first_response_at.is_not(None))
    target = number_of(db.session.scalars(mine.order_by(Ticket.id.desc()).limit(1)).one())

    def create() -> Answer:
        fields = {
            "csrf_token": token,
            "_once": secrets.token_urlsafe(16),
            "title": "Drucker druckt nur leere Seiten",
            "description": "Seit heute Morgen kommen nur leere Seiten heraus.\n\nBitte um Hilfe.",
            "requester_id": str(customer),
            "channel": "agent",
        }
        return client.post("/tickets/new", fields)

    def comment() -> Answer:
        fields = {
            "csrf_token": token,
            "_once": secrets.token_urlsafe(16),
            "body": "Wir haben die Berechtigung **ergänzt**, bitte melden Sie sich einmal neu an.",
        }
        return client.post(f"/tickets/{target}/reply", fields)

    return {"create": create, "comment": comment}
