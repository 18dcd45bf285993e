"""`/people/new`: an account for somebody."""

from __future__ import annotations

from typing import Any

from app.accounts.access import levels_to_give, roles_to_give
from app.accounts.actions import people as people_actions
from app.accounts.queries import organisation_choices, team_choices
from app.accounts.schemas import NewPerson
from app.accounts.words import LEVEL_NAMES, ROLE_NAMES, Role
from app.core.actor import Actor
from app.core.language import _
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.people.door import door


def _new_page(actor: Actor, form: Form[Any]) -> str:
    roles = roles_to_give(actor)
    return page.render(
        "people/new.html",
        form=form,
        roles=[(role.value, ROLE_NAMES[role]) for role in reversed(roles)],
        levels=[(level, f"L{level} {LEVEL_NAMES[level]}") for level in levels_to_give(actor)],
        teams=team_choices(actor) if roles != [Role.CUSTOMER] else [],
        organisations=organisation_choices(),
    )


@door.page("/people/new", allow="people.manage")
def new_person(actor: Actor) -> str:
    """The empty form."""
    empty = Form[Any]({"role": Role.CUSTOMER, "language": "de", "send_welcome": True})
    return _new_page(actor, empty)


@door.deed("/people/new", allow="people.manage", takes=NewPerson, again=_new_page)
def create_person(actor: Actor, command: NewPerson) -> Any:
    """Make the account; the welcome mail carries the link for the password."""
    made = people_actions.create(command, actor=actor)
    page.say(_("%(name)s now has an account.", name=made.full_name))
    return page.go("people.person", person_id=made.id)
