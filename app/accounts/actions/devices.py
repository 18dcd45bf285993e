"""Devices come and go: each belongs to one sign-in, and leaves with it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app.accounts.events import DeviceAdded, DeviceRemoved
from app.accounts.models import Device, SignIn
from app.accounts.schemas import NewDevice
from app.core import clock, crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import NotSignedIn
from app.events.log import action, record

# Push services give out new tokens now and then, and the old ones are told by nobody.
MOST = 20


@action
def register(command: NewDevice, *, actor: Actor) -> Device:
    """Let a device be told of news. The same token is the same device, which moves to this person and sign-in.

    Of more than twenty devices the one that was heard of longest ago goes.

    Raises:
        NotSignedIn: the actor's sign-in has ended, or is none.
    """
    _hold_sign_in(actor)
    device = _find(command.token) or _add(command, actor)
    former, now = device.person_id, clock.now()
    device.person_id, device.sign_in_id = actor.person_id or 0, actor.sign_in_id or 0
    device.platform, device.name, device.seen_at = command.platform, command.name, now
    db.session.flush()
    if former != actor.person_id:
        gone = DeviceRemoved(device_id=device.id, how="moved")
        record(gone, actor=actor, subject=("person", former))
    added = DeviceAdded(device_id=device.id, platform=device.platform, moved=former != actor.person_id)
    record(added, actor=actor, subject=("person", actor.person_id or 0))
    _make_room(actor)
    return device


@action
def remove(device: Device, *, actor: Actor) -> None:
    """Tell a device of the actor nothing any more."""
    _drop(device, "by_person", actor)


def _hold_sign_in(actor: Actor) -> None:
    """Nobody signs out before the unit ends: the device would be left without its sign-in."""
    held = sa.select(SignIn.id).where(SignIn.id == actor.sign_in_id, SignIn.person_id == actor.person_id)
    if db.session.scalar(held.with_for_update()) is None:
        raise NotSignedIn


def _find(token: str) -> Device | None:
    known = sa.select(Device).where(Device.token_hash == crypto.digest(token)).with_for_update()
    return db.session.scalar(known.execution_options(populate_existing=True))


def _add(command: NewDevice, actor: Actor) -> Device:
    """A new row; the one of whoever was faster with the same token."""
    made = Device(
        person_id=actor.person_id,
        sign_in_id=actor.sign_in_id,
        platform=command.platform,
        token_hash=crypto.digest(command.token),
        sealed=crypto.encrypt(command.token),
        created_at=clock.now(),
        seen_at=clock.now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(made)
            db.session.flush()
    except IntegrityError:
        known = _find(command.token)
        if known is None:
            raise
        return known
    return made


def _make_room(actor: Actor) -> None:
    newest = sa.select(Device).where(Device.person_id == actor.person_id)
    for device in db.session.scalars(newest.order_by(Device.seen_at.desc(), Device.id.desc()).offset(MOST)):
        _drop(device, "too_many", actor)


def _drop(device: Device, how: str, actor: Actor) -> None:
    db.session.delete(device)
    db.session.flush()
    fact = DeviceRemoved(device_id=device.id, how=how)
    record(fact, actor=actor, subject=("person", device.person_id))
