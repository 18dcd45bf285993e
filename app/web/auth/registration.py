"""`/auth/register`, `/auth/confirm/<token>`: customers make their own account and prove their address."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response

from app.accounts import limits, passwords, tokens
from app.accounts.access import registration_is_open
from app.accounts.actions import changing_email, further_addresses, registration
from app.accounts.addresses import key
from app.accounts.queries import names
from app.accounts.schemas import Registration
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid, NotFound, TooMany
from app.core.language import _
from app.core.uow import run_unit
from app.web.auth.door import door
from app.web.auth.sign_in import too_many
from app.web.kit import errors, page
from app.web.kit.door import PUBLIC
from app.web.kit.forms import Form
from app.web.kit.guard import network


def _register_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render("auth/register.html", form=form)


@door.page("/auth/register", allow=PUBLIC)
def register(actor: Actor) -> str:
    """The form, where registration is open."""
    if not registration_is_open():
        raise NotFound(_("Accounts are made by the service team here."))
    return _register_page(actor, Form())


@door.deed("/auth/register", allow=PUBLIC, takes=Registration, again=_register_page, own_unit=True)
def do_register(actor: Actor, command: Registration) -> Any:
    """The same answer, after the same work, for known and unknown addresses."""
    if not registration_is_open():
        raise NotFound(_("Accounts are made by the service team here."))
    weak = passwords.weaknesses(command.password, [command.first_name, command.last_name, command.email])
    if weak:
        raise Invalid({"password": weak})
    try:
        limits.ask_for_mail(key(command.email), network())
    except TooMany as refusal:
        kept = command.model_dump(include={"first_name", "last_name", "email"})
        return too_many(refusal, _register_page, Form(kept))
    password_hash = passwords.hashed(command.password)
    run_unit(lambda: registration.register(command, password_hash, actor=actor))
    return page.go("auth.mail_sent")


@door.page("/auth/mail-sent", allow=PUBLIC)
def mail_sent(_actor: Actor) -> str:
    """What everybody reads who asked for a link, whether one was sent or not."""
    return page.render("auth/mail_sent.html")


@door.page("/auth/confirm/<token>", allow=PUBLIC)
def confirm(_actor: Actor, token: str) -> Response:
    """One button; opening the link alone does nothing, because mail scanners open links as well."""
    row = tokens.peek(token, *tokens.CONFIRMS)
    if row is None:
        return gone()
    owner = names([row.person_id])[row.person_id]
    return with_token_in_address(
        page.render("auth/confirm.html", purpose=row.purpose.value, email=row.detail, name=owner.full_name)
    )


@door.deed("/auth/confirm/<token>", allow=PUBLIC)
def do_confirm(actor: Actor, token: str) -> Any:
    """Prove the address of a registration, move to a new one, or have one more."""
    try:
        found = _confirmed(token, actor)
    except Conflict as clash:
        return errors.show(409, clash.message)
    if found is None:
        return gone()
    person_id, email = found
    page.say(_("Thank you. Your address %(email)s is confirmed.", email=email))
    return page.go("auth.profile" if actor.person_id == person_id else "auth.sign_in")


def _confirmed(token: str, actor: Actor) -> tuple[int, str] | None:
    """Whose address a link confirmed, and which; None when it opened nothing."""
    person = registration.confirm(token, actor=actor) or changing_email.confirm(token, actor=actor)
    if person is not None:
        return person.id, person.email
    added = further_addresses.confirm(token, actor=actor)
    return None if added is None else (added.person_id, added.email)


def gone() -> Response:
    """The page of a link that opens nothing any more."""
    return errors.show(410)


def with_token_in_address(body: str) -> Response:
    """Other sites learn our name at most, never an address that carries a token (abuse case A60).

    The origin itself is sent, because the check of forms against other sites wants it over https.
    """
    answer = make_response(body)
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer
