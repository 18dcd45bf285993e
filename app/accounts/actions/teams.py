"""Teams and who belongs to them."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts import actors
from app.accounts.events import MemberAdded, MemberRemoved, TeamChanged, TeamCreated
from app.accounts.models import Membership, Person, Team
from app.accounts.schemas import ChangeTeam, NewTeam
from app.accounts.words import STAFF
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.language import _
from app.core.uow import current_unit
from app.events.log import action, record


@action
def create(command: NewTeam, *, actor: Actor) -> Team:
    """A new team without members.

    Raises:
        Forbidden: not the actor's to set up.
        Invalid: another team has the name.
    """
    _must_set_up(actor)
    _check_name(command.name, None)
    team = Team(created_at=clock.now(), **command.model_dump())
    db.session.add(team)
    db.session.flush()
    record(TeamCreated(name=team.name), actor=actor, subject=("team", team.id))
    current_unit().after_commit.append(actors.forget)
    return team


@action
def change(team: Team, command: ChangeTeam, *, actor: Actor) -> list[str]:
    """Save a team; returns the names of the fields that changed. There is always one active default team.

    Raises:
        Conflict: changed since the form was opened.
        Forbidden: not the actor's to set up.
        Invalid: another team has the name, or the default team would be lost.
    """
    _must_set_up(actor)
    if command.version != team.version:
        raise Conflict(_("This was changed in the meantime."), version=team.version)
    _check_name(command.name, team.id)
    if team.is_default and not (command.is_default and command.is_active):
        raise Invalid({"is_default": _("Make another team the default first.")})
    if command.is_default and not command.is_active:
        raise Invalid({"is_active": _("The default team must be active.")})
    if command.is_default and not team.is_default:
        db.session.execute(sa.update(Team).where(Team.is_default.is_(True)).values(is_default=False))
    return _write(team, command, actor)


def _write(team: Team, command: ChangeTeam, actor: Actor) -> list[str]:
    wanted = command.model_dump(exclude={"version"})
    changed = [name for name, value in wanted.items() if getattr(team, name) != value]
    if not changed:
        return []
    for name in changed:
        setattr(team, name, wanted[name])
    team.version += 1
    record(TeamChanged(fields=changed), actor=actor, subject=("team", team.id))
    current_unit().after_commit.append(actors.forget)
    return changed


@action
def add_member(team: Team, person_id: int, *, leads: bool = False, actor: Actor) -> None:
    """Put a person into a team, or change whether they lead it.

    Raises:
        Forbidden: not the actor's to set up.
        Invalid: no active agent, leader or administrator.
    """
    _must_set_up(actor)
    person = db.session.get(Person, person_id)
    if person is None or not person.is_active or person.role not in STAFF:
        raise Invalid({"person_id": _("Please choose an active colleague.")})
    known = db.session.get(Membership, (team.id, person_id))
    if known is not None and known.leads == leads:
        return
    if known is None:
        db.session.add(Membership(team_id=team.id, person_id=person_id, leads=leads))
    else:
        known.leads = leads
    record(MemberAdded(person_id=person_id, leads=leads), actor=actor, subject=("team", team.id))


@action
def remove_member(team: Team, person_id: int, *, actor: Actor) -> None:
    """Take a person out of a team.

    Raises:
        Forbidden: not the actor's to set up.
        NotFound: they do not belong to it.
    """
    _must_set_up(actor)
    known = db.session.get(Membership, (team.id, person_id))
    if known is None:
        raise NotFound
    db.session.delete(known)
    record(MemberRemoved(person_id=person_id), actor=actor, subject=("team", team.id))


def _must_set_up(actor: Actor) -> None:
    if actor.is_signed_in and not actor.can("admin.teams"):
        raise Forbidden(permission="admin.teams")


def _check_name(name: str, own_id: int | None) -> None:
    owner = db.session.scalar(sa.select(Team.id).where(Team.name == name))
    if owner is not None and owner != own_id:
        raise Invalid({"name": _("Another team has this name.")})
