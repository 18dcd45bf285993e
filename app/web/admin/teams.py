"""`/admin/teams`: the list, a new team, a team's properties and its Teams address."""

from __future__ import annotations

from typing import Annotated, Any

from flask import current_app
from pydantic import Field

from app.accounts import belonging
from app.accounts.access import team_for
from app.accounts.actions import team_webhooks
from app.accounts.actions import teams as actions
from app.accounts.schemas import ChangeTeam, NewTeam
from app.accounts.team_webhooks import webhook_of
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command, Line
from app.integrations.guard import matches, taken_apart
from app.integrations.outcome import Undeliverable
from app.integrations.teams import HOST_PATTERNS, mask
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form


class Webhook(Command):
    """A new Teams address, or the wish to forget the one there is."""

    webhook_url: Annotated[Line, Field(max_length=2000)] = ""
    forget: bool = False


@door.page("/admin/teams", allow="admin.teams")
def teams(_actor: Actor) -> str:
    """Every team."""
    return page.render("admin/teams.html", rows=belonging.teams())


def _new_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render("admin/team_new.html", form=form)


@door.page("/admin/teams/new", allow="admin.teams")
def new_team(actor: Actor) -> str:
    """The empty form."""
    return _new_page(actor, Form({"auto_assign": True}))


@door.deed("/admin/teams/new", allow="admin.teams", takes=NewTeam, again=_new_page)
def create_team(actor: Actor, command: NewTeam) -> Any:
    """Make a team and go to its page, where its members are named."""
    team = actions.create(command, actor=actor)
    page.say(_("“%(name)s” was saved. Add its members now.", name=team.name))
    return page.go("admin.team", team_id=team.id)


def team_page(actor: Actor, team_id: int, **forms: Form[Any]) -> str:
    """A team's page; ``forms`` are those that came back with problems, by the name the template has for them."""
    team = team_for(actor, team_id)
    names = ("name", "is_confidential", "auto_assign", "is_active", "is_default", "version")
    shown: dict[str, Form[Any]] = {
        "team_form": Form({name: getattr(team, name) for name in names}),
        "webhook_form": Form(),
        "member_form": Form(),
    }
    bad = next(iter(forms.values()), Form())
    return page.render(
        "admin/team.html",
        team=team,
        form=bad,
        **(shown | forms),
        members=belonging.members(team.id),
        newcomers=belonging.newcomers(team.id),
        webhook=mask(webhook_of(team)) if team.teams_webhook else "",
    )


@door.page("/admin/teams/<int:team_id>", allow="admin.teams")
def team(actor: Actor, team_id: int) -> str:
    """A team: properties, Teams address, members."""
    return team_page(actor, team_id)


def _properties_again(actor: Actor, form: Form[Any], team_id: int) -> str:
    return team_page(actor, team_id, team_form=form)


@door.deed("/admin/teams/<int:team_id>", allow="admin.teams", takes=ChangeTeam, again=_properties_again)
def change_team(actor: Actor, command: ChangeTeam, team_id: int) -> Any:
    """Save a team's properties."""
    team = team_for(actor, team_id, lock=True)
    actions.change(team, command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=team.name))
    return page.go("admin.team", team_id=team.id)


def _webhook_again(actor: Actor, form: Form[Any], team_id: int) -> str:
    return team_page(actor, team_id, webhook_form=form)


@door.deed("/admin/teams/<int:team_id>/webhook", allow="admin.teams", takes=Webhook, again=_webhook_again)
def change_webhook(actor: Actor, command: Webhook, team_id: int) -> Any:
    """Keep a new Teams address, or forget it."""
    team = team_for(actor, team_id, lock=True)
    if not command.forget:
        check_webhook(command.webhook_url)
    team_webhooks.set_webhook(team, "" if command.forget else command.webhook_url, actor=actor)
    page.say(_("The Teams address was removed.") if command.forget else _("The Teams address was saved."))
    return page.go("admin.team", team_id=team.id)


def check_webhook(address: str) -> None:
    """Whether cards may go there: the hosts of Workflows, or those the installation allows.

    Raises:
        Invalid: no such address.
    """
    allowed = current_app.extensions["settings"].outbound_allow
    try:
        scheme, host, _port = taken_apart(address)
    except Undeliverable as refused:
        raise Invalid(
            {"webhook_url": _("Please enter the address that Teams shows for the workflow.")}
        ) from refused
    if matches(host, tuple(allowed)):
        return
    if scheme != "https" or not matches(host, HOST_PATTERNS):
        hosts = ", ".join(HOST_PATTERNS)
        raise Invalid(
            {"webhook_url": _("Teams addresses begin with https and end in one of %(hosts)s.", hosts=hosts)}
        )
