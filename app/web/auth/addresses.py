"""`/auth/addresses`: the e-mail addresses of the own account."""

from __future__ import annotations

from typing import Any

from app.accounts import further, limits
from app.accounts.access import must_have_confirmed, myself
from app.accounts.actions import further_addresses
from app.accounts.addresses import key
from app.accounts.schemas import ChangeEmail
from app.core.actor import Actor
from app.core.errors import TooMany
from app.core.language import _
from app.web.auth.door import door
from app.web.auth.forms import AddressForm
from app.web.auth.sign_in import too_many
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.guard import network


@door.page("/auth/addresses", allow="profile.own")
def addresses(actor: Actor) -> str:
    """The main address and the further ones, with what can be done about each."""
    person = myself(actor)
    return page.render("auth/addresses.html", person=person, further=further.of_person(person.id))


def _new_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render("auth/new_address.html", form=form)


@door.page("/auth/addresses/new", allow="profile.own")
def new_address(actor: Actor) -> str:
    """A further address for the own account."""
    must_have_confirmed(actor)
    return _new_page(actor, Form())


@door.deed("/auth/addresses/new", allow="profile.own", takes=AddressForm, again=_new_page)
def add_address(actor: Actor, command: AddressForm) -> Any:
    """Send a link to it, also once more; the answer is the same for addresses that cannot be had."""
    try:
        limits.ask_for_mail(key(command.email), network())
    except TooMany as refusal:
        return too_many(refusal, _new_page, Form({"email": command.email}))
    further_addresses.ask(ChangeEmail(email=command.email), actor=actor)
    return page.go("auth.mail_sent")


@door.deed("/auth/addresses/<int:address_id>/main", allow="profile.own")
def make_main_address(actor: Actor, address_id: int) -> Any:
    """Mail goes there from now on; the main address so far stays as a further one."""
    further_addresses.make_main(address_id, actor=actor)
    page.say(_("%(email)s is your main address now.", email=myself(actor).email))
    return page.go("auth.addresses")


@door.deed("/auth/addresses/<int:address_id>/remove", allow="profile.own")
def remove_address(actor: Actor, address_id: int) -> Any:
    """The address belongs to the account no longer."""
    further_addresses.remove(address_id, actor=actor)
    page.say(_("The address is removed."))
    return page.go("auth.addresses")
