"""The devices that are told of news: one's own ones, and those of whoever is to be told."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from app.accounts.models import Device, Person, SignIn
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.paging import Page, by_id


def page(actor: Actor, cursor: str, limit: int) -> tuple[Page[Device], int]:
    """A page of the actor's own devices in the order they came, and how many there are.

    Raises:
        Invalid: a damaged cursor.
    """
    own = _alive().where(Device.person_id == actor.person_id)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(own.subquery())) or 0
    return by_id(own, Device.id, cursor, limit), count


def device_for(actor: Actor, device_id: int, *, lock: bool = False) -> Device:
    """One of the actor's own devices.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    query = _alive().where(Device.id == device_id, Device.person_id == actor.person_id)
    found = db.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound
    return found


def of_people(person_ids: Iterable[int]) -> list[Device]:
    """The devices of people who may be told of something, with one statement; of deactivated ones none."""
    wanted = set(person_ids)
    if not wanted:
        return []
    query = _alive().join(Person, Person.id == Device.person_id).where(Person.is_active.is_(True))
    return list(db.session.scalars(query.where(Device.person_id.in_(wanted)).order_by(Device.id)))


def _alive() -> sa.Select[tuple[Device]]:
    """Devices whose sign-in still stands."""
    return (
        sa.select(Device).join(SignIn, SignIn.id == Device.sign_in_id).where(SignIn.expires_at > clock.now())
    )
