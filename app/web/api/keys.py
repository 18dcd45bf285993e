"""`/api-keys`: keys by which programs act in somebody's name; for administrators, and never by a key."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field

from app.accounts.access import api_key_for
from app.accounts.actions import keys as actions
from app.accounts.key_queries import KeyLine, lines, page
from app.accounts.key_schemas import KeyName, KeyTeams, NewApiKey, Scopes
from app.accounts.key_words import KeyState, Scope
from app.core.actor import Actor
from app.core.schema import Command, Id
from app.core.uow import run_unit
from app.web.api.door import door
from app.web.api.ticket_commands import Instant, example
from app.web.kit.json_answers import Answer
from app.web.kit.json_lists import Listing, Paged, listing

if TYPE_CHECKING:
    from app.accounts.queries import PersonName


class KeyPerson(Answer):
    """Whom a key acts for, or who made it."""

    id: int
    full_name: str


class ApiKey(Answer):
    """A key without its text. `prefix` is how it begins after `hd_`; without `team_ids` no team is closed to it."""

    id: int
    name: str
    prefix: str
    state: KeyState
    owner: KeyPerson
    scopes: list[Scope]
    team_ids: list[int]
    expires_at: datetime
    last_used_at: datetime | None
    last_used_network: str
    created_by: KeyPerson | None
    created_at: datetime
    revoked_at: datetime | None


class ApiKeyWithText(ApiKey):
    """A new key with its text, which is shown this once."""

    key: str


class NewKeyCall(Command):
    """A key. Without `owner` it acts for you; without `expires_at` it ends after 90 days, at the latest after a year.

    A key that is limited to teams (`team_ids`) has scopes of tickets and events only.
    """

    model_config = example(
        name="Inventory", scopes=["tickets:read", "events:read"], expires_at="2027-05-31T22:00:00Z"
    )

    name: KeyName
    owner: Id | None = None
    scopes: Scopes
    team_ids: KeyTeams = Field(default_factory=list)
    expires_at: Instant | None = None


@door.read("/api-keys", allow="api_keys.manage", gives=Listing[ApiKey], query=Paged)
def api_keys(actor: Actor, query: Paged) -> Listing[ApiKey]:
    """All keys, the newest first; those that ended stay in the list for 90 days."""
    found, count = page(actor, query.cursor, query.limit)
    return listing(Listing[ApiKey], [ApiKey(**_fields(line)) for line in found.rows], found, count)


@door.change(
    "/api-keys", allow="api_keys.manage", takes=NewKeyCall, gives=ApiKeyWithText, status=201, own_unit=True
)
def create_api_key(actor: Actor, command: NewKeyCall) -> tuple[ApiKeyWithText, str]:
    """A new key. Its text is in this answer and in no other; whom it acts for is told by mail.

    The password must have been given in the last ten minutes (403 with `password_needed`), see
    `POST /auth/confirm-password`.
    """

    def work() -> ApiKeyWithText:
        row, text = actions.create(NewApiKey(**dict(command)), actor=actor)
        return ApiKeyWithText(**_fields(lines([row])[0]), key=text)

    made = run_unit(work)
    return made, f"/api/v1/api-keys/{made.id}"


@door.change("/api-keys/<id:key_id>", allow="api_keys.manage", method="DELETE")
def revoke_api_key(actor: Actor, key_id: int) -> None:
    """Revoke a key: it opens nothing any more at once, and streams it had open end.

    The password must have been given in the last ten minutes.
    """
    actions.revoke(api_key_for(actor, key_id, lock=True), actor=actor)


def _fields(line: KeyLine) -> dict[str, object]:
    key = line.key
    same = ("id", "name", "prefix", "team_ids", "expires_at", "last_used_at", "last_used_network")
    return {name: getattr(key, name) for name in (*same, "created_at", "revoked_at")} | {
        "state": line.state,
        "owner": _person(line.owner),
        "scopes": [Scope(scope) for scope in key.scopes],
        "created_by": line.maker and _person(line.maker),
    }


def _person(who: PersonName) -> KeyPerson:
    return KeyPerson(id=who.id, full_name=who.full_name)
