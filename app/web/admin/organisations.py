"""`/admin/organisations`: the companies and departments customers belong to."""

from __future__ import annotations

from typing import Any

from app.accounts import belonging
from app.accounts.access import organisation_for
from app.accounts.actions import organisations as actions
from app.accounts.schemas import ChangeOrganisation, NewOrganisation
from app.core.actor import Actor
from app.core.language import _
from app.web.admin.door import door
from app.web.kit import page
from app.web.kit.forms import Form


@door.page("/admin/organisations", allow="admin.teams")
def organisations(_actor: Actor) -> str:
    """Every organisation, and the form for a new one."""
    return _list_page(_actor, Form())


def _list_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render("admin/organisations.html", form=form, rows=belonging.organisations())


@door.deed("/admin/organisations", allow="admin.teams", takes=NewOrganisation, again=_list_page)
def create_organisation(actor: Actor, command: NewOrganisation) -> Any:
    """Make an organisation."""
    made = actions.create(command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=made.name))
    return page.go("admin.organisations")


def _one_page(actor: Actor, form: Form[Any], organisation_id: int) -> str:
    return page.render(
        "admin/organisation.html", form=form, organisation=organisation_for(actor, organisation_id)
    )


@door.page("/admin/organisations/<int:organisation_id>", allow="admin.teams")
def organisation(actor: Actor, organisation_id: int) -> str:
    """One organisation."""
    found = organisation_for(actor, organisation_id)
    return _one_page(actor, Form({"name": found.name, "version": found.version}), organisation_id)


@door.deed(
    "/admin/organisations/<int:organisation_id>",
    allow="admin.teams",
    takes=ChangeOrganisation,
    again=_one_page,
)
def change_organisation(actor: Actor, command: ChangeOrganisation, organisation_id: int) -> Any:
    """Rename an organisation."""
    found = organisation_for(actor, organisation_id, lock=True)
    actions.change(found, command, actor=actor)
    page.say(_("“%(name)s” was saved.", name=found.name))
    return page.go("admin.organisations")
