"""`/people/<id>/…`: role, address, links, sign-ins, deactivating."""

from __future__ import annotations

from typing import Any

from flask import make_response

from app.accounts.access import levels_to_give, must_have_confirmed, person_for, roles_to_give
from app.accounts.actions import changing_email, second_factor, signing_out
from app.accounts.actions import people as people_actions
from app.accounts.queries import count_sign_ins
from app.accounts.schemas import ChangeEmail, ChangeRole
from app.accounts.words import LEVEL_NAMES, ROLE_NAMES, Need
from app.core.actor import Actor
from app.core.errors import Conflict
from app.core.language import _, ngettext
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.people.door import door


def _role_page(actor: Actor, form: Form[Any], person_id: int) -> str:
    return page.render(
        "people/role.html",
        form=form,
        person=person_for(actor, person_id, Need.MANAGE),
        roles=[(role.value, ROLE_NAMES[role]) for role in reversed(roles_to_give(actor))],
        levels=[(level, f"L{level} {LEVEL_NAMES[level]}") for level in levels_to_give(actor)],
    )


@door.page("/people/<int:person_id>/role", allow="people.manage_agents")
def person_role(actor: Actor, person_id: int) -> str:
    """Role and support level."""
    found = person_for(actor, person_id, Need.MANAGE)
    must_have_confirmed(actor)
    values = {name: getattr(found, name) for name in ChangeRole.model_fields}
    return _role_page(actor, Form(values), person_id)


@door.deed("/people/<int:person_id>/role", allow="people.manage_agents", takes=ChangeRole, again=_role_page)
def change_person_role(actor: Actor, command: ChangeRole, person_id: int) -> Any:
    """Give another role; the person signs in anew."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    try:
        people_actions.change_role(found, command, actor=actor)
    except Conflict as clash:
        form: Form[Any] = Form(command.model_dump() | {"version": found.version})
        form.blame({"": [clash.message]})
        return make_response(_role_page(actor, form, person_id), 409)
    page.say(_("The role of %(name)s is saved.", name=found.full_name))
    return page.go("people.person", person_id=person_id)


def _email_page(actor: Actor, form: Form[Any], person_id: int) -> str:
    return page.render("people/email.html", form=form, person=person_for(actor, person_id, Need.MANAGE))


@door.page("/people/<int:person_id>/email", allow="people.manage")
def person_email(actor: Actor, person_id: int) -> str:
    """Another e-mail address for somebody."""
    found = person_for(actor, person_id, Need.MANAGE)
    must_have_confirmed(actor)
    return _email_page(actor, Form({"email": found.email}), person_id)


@door.deed("/people/<int:person_id>/email", allow="people.manage", takes=ChangeEmail, again=_email_page)
def change_person_email(actor: Actor, command: ChangeEmail, person_id: int) -> Any:
    """Change it at once; the old address is told."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    changing_email.change_for(found, command, actor=actor)
    page.say(_("The changes are saved."))
    return page.go("people.person", person_id=person_id)


@door.deed("/people/<int:person_id>/welcome", allow="people.manage")
def welcome_person(actor: Actor, person_id: int) -> Any:
    """Send the first link (again)."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    people_actions.welcome(found, actor=actor)
    page.say(_("The welcome mail to %(email)s is on its way.", email=found.email))
    return page.go("people.person", person_id=person_id)


@door.deed("/people/<int:person_id>/password-link", allow="people.manage")
def send_password_link(actor: Actor, person_id: int) -> Any:
    """Send a link to set a new password."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    people_actions.send_password_link(found, actor=actor)
    page.say(_("The link to %(email)s is on its way.", email=found.email))
    return page.go("people.person", person_id=person_id)


@door.deed("/people/<int:person_id>/end-sign-ins", allow="people.manage")
def end_person_sign_ins(actor: Actor, person_id: int) -> Any:
    """Sign somebody out everywhere."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    ended = signing_out.end_all_of(found, actor=actor)
    page.say(ngettext("%(num)s browser is signed out.", "%(num)s browsers are signed out.", ended))
    return page.go("people.person", person_id=person_id)


@door.deed("/people/<int:person_id>/remove-second-factor", allow="people.manage")
def remove_person_second_factor(actor: Actor, person_id: int) -> Any:
    """For somebody who lost the device."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    second_factor.remove_for(found, actor=actor)
    page.say(_("The second factor of %(name)s is switched off.", name=found.full_name))
    return page.go("people.person", person_id=person_id)


@door.page("/people/<int:person_id>/deactivate", allow="people.manage")
def deactivating(actor: Actor, person_id: int) -> str:
    """What deactivating means, and the button."""
    found = person_for(actor, person_id, Need.MANAGE)
    return page.render("people/deactivate.html", person=found, sign_ins=count_sign_ins(found.id))


@door.deed("/people/<int:person_id>/deactivate", allow="people.manage")
def deactivate_person(actor: Actor, person_id: int) -> Any:
    """Close the account."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    people_actions.deactivate(found, actor=actor)
    page.say(_("The account of %(name)s is deactivated.", name=found.full_name))
    return page.go("people.person", person_id=person_id)


@door.deed("/people/<int:person_id>/activate", allow="people.manage")
def activate_person(actor: Actor, person_id: int) -> Any:
    """Open the account again."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    people_actions.activate(found, actor=actor)
    page.say(_("The account of %(name)s is active again.", name=found.full_name))
    return page.go("people.person", person_id=person_id)
