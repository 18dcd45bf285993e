"""What leaves the house: every mail to whom it would go, every card, written as the relay would write them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Person, PersonWebhook, Team
from app.accounts.words import STAFF
from app.core import clock, crypto
from app.core.db import db
from app.core.uow import run_unit
from app.events.consumers import consumer
from app.events.models import Delivery, Event
from app.notifications.channels.teams import Teams
from app.notifications.outbox import outbox
from tests.support.world import World


@dataclass(frozen=True)
class Mail:
    """A mail and the role of whoever gets it."""

    recipient: str
    role: str
    text: str


def mails(world: World) -> list[Mail]:
    """Every mail that may go out now, as it would be sent; what may still be taken back is not among them."""
    world.relay()
    roles = {person.email: str(person.role) for person in db.session.scalars(sa.select(Person))}
    return [
        Mail(one.recipient, roles.get(one.recipient, ""), f"{one.subject}\n{one.text}\n{one.html}")
        for one in outbox(10_000)
        if one.subject and not (one.delivery.due_at and one.delivery.due_at > clock.now())
    ]


def cards() -> list[str]:
    """Every card that would be posted for what happened so far, one by one and all as one, to whoever hears of it."""
    teams = consumer("teams")
    assert isinstance(teams, Teams)
    run_unit(_give_channels)
    events = [one for one in db.session.scalars(sa.select(Event).order_by(Event.id)) if teams.wants(one.kind)]
    targets = [f"team:{team_id}" for team_id in db.session.scalars(sa.select(Team.id))]
    targets += [f"person:{one}" for one in db.session.scalars(sa.select(PersonWebhook.person_id))]
    found = []
    for target in targets:
        made = [Delivery(event_id=event.id, consumer="teams", target=target) for event in events]
        posts = [teams.prepare(event, one) for event, one in zip(events, made, strict=True)]
        posts.append(teams.prepare_many(events, made)[0] if made else None)
        found += [repr(post.card) for post in posts if post]
    return found


def _give_channels() -> None:
    """Let all staff have a channel of their own in Teams."""
    known = set(db.session.scalars(sa.select(PersonWebhook.person_id)))
    address = crypto.encrypt("https://sample.logic.azure.com/own")
    for person_id in db.session.scalars(sa.select(Person.id).where(Person.role.in_(STAFF))):
        if person_id not in known:
            db.session.add(PersonWebhook(person_id=person_id, address=address, changed_at=clock.now()))
