"""`/people/<id>/addresses/…`: further e-mail addresses of somebody."""

from __future__ import annotations

from typing import Any

from app.accounts.access import must_have_confirmed, person_for
from app.accounts.actions import further_addresses
from app.accounts.schemas import ChangeEmail
from app.accounts.words import Need
from app.core.actor import Actor
from app.core.language import _
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.people.door import door


def _new_page(actor: Actor, form: Form[Any], person_id: int) -> str:
    person = person_for(actor, person_id, Need.MANAGE)
    return page.render("people/new_address.html", form=form, person=person)


@door.page("/people/<int:person_id>/addresses/new", allow="people.manage")
def new_person_address(actor: Actor, person_id: int) -> str:
    """A further address for somebody."""
    person_for(actor, person_id, Need.MANAGE)
    must_have_confirmed(actor)
    return _new_page(actor, Form(), person_id)


@door.deed("/people/<int:person_id>/addresses/new", allow="people.manage", takes=ChangeEmail, again=_new_page)
def add_person_address(actor: Actor, command: ChangeEmail, person_id: int) -> Any:
    """It counts at once; the main address is told."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    added = further_addresses.add_for(found, command, actor=actor)
    page.say(_("%(email)s belongs to %(name)s now.", email=added.email, name=found.full_name))
    return page.go("people.person", person_id=person_id)


@door.deed("/people/<int:person_id>/addresses/<int:address_id>/main", allow="people.manage")
def make_main_person_address(actor: Actor, person_id: int, address_id: int) -> Any:
    """Mail goes there from now on; both addresses are told."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    further_addresses.make_main_for(found, address_id, actor=actor)
    page.say(_("Mail to %(name)s goes to %(email)s now.", name=found.full_name, email=found.email))
    return page.go("people.person", person_id=person_id)


@door.deed("/people/<int:person_id>/addresses/<int:address_id>/remove", allow="people.manage")
def remove_person_address(actor: Actor, person_id: int, address_id: int) -> Any:
    """The address belongs to the person no longer."""
    found = person_for(actor, person_id, Need.MANAGE, lock=True)
    further_addresses.remove_for(found, address_id, actor=actor)
    page.say(_("The address is removed."))
    return page.go("people.person", person_id=person_id)
