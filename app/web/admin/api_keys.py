"""`/admin/api-keys`: keys by which programs act in somebody's name: made, shown once, looked over, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from flask import url_for
from pydantic import Field

from app.accounts.access import api_key_for, must_have_confirmed
from app.accounts.actions import keys as actions
from app.accounts.key_queries import lines
from app.accounts.key_queries import page as key_page
from app.accounts.key_schemas import KeyName, KeyTeams, NewApiKey, Scopes
from app.accounts.key_words import SCOPE_NAMES, KeyState
from app.accounts.queries import find_by_email, team_choices
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Invalid, PasswordNeeded
from app.core.language import Lazy, _
from app.core.schema import Command, Line
from app.web.admin.door import door
from app.web.admin.mail_account_forms import confirm_first
from app.web.kit import page
from app.web.kit.forms import Form

DAYS = ("7", "30", "90", "180", "365")
# How a key stands: tone, icon and words of its tag.
STATES: dict[KeyState, tuple[str, str, Lazy]] = {
    KeyState.GOOD: ("ok", "check-circle", Lazy("Counts", "API key")),
    KeyState.EXPIRED: ("neutral", "archive", Lazy("Ran out", "API key")),
    KeyState.REVOKED: ("danger", "x-circle", Lazy("Revoked", "API key")),
    KeyState.OWNER_INACTIVE: ("warn", "exclamation-triangle-fill", Lazy("Person deactivated", "API key")),
}


class KeyTurn(Command):
    """Which page of the list."""

    cursor: Annotated[Line, Field(max_length=500)] = ""


class KeyForm(Command):
    """What the form sends. ``person``: the address of whom it acts for, empty for whoever makes it."""

    name: KeyName
    person: Annotated[Line, Field(max_length=254)] = ""
    scopes: Scopes
    team_ids: KeyTeams = Field(default_factory=list)
    days: Literal["7", "30", "90", "180", "365"] = "90"


@door.page("/admin/api-keys", allow="api_keys.manage", query=KeyTurn)
def list_api_keys(actor: Actor, query: KeyTurn) -> str:
    """Every key, the newest first: whom it acts for, what it opens, how long, and when it was used."""
    found, count = key_page(actor, query.cursor)
    here = url_for("admin.list_api_keys")
    return page.render(
        "admin/api_keys.html",
        rows=found.rows,
        count=count,
        states=STATES,
        teams=dict(team_choices(actor)),
        first_url=here if query.cursor else "",
        next_url=url_for("admin.list_api_keys", cursor=found.next_cursor) if found.next_cursor else "",
    )


def _form_page(actor: Actor, form: Form[Any]) -> str:
    return page.render(
        "admin/api_key_form.html",
        path="/admin/api-keys/new",
        form=form,
        scopes=[(scope.value, f"{name} ({scope.value})") for scope, name in SCOPE_NAMES.items()],
        teams=team_choices(actor),
        days=[(days, _("%(n)s days", n=days)) for days in DAYS],
    )


@door.page("/admin/api-keys/new", allow="api_keys.manage")
def new_api_key(actor: Actor) -> str:
    """The empty form."""
    must_have_confirmed(actor)
    return _form_page(actor, Form({"days": "90"}))


@door.deed(
    "/admin/api-keys/new",
    allow="api_keys.manage",
    takes=KeyForm,
    again=_form_page,
    shown_once="/admin/api-keys",
)
def make_api_key(actor: Actor, command: KeyForm) -> str:
    """Make a key and show it, this once."""
    given = NewApiKey(
        name=command.name,
        owner=_owner_id(command.person),
        scopes=command.scopes,
        team_ids=command.team_ids,
        expires_at=clock.now() + timedelta(days=int(command.days)),
    )
    try:
        made, text = actions.create(given, actor=actor)
    except PasswordNeeded as late:
        raise confirm_first() from late
    except Invalid as refusal:
        problems = {"person" if name == "owner" else name: told for name, told in refusal.problems.items()}
        raise Invalid(problems) from refusal
    return page.render("admin/api_key_made.html", name=made.name, text=text, until=made.expires_at)


def _owner_id(address: str) -> int | None:
    """Whom a key acts for, None for whoever makes it.

    Raises:
        Invalid: nobody has the address.
    """
    if not address:
        return None
    person = find_by_email(address)
    if person is None:
        raise Invalid({"person": _("Nobody here has this address.")})
    return person.id


def _revocation_page(actor: Actor, key_id: int) -> str:
    line = lines([api_key_for(actor, key_id)])[0]
    return page.render("admin/api_key_revoke.html", line=line, key=line.key)


@door.page("/admin/api-keys/<int:key_id>/revoke", allow="api_keys.manage")
def api_key_revocation(actor: Actor, key_id: int) -> str:
    """What revoking it means."""
    found = _revocation_page(actor, key_id)
    must_have_confirmed(actor)
    return found


@door.deed("/admin/api-keys/<int:key_id>/revoke", allow="api_keys.manage")
def revoke_key(actor: Actor, key_id: int) -> Any:
    """Let it open nothing any more."""
    key = api_key_for(actor, key_id, lock=True)
    name = key.name
    actions.revoke(key, actor=actor)
    page.say(_("“%(name)s” opens nothing any more.", name=name))
    return page.go("admin.list_api_keys")
