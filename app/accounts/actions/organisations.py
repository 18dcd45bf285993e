"""Companies and departments that customers belong to."""

from __future__ import annotations

import sqlalchemy as sa

from app.accounts.events import OrganisationChanged, OrganisationCreated
from app.accounts.models import Organisation
from app.accounts.schemas import ChangeOrganisation, NewOrganisation
from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.language import _
from app.events.log import action, record


@action
def create(command: NewOrganisation, *, actor: Actor) -> Organisation:
    """A new organisation.

    Raises:
        Forbidden: not the actor's to set up.
        Invalid: another one has the name.
    """
    _must_set_up(actor)
    _check_name(command.name, None)
    made = Organisation(name=command.name, created_at=clock.now())
    db.session.add(made)
    db.session.flush()
    record(OrganisationCreated(name=made.name), actor=actor, subject=("organisation", made.id))
    return made


@action
def change(organisation: Organisation, command: ChangeOrganisation, *, actor: Actor) -> None:
    """Rename an organisation.

    Raises:
        Conflict: changed since the form was opened.
        Forbidden: not the actor's to set up.
        Invalid: another one has the name.
    """
    _must_set_up(actor)
    if command.version != organisation.version:
        raise Conflict(_("This was changed in the meantime."), version=organisation.version)
    if command.name == organisation.name:
        return
    _check_name(command.name, organisation.id)
    organisation.name = command.name
    organisation.version += 1
    subject = ("organisation", organisation.id)
    record(OrganisationChanged(fields=["name"]), actor=actor, subject=subject)


def _must_set_up(actor: Actor) -> None:
    if actor.is_signed_in and not actor.can("people.manage_admins"):
        raise Forbidden(permission="people.manage_admins")


def _check_name(name: str, own_id: int | None) -> None:
    owner = db.session.scalar(sa.select(Organisation.id).where(Organisation.name == name))
    if owner is not None and owner != own_id:
        raise Invalid({"name": _("Another organisation has this name.")})
