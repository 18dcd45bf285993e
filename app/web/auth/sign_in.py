"""`/auth/login`, the step with the code, `/auth/logout`, and where `/` leads."""

from __future__ import annotations

from typing import Any

from flask import Response, g, make_response, session, url_for

from app.accounts import limits, proofs
from app.accounts.access import registration_is_open
from app.accounts.actions import signing_in, signing_out
from app.accounts.actions.signing_in import Answer
from app.accounts.words import Role, Step
from app.core import links
from app.core.actor import NOBODY, Actor
from app.core.errors import Invalid, TooMany
from app.core.language import _, ngettext
from app.core.uow import run_unit
from app.integrations.outcome import RetryLater, Undeliverable
from app.jobs import microsoft as asking
from app.settings import microsoft
from app.web.auth.browser import device_mark, remember_device, this_browser
from app.web.auth.door import door
from app.web.auth.forms import CodeForm, NextQuery, SignInForm
from app.web.kit import page, visitor
from app.web.kit.door import PUBLIC
from app.web.kit.forms import Form
from app.web.kit.guard import network

HALF = "half"
LEAVING = "leaving"
HOMES = {
    Role.CUSTOMER: "/portal",
    Role.SUPPORT_AGENT: "/tickets",
    Role.TEAM_LEADER: "/tickets/board",
    Role.ADMIN: "/admin/health",
}


@door.page("/", allow=PUBLIC)
def root(actor: Actor) -> Any:
    """Everybody's start page."""
    return page.go_to(HOMES[Role(actor.role)] if actor.is_signed_in else url_for("auth.sign_in"))


def _sign_in_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render(
        "auth/login.html",
        form=form,
        may_register=registration_is_open(),
        microsoft_url=_microsoft_url(form.value("next")),
        is_simulated=microsoft.is_simulated(),
    )


def _microsoft_url(wanted: str) -> str:
    """The way to Microsoft, once it is set up."""
    if g.get("database_down") or microsoft.registration() is None:
        return ""
    return url_for("auth.to_microsoft", next=page.safe_next(wanted) or None)


@door.page("/auth/login", allow=PUBLIC, query=NextQuery)
def sign_in(actor: Actor, query: NextQuery) -> Any:
    """The form; whoever is signed in already goes on."""
    if actor.is_signed_in:
        return page.go_to(page.safe_next(query.next) or url_for("auth.root"))
    return _sign_in_page(actor, Form({"next": page.safe_next(query.next)}))


@door.deed("/auth/login", allow=PUBLIC, takes=SignInForm, again=_sign_in_page, own_unit=True)
def do_sign_in(actor: Actor, command: SignInForm) -> Any:
    """Compare the password outside, decide inside a unit."""
    account = proofs.account_of(command.email)
    try:
        limits.sign_in(account, network(), device=device_mark(account))
    except TooMany as refusal:
        return too_many(refusal, _sign_in_page, Form({"email": command.email, "next": command.next}))
    proof = proofs.of_address(command.email, command.password)
    answer = run_unit(lambda: signing_in.enter(proof, this_browser(), actor=NOBODY))
    if answer.step is Step.REFUSED:
        raise Invalid({"": _("The e-mail address or the password is not right.")})
    if answer.step is Step.CONFIRM_FIRST:
        return make_response(page.render("auth/confirm_first.html"), 403)
    if answer.step is Step.AT_MICROSOFT:
        raise Invalid({"": _("Your role was given to you at Microsoft. Please sign in with Microsoft.")})
    if answer.step is Step.CODE:
        session.clear()
        session[HALF] = answer.half
        return page.go("auth.second_step", next=page.safe_next(command.next) or None)
    return _enter(actor, answer, command.next)


def _code_page(_actor: Actor, form: Form[Any]) -> str:
    return page.render("auth/code.html", form=form)


@door.page("/auth/login/code", allow=PUBLIC, query=NextQuery)
def second_step(actor: Actor, query: NextQuery) -> Any:
    """Ask for the code of somebody who gave the password in the last five minutes."""
    if not proofs.person_halfway(_half()):
        return page.go("auth.sign_in", next=page.safe_next(query.next) or None)
    return _code_page(actor, Form({"next": page.safe_next(query.next)}))


@door.deed("/auth/login/code", allow=PUBLIC, takes=CodeForm, again=_code_page, own_unit=True)
def do_second_step(actor: Actor, command: CodeForm) -> Any:
    """Take the code."""
    person_id = proofs.person_halfway(_half())
    if person_id:
        try:
            limits.proof(person_id)
        except TooMany as refusal:
            return too_many(refusal, _code_page, Form({"next": command.next}))
    answer = run_unit(lambda: signing_in.enter_with_code(_half(), command.code, this_browser(), actor=NOBODY))
    if answer.step is Step.IN:
        return _enter(actor, answer, command.next)
    if answer.person_id:
        raise Invalid({"code": _("This code is not right or was used before.")})
    session.pop(HALF, None)
    page.say(_("That took too long. Please sign in again."), "warn")
    return page.go("auth.sign_in", next=page.safe_next(command.next) or None)


@door.deed("/auth/logout", allow=PUBLIC)
def sign_out(actor: Actor) -> Any:
    """End this sign-in on the server and empty the cookie; one that came by Microsoft ends there as well."""
    hint = signing_out.sign_out(actor=actor) if actor.is_signed_in else None
    visitor.forget()
    page.say(_("You are signed out."))
    if hint is None:
        return page.go("auth.sign_in")
    session[LEAVING] = hint
    return page.go("auth.signed_out")


@door.page("/auth/signed-out", allow=PUBLIC)
def signed_out(_actor: Actor) -> Any:
    """On to Microsoft, by the page itself: a form of ours may lead to no other site."""
    hint, entra = session.pop(LEAVING, None), asking.entra()
    if not isinstance(hint, str) or entra is None:
        return page.go("auth.sign_in")
    try:
        url = entra.sign_out_url(links.absolute(url_for("auth.sign_in")), hint)
    except (RetryLater, Undeliverable):
        url = ""
    return page.render("auth/signed_out.html", url=url) if url else page.go("auth.sign_in")


def too_many(refusal: TooMany, again: Any, form: Form[Any]) -> Response:
    """The form once more, with the time to wait; what was typed is kept."""
    seconds = int(refusal.details.get("seconds", 60))
    form.blame({"": [_("That was too many attempts."), _wait(seconds)]})
    answer = make_response(again(NOBODY, form), 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _wait(seconds: int) -> str:
    if seconds < 90:
        return ngettext(
            "Please try again in %(num)s second.", "Please try again in %(num)s seconds.", seconds
        )
    minutes = (seconds + 59) // 60
    return ngettext("Please try again in %(num)s minute.", "Please try again in %(num)s minutes.", minutes)


def _half() -> str:
    half = session.get(HALF, "")
    return half if isinstance(half, str) else ""


def _enter(before: Actor, answer: Answer, wanted: str) -> Any:
    """Put the new sign-in into a fresh session; one this browser had before ends."""
    if before.is_signed_in:
        run_unit(lambda: signing_out.sign_out(actor=before))
    visitor.remember(answer.token)
    session.permanent = answer.stays
    response = page.go_to(page.safe_next(wanted) or url_for("auth.root"))
    remember_device(response, answer.device)
    return response
