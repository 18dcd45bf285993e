"""What stands in addresses of calls: tickets, comments, files, people, devices and API keys, by their ids."""

from __future__ import annotations

import secrets

from app.accounts.actions import devices
from app.accounts.models import Person
from app.accounts.schemas import NewDevice
from app.accounts.words import Platform
from app.core.uow import run_unit
from tests.security.sweep.stage import CUSTOMER, STAFF
from tests.security.sweep.things import NO_SUCH_ID, Asked, Trio, made_for
from tests.support.api_keys import key_for
from tests.support.programs import actor_of, signed_in_program


@made_for("ticket_id", "/api/v1/tickets")
def _ticket_called(asked: Asked) -> Trio:
    own_only = asked.role not in STAFF or asked.line.rule.endswith("/rating")
    stage = asked.stage
    ticket = stage.own_request(asked.role) if own_only else stage.team_ticket()
    asked.made["number"] = ticket
    return str(ticket.id), str(stage.foreign_ticket().id), NO_SUCH_ID


@made_for("comment_id", "/api/v1/tickets")
def _comment_called(asked: Asked) -> Trio:
    author = asked.person if asked.role in {CUSTOMER, *STAFF} else None
    entry = asked.stage.entry(asked.ticket, author)
    return str(entry.id), str(asked.stage.foreign_entry().id), NO_SUCH_ID


@made_for("upload_id", "/api/v1/attachments/uploads")
def _upload_called(asked: Asked) -> Trio:
    own, foreign = (asked.stage.arriving(person) for person in (asked.person, asked.stage.neighbour))
    return str(own), str(foreign), NO_SUCH_ID


@made_for("number", "/api/v1/attachments/uploads")
def _part_called(_asked: Asked) -> Trio:
    return "1", None, NO_SUCH_ID


@made_for("attachment_id", "/api/v1/attachments")
def _file_called(asked: Asked) -> Trio:
    stage = asked.stage
    ticket = stage.team_ticket() if asked.role in STAFF else stage.own_request(asked.role)
    return str(stage.file(ticket).id), str(stage.file(stage.foreign_ticket()).id), NO_SUCH_ID


@made_for("person_id", "/api/v1/users")
def _somebody_called(asked: Asked) -> Trio:
    """Staff see everybody; customers the staff who answer them, and no other customer."""
    stage = asked.stage
    if asked.role in STAFF:
        return str(stage.world.customer().id), None, NO_SUCH_ID
    return str(stage.colleague().id), str(stage.neighbour.id), NO_SUCH_ID


@made_for("device_id", "/api/v1/devices")
def _device_called(asked: Asked) -> Trio:
    return _device_of(asked.person), _device_of(asked.stage.neighbour), NO_SUCH_ID


def _device_of(person: Person) -> str:
    actor = actor_of(signed_in_program(person))
    command = NewDevice(platform=Platform.IOS, token=secrets.token_hex(32))
    return str(run_unit(lambda: devices.register(command, actor=actor)).id)


@made_for("key_id", "/api/v1/api-keys")
@made_for("key_id", "/admin/api-keys")
def _api_key(asked: Asked) -> Trio:
    return str(key_for(asked.stage.neighbour)[0]), None, NO_SUCH_ID
