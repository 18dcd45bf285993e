"""`/auth/password`, `/auth/confirm-password`, `/auth/email`: changes that want the password."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.accounts import limits, passwords, proofs
from app.accounts.access import must_have_confirmed, myself
from app.accounts.actions import changing_email, changing_password, signing_in
from app.accounts.addresses import key
from app.accounts.identities import comes_only_by_microsoft
from app.accounts.schemas import ChangeEmail
from app.core.actor import Actor
from app.core.errors import Invalid, TooMany
from app.core.language import _
from app.core.uow import run_unit
from app.web.auth.door import door
from app.web.auth.forms import ChangePasswordForm, ConfirmPasswordForm, NextQuery
from app.web.auth.microsoft_account import confirm_url
from app.web.auth.sign_in import too_many
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.guard import network


def _password_page(actor: Actor, form: Form[Any]) -> str:
    has_password = not comes_only_by_microsoft(myself(actor))
    return page.render("auth/password.html", form=form, has_password=has_password)


@door.page("/auth/password", allow="profile.own")
def password(actor: Actor) -> str:
    """Present and new password."""
    return _password_page(actor, Form())


@door.deed(
    "/auth/password", allow="profile.own", takes=ChangePasswordForm, again=_password_page, own_unit=True
)
def change_password(actor: Actor, command: ChangePasswordForm) -> Any:
    """Change it; every other sign-in ends."""
    weak = passwords.weaknesses(command.password, [actor.full_name, actor.email])
    if weak:
        raise Invalid({"password": weak})
    try:
        limits.proof(actor.person_id or 0)
    except TooMany as refusal:
        return too_many(refusal, lambda _nobody, form: _password_page(actor, form), Form())
    proof = proofs.of_actor(actor, command.current)
    password_hash = passwords.hashed(command.password)
    if not run_unit(lambda: changing_password.change(proof, password_hash, actor=actor)):
        raise Invalid({"current": _("This is not your present password.")})
    page.say(_("Your password is changed. All other browsers are signed out."))
    return page.go("auth.profile")


def _confirm_page(actor: Actor, form: Form[Any]) -> str:
    return page.render(
        "auth/confirm_password.html",
        form=form,
        has_password=not comes_only_by_microsoft(myself(actor)),
        microsoft_url=confirm_url(actor, form.value("next")),
    )


@door.page("/auth/confirm-password", allow="account.secure", query=NextQuery)
def confirm_password(actor: Actor, query: NextQuery) -> str:
    """Ask for the password once more before a sensitive change."""
    return _confirm_page(actor, Form({"next": page.safe_next(query.next)}))


@door.deed(
    "/auth/confirm-password",
    allow="account.secure",
    takes=ConfirmPasswordForm,
    again=_confirm_page,
    own_unit=True,
)
def do_confirm_password(actor: Actor, command: ConfirmPasswordForm) -> Any:
    """Good for ten minutes in this browser."""
    try:
        limits.proof(actor.person_id or 0)
    except TooMany as refusal:
        return too_many(
            refusal, lambda _nobody, form: _confirm_page(actor, form), Form({"next": command.next})
        )
    proof = proofs.of_actor(actor, command.password)
    if not run_unit(lambda: signing_in.confirm_password(proof, actor=actor)):
        raise Invalid({"password": _("This is not your password.")})
    return page.go_to(page.safe_next(command.next) or url_for("auth.profile"))


def _email_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render("auth/email.html", form=form)


@door.page("/auth/email", allow="profile.own")
def email(actor: Actor) -> str:
    """A new address for the own account."""
    must_have_confirmed(actor)
    return _email_page(actor, Form())


@door.deed("/auth/email", allow="profile.own", takes=ChangeEmail, again=_email_page)
def change_email(actor: Actor, command: ChangeEmail) -> Any:
    """Send a link to the new address; nothing changes before it is opened."""
    try:
        limits.ask_for_mail(key(command.email), network())
    except TooMany as refusal:
        return too_many(refusal, _email_page, Form({"email": command.email}))
    changing_email.ask(command, actor=actor)
    return page.go("auth.mail_sent")
