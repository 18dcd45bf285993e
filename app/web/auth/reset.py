"""`/auth/password/forgot` and `/auth/password/reset/<token>`: a new password by a link."""

from __future__ import annotations

from typing import Any

from app.accounts import limits, passwords, tokens
from app.accounts.actions import resetting
from app.accounts.addresses import key
from app.accounts.proofs import new_device_mark
from app.core.actor import Actor
from app.core.errors import Invalid, TooMany
from app.core.language import _
from app.core.uow import run_unit
from app.web.auth.browser import remember_device
from app.web.auth.door import door
from app.web.auth.forms import ForgotForm, NewPasswordForm
from app.web.auth.registration import gone, with_token_in_address
from app.web.auth.sign_in import too_many
from app.web.kit import page, visitor
from app.web.kit.door import PUBLIC
from app.web.kit.forms import Form
from app.web.kit.guard import network


def _forgot_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render("auth/forgot.html", form=form)


@door.page("/auth/password/forgot", allow=PUBLIC)
def forgot(actor: Actor) -> str:
    """Where to send the link?"""
    return _forgot_page(actor, Form())


@door.deed("/auth/password/forgot", allow=PUBLIC, takes=ForgotForm, again=_forgot_page, own_unit=True)
def do_forgot(actor: Actor, command: ForgotForm) -> Any:
    """The same answer for every address."""
    try:
        limits.ask_for_mail(key(command.email), network())
    except TooMany as refusal:
        return too_many(refusal, _forgot_page, Form({"email": command.email}))
    run_unit(lambda: resetting.ask(command.email, actor=actor))
    return page.go("auth.mail_sent")


def _reset_page(_actor: Actor, form: Form[Any], token: str) -> Any:
    row = tokens.peek(token, *tokens.SETS_PASSWORD)
    if row is None:
        return gone()
    return with_token_in_address(page.render("auth/reset.html", form=form, purpose=row.purpose.value))


@door.page("/auth/password/reset/<token>", allow=PUBLIC)
def reset(actor: Actor, token: str) -> Any:
    """The form behind a link to set a password."""
    return _reset_page(actor, Form(), token)


@door.deed(
    "/auth/password/reset/<token>", allow=PUBLIC, takes=NewPasswordForm, again=_reset_page, own_unit=True
)
def do_reset(actor: Actor, command: NewPasswordForm, token: str) -> Any:
    """Set the password. The browser that proved the mailbox is known from now on (abuse case A61)."""
    if tokens.peek(token, *tokens.SETS_PASSWORD) is None:
        return gone()
    weak = passwords.weaknesses(command.password)
    if weak:
        raise Invalid({"password": weak})
    password_hash = passwords.hashed(command.password)
    person = run_unit(lambda: resetting.reset(token, password_hash, actor=actor))
    if person is None:
        return gone()
    visitor.forget()
    page.say(_("Your new password is saved. Please sign in with it."))
    response = page.go("auth.sign_in")
    remember_device(response, new_device_mark(person.email_key))
    return response
