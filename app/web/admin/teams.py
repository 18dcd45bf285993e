"""`/admin/teams`: the list, a new team, the page of a team with its properties; its channel stands in team_channels."""

from __future__ import annotations

from typing import Any

from app.accounts import belonging
from app.accounts.access import team_for
from app.accounts.actions import teams as actions
from app.accounts.schemas import ChangeTeam, NewTeam
from app.accounts.team_webhooks import kinds_of
from app.accounts.words import CARD_KIND_NAMES
from app.core.actor import Actor
from app.core.language import _
from app.notifications.card_trials import CardTrial, view_of
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form


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


def team_page(actor: Actor, team_id: int, *, trial: CardTrial | None = None, **forms: Form[Any]) -> str:
    """A team's page.

    Args:
        trial: how trying its channel in Teams just ended.
        forms: those that came back with problems, by the name the template has for them.
    """
    team = team_for(actor, team_id)
    names = ("name", "is_confidential", "auto_assign", "is_active", "is_default", "version")
    shown: dict[str, Form[Any]] = {
        "team_form": Form({name: getattr(team, name) for name in names}),
        "webhook_form": Form(),
        "kinds_form": Form({"kinds": kinds_of(team)}),
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
        channel=view_of(f"team:{team.id}"),
        trial=trial,
        card_kinds=[(kind.value, str(name)) for kind, name in CARD_KIND_NAMES.items()],
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
