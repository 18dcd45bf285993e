"""What leaves the house: every mail to whom it would go, every card, written as the relay would write them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import Person, Team
from app.core import clock
from app.core.db import db
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
    """Every card that would be posted for what happened so far, to whichever team hears of it."""
    teams = consumer("teams")
    assert isinstance(teams, Teams)
    found = []
    for event in db.session.scalars(sa.select(Event).order_by(Event.id)):
        for team_id in db.session.scalars(sa.select(Team.id)) if teams.wants(event.kind) else ():
            delivery = Delivery(event_id=event.id, consumer="teams", target=f"team:{team_id}")
            post = teams.prepare(event, delivery)
            found += [repr(post.card)] if post else []
    return found
