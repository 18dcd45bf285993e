"""`/admin/teams/…/members`: who belongs to a team and who leads it."""

from __future__ import annotations

from typing import Any

from app.accounts.access import team_for
from app.accounts.actions import teams as actions
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.language import _
from app.core.schema import MAX_ID, Command, Id
from app.web.admin.door import door
from app.web.admin.teams import team_page
from app.web.kit import page
from app.web.kit.forms import Form


class NewMember(Command):
    """Somebody to take into a team, or to make its leader or no longer."""

    person_id: Id
    leads: bool = False


def _again(actor: Actor, form: Form[Any], team_id: int) -> str:
    return team_page(actor, team_id, member_form=form)


@door.deed("/admin/teams/<int:team_id>/members", allow="admin.teams", takes=NewMember, again=_again)
def add_member(actor: Actor, command: NewMember, team_id: int) -> Any:
    """Take somebody in, or change whether they lead."""
    team = team_for(actor, team_id, lock=True)
    actions.add_member(team, command.person_id, leads=command.leads, actor=actor)
    page.say(_("“%(name)s” was saved.", name=team.name))
    return page.go("admin.team", team_id=team.id, _anchor="members")


@door.deed("/admin/teams/<int:team_id>/members/<int:person_id>/remove", allow="admin.teams")
def remove_member(actor: Actor, team_id: int, person_id: int) -> Any:
    """Take somebody out; their tickets stay theirs."""
    if person_id > MAX_ID:
        raise NotFound
    team = team_for(actor, team_id, lock=True)
    actions.remove_member(team, person_id, actor=actor)
    page.say(_("“%(name)s” was saved.", name=team.name))
    return page.go("admin.team", team_id=team.id, _anchor="members")
