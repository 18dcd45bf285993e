"""`/devices`: phones and browsers that are told of news by a push service; each person's own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.accounts import devices as own_devices
from app.accounts.actions import devices as verbs
from app.accounts.schemas import NewDevice
from app.accounts.words import Platform
from app.core.actor import Actor
from app.web.api.door import door
from app.web.kit.json_answers import Answer
from app.web.kit.json_lists import Listing, Paged, listing

if TYPE_CHECKING:
    from app.accounts.models import Device as Row


class Device(Answer):
    """A device. Its token is told to nobody. `is_this`: it belongs to the sign-in that asks."""

    id: int
    platform: Platform
    name: str
    is_this: bool
    created_at: datetime
    seen_at: datetime


@door.read("/devices", allow="profile.own", gives=Listing[Device], query=Paged)
def devices(actor: Actor, query: Paged) -> Listing[Device]:
    """Your devices, in the order they came."""
    page, count = own_devices.page(actor, query.cursor, query.limit)
    return listing(Listing[Device], [_shape(row, actor) for row in page.rows], page, count)


@door.change("/devices", allow="profile.own", takes=NewDevice, gives=Device, status=201)
def register_device(actor: Actor, command: NewDevice) -> tuple[Device, str]:
    """Let a device be told of news, for as long as this sign-in lasts.

    The same token is the same device: sent again, also after somebody else signed in on it, it moves to whoever sends
    it. Signing out removes it. Of more than twenty the one that was heard of longest ago goes.
    """
    made = verbs.register(command, actor=actor)
    return _shape(made, actor), f"/api/v1/devices/{made.id}"


@door.read("/devices/<id:device_id>", allow="profile.own", gives=Device)
def device(actor: Actor, device_id: int) -> Device:
    """One of your devices."""
    return _shape(own_devices.device_for(actor, device_id), actor)


@door.change("/devices/<id:device_id>", allow="profile.own", method="DELETE")
def remove_device(actor: Actor, device_id: int) -> None:
    """Tell one of your devices nothing any more; its sign-in goes on."""
    verbs.remove(own_devices.device_for(actor, device_id, lock=True), actor=actor)


def _shape(row: Row, actor: Actor) -> Device:
    return Device(
        id=row.id,
        platform=row.platform,
        name=row.name,
        is_this=row.sign_in_id == actor.sign_in_id,
        created_at=row.created_at,
        seen_at=row.seen_at,
    )
