"""`/auth/second-factor`: codes from an app, set up and given up; recovery codes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from flask import make_response
from werkzeug.wrappers import Response

from app.accounts import limits, second_factor
from app.accounts.access import must_have_confirmed, myself
from app.accounts.actions import second_factor as factors
from app.accounts.actions import signing_in
from app.accounts.permissions import UNTIL_ENROLLED
from app.accounts.queries import recovery_codes_left
from app.core import crypto, links
from app.core.actor import Actor
from app.core.errors import Invalid
from app.core.language import _
from app.core.uow import run_unit
from app.web.auth.door import door
from app.web.auth.forms import CodeForm, EnrolForm
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.site import site_view

SET_UP_WITHIN = timedelta(minutes=30)


@door.page("/auth/second-factor", allow="account.secure")
def second_factor_state(actor: Actor) -> str:
    """On or off, and what can be done about it."""
    return _state_page(actor, Form())


def _state_page(actor: Actor, form: Form[Any]) -> str:
    person = myself(actor)
    return page.render(
        "auth/second_factor.html",
        form=form,
        is_on=bool(person.totp_secret),
        codes_left=recovery_codes_left(person.id),
        is_demanded=actor.rights == UNTIL_ENROLLED,
    )


@door.deed(
    "/auth/second-factor/code", allow="account.secure", takes=CodeForm, again=_state_page, own_unit=True
)
def give_code(actor: Actor, command: CodeForm) -> Any:
    """An administrator who came by Microsoft without a second factor gives the own one."""
    limits.proof(actor.person_id or 0)
    if not run_unit(partial(signing_in.confirm_code, command.code, actor=actor)):
        raise Invalid({"code": _("This code is not right or was used before.")})
    return page.go_to(page.safe_next(command.next) or "/")


def _set_up_page(actor: Actor, form: Form[Any]) -> str:
    secret = _opened(actor, form.value("key")) or second_factor.new_secret()
    address = second_factor.address(secret, account=actor.email, issuer=site_view().name)
    return page.render(
        "auth/second_factor_set_up.html",
        form=form,
        key=_sealed(actor, secret),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        address=address,
        picture=second_factor.picture(address),
    )


@door.page("/auth/second-factor/set-up", allow="account.secure")
def set_up_second_factor(actor: Actor) -> Any:
    """A fresh secret as a picture and in letters; nothing is stored before a code proves it arrived."""
    must_have_confirmed(actor)
    if myself(actor).totp_secret:
        return page.go("auth.second_factor_state")
    return _set_up_page(actor, Form())


@door.deed("/auth/second-factor/set-up", allow="account.secure", takes=EnrolForm, again=_set_up_page)
def enrol_second_factor(actor: Actor, command: EnrolForm) -> Response:
    """Switch it on and show the recovery codes, once."""
    limits.proof(actor.person_id or 0)
    secret = _opened(actor, command.key)
    if not secret:
        raise Invalid({"": _("This page was open for too long. Please scan the new picture.")})
    codes = factors.enrol(secret, command.code, actor=actor)
    return make_response(page.render("auth/recovery_codes.html", codes=codes))


@door.deed("/auth/second-factor/codes", allow="profile.own")
def renew_recovery_codes(actor: Actor) -> Response:
    """New recovery codes instead of the old ones."""
    codes = factors.renew_codes(actor=actor)
    return make_response(page.render("auth/recovery_codes.html", codes=codes))


@door.deed("/auth/second-factor/remove", allow="profile.own")
def remove_second_factor(actor: Actor) -> Any:
    """Switch it off."""
    factors.remove(actor=actor)
    page.say(_("The second factor is switched off."))
    return page.go("auth.second_factor_state")


def _sealed(actor: Actor, secret: str) -> str:
    return links.seal("second-factor", f"{actor.person_id}|{crypto.encrypt(secret)}", SET_UP_WITHIN)


def _opened(actor: Actor, key: str) -> str:
    """The secret the page showed to this person, empty when it is another's or too old."""
    owner, _bar, sealed = (links.unseal("second-factor", key) or "").partition("|")
    return crypto.decrypt(sealed) if sealed and owner == str(actor.person_id) else ""
