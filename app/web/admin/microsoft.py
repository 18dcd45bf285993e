"""`/admin/microsoft`: the app registration at Microsoft, what it gives, and whether it works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from app.accounts import addresses
from app.accounts.access import must_have_confirmed
from app.core import crypto, links
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.schema import Command
from app.jobs import microsoft_checks
from app.jobs.microsoft_checks import Check
from app.settings import actions, fixed, microsoft, queries
from app.settings.schemas import Microsoft
from app.web.admin import microsoft_words as words
from app.web.admin.door import door
from app.web.admin.settings_fields import form_of, merged
from app.web.kit import page
from app.web.kit.forms import Form

HIDDEN = "client_secret"  # the name of the field that is never shown
PLACES = {
    "callback": "/auth/oauth_callback",
    "front_channel": "/auth/microsoft/signed-out",
    "after_sign_out": "/auth/login",
}


@door.page("/admin/microsoft", allow="admin.settings")
def microsoft_365(actor: Actor) -> str:
    """What is set up, the way to set it up, and the form."""
    must_have_confirmed(actor)
    return _show(Form(_stored()))


def _show(form: Form[Any], found: Sequence[Check] | None = None) -> str:
    return page.render(
        "admin/microsoft.html",
        form=form,
        fixed={name: fixed.variable(Microsoft, name) for name in fixed.of(Microsoft)},
        is_set_up=microsoft.registration() is not None,
        is_simulated=microsoft.is_simulated(),
        has_secret=bool(queries.read(Microsoft).client_secret),
        has_certificate=microsoft.has_certificate(),
        ends_on=microsoft.secret_ends_on(),
        ends_soon=microsoft.secret_ends_soon() is not None,
        places={name: links.absolute(path) for name, path in PLACES.items()},
        permissions=words.PERMISSIONS,
        checks=None if found is None else [words.told(check) for check in found],
    )


def _stored() -> dict[str, Any]:
    """The settings as a form; the secret is never among them."""
    values = queries.read(Microsoft).model_dump(mode="json", exclude={HIDDEN})
    return values | {"version": queries.version(Microsoft)}


def _again(_actor: Actor, form: Form[Any]) -> str:
    for name, value in fixed.of(Microsoft).items():
        if name != HIDDEN:
            form.add(name, "true" if value is True else str(value or ""))
    return _show(form)


@door.deed("/admin/microsoft", allow="admin.settings", takes=form_of(Microsoft), again=_again)
def save_microsoft_365(actor: Actor, command: Command) -> Any:
    """Save it; whoever decides who signs in as what decides everything, so the own password counts (A62)."""
    must_have_confirmed(actor)
    before = queries.read(Microsoft)
    values = merged(Microsoft, before, command)
    _check_mailboxes(values.mailboxes)
    actions.change(_with_secret(before, values), actor=actor, version=command.model_dump()["version"])
    page.say(_("The settings were saved."))
    return page.go("admin.microsoft_365")


@door.deed("/admin/microsoft/check", allow="admin.settings", own_unit=True)
def check_microsoft_365(actor: Actor) -> str:
    """Look at each part, live."""
    must_have_confirmed(actor)
    return _show(Form(_stored()), microsoft_checks.checks())


def _with_secret(before: Microsoft, values: Microsoft) -> Microsoft:
    """The stored secret stays while none is typed, for the same registration only."""
    if HIDDEN in fixed.of(Microsoft):
        return values
    if values.client_secret:
        return values.model_copy(update={HIDDEN: crypto.encrypt(values.client_secret)})
    moved = (values.tenant_id, values.client_id) != (before.tenant_id, before.client_id)
    if moved and values.client_id and before.client_secret and not microsoft.has_certificate():
        raise Invalid({HIDDEN: _("The registration has changed. Please enter its secret.")})
    return values.model_copy(update={HIDDEN: "" if moved else before.client_secret})


def _check_mailboxes(text: str) -> None:
    for one in microsoft.listed(text):
        try:
            addresses.normal(one)
        except (ValueError, ValidationError) as error:
            raise Invalid({"mailboxes": _("%(address)s is not an e-mail address.", address=one)}) from error
