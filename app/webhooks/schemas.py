"""What comes in about webhooks."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue

from app.core.schema import Command, Id, Line
from app.webhooks.words import WebhookKind

MAX_URL = 500
Name = Annotated[Line, Field(min_length=1, max_length=80)]
# What documents say of an address; whether it may be called, also one named in OUTBOUND_ALLOW, the verb judges.
PUBLIC_URL: dict[str, JsonValue] = {
    "format": "uri",
    "pattern": r"^https://([a-z0-9-]+\.)+[a-z][a-z0-9-]{1,62}(/[!-\[\]-~]*)?$",
}
Url = Annotated[Line, Field(min_length=1, max_length=MAX_URL, json_schema_extra=PUBLIC_URL)]
Kinds = Annotated[list[WebhookKind], Field(min_length=1, max_length=len(WebhookKind))]
TeamIds = Annotated[list[Id], Field(max_length=50)]
EXAMPLE: dict[str, JsonValue] = {
    "name": "Inventory",
    "url": "https://inventory.firma.example/helpdesk",
    "kinds": ["ticket.opened", "ticket.status_changed"],
}


class NewWebhook(Command):
    """An address to call. Without `team_ids` it hears of every team that is not confidential.

    `with_devices`: it is also told the devices of the people who are told of an event, to reach them by push services.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    url: Url
    kinds: Kinds
    team_ids: TeamIds = Field(default_factory=list)
    with_devices: bool = False
    is_active: bool = True


class ChangeWebhook(Command):
    """What is to be different; what is missing or null stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_active": False}]})

    name: Name | None = None
    url: Url | None = None
    kinds: Kinds | None = None
    team_ids: TeamIds | None = None
    with_devices: bool | None = None
    is_active: bool | None = None


class NewSecret(Command):
    """A new secret. `keep_former`: the present one signs as well for a day; false after it became known to others."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"keep_former": True}]})

    keep_former: bool = True
