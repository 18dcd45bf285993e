"""`/auth/profile`: the own record, picture, language, absence."""

from __future__ import annotations

from typing import Any

from flask import current_app, make_response, request
from werkzeug.wrappers import Response

from app.accounts import avatars, keeping, limits
from app.accounts.access import myself, person_for
from app.accounts.actions import absences
from app.accounts.actions import profile as own_profile
from app.accounts.queries import colleagues
from app.accounts.schemas import Absence, ChangeProfile
from app.accounts.words import TIME_ZONES, Need
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid
from app.core.language import _, set_language
from app.core.uow import run_unit
from app.web.auth.door import door
from app.web.auth.forms import LanguageForm
from app.web.kit import errors, page
from app.web.kit.door import PUBLIC, SIGNED_IN
from app.web.kit.downloads import send_picture
from app.web.kit.forms import Form

HOUR = 60 * 60


def _profile_page(actor: Actor, form: Form[Any], changed: list[tuple[str, str]] | None = None) -> str:
    person = myself(actor)
    zones = TIME_ZONES if person.time_zone in TIME_ZONES else (person.time_zone, *TIME_ZONES)
    return page.render(
        "auth/profile.html",
        form=form,
        person=person,
        zones=[(zone, zone.replace("_", " ")) for zone in zones],
        clash=changed,
        kept=keeping.fields_of(person),
        max_avatar=avatars.AVATAR_BYTES,
    )


def profile_form(actor: Actor) -> Form[Any]:
    """The own record as a form."""
    person = myself(actor)
    return Form({name: getattr(person, name) for name in ChangeProfile.model_fields})


@door.page("/auth/profile", allow="profile.own")
def profile(actor: Actor) -> str:
    """The own record, and the way to everything about the account."""
    return _profile_page(actor, profile_form(actor))


@door.deed("/auth/profile", allow="profile.own", takes=ChangeProfile, again=_profile_page)
def change_profile(actor: Actor, command: ChangeProfile) -> Any:
    """Save it; changed elsewhere meanwhile, both versions are shown."""
    try:
        own_profile.change(command, actor=actor)
    except Conflict:
        return clash(actor, command)
    set_language(command.language)
    page.say(_("Your profile is saved."))
    response = page.go("auth.profile")
    page.remember_language(response, command.language)
    return response


def clash(actor: Actor, command: ChangeProfile) -> Response:
    """What was typed, and beside it what is stored now; saving again is then a decision."""
    person = myself(actor)
    typed = command.model_dump(exclude={"version"})
    other = [(name, getattr(person, name) or "") for name in typed if getattr(person, name) != typed[name]]
    form: Form[Any] = Form(typed | {"version": person.version})
    return make_response(_profile_page(actor, form, other), 409)


@door.deed("/auth/profile/avatar", allow="profile.own", own_unit=True)
def change_avatar(actor: Actor) -> Any:
    """A new picture, made anew from the file before it is kept."""
    limits.picture(actor.person_id or 0)
    sent = request.files.get("avatar")
    data = sent.read(avatars.AVATAR_BYTES + 1) if sent is not None else b""
    storage = current_app.extensions["storage"]
    try:
        sha256 = avatars.store(data, lambda stream, limit: storage.put(stream, limit).sha256)
    except Invalid as refusal:
        form = profile_form(actor)
        form.blame(refusal.problems)
        return make_response(_profile_page(actor, form), 422)
    run_unit(lambda: own_profile.change_avatar(sha256, actor=actor))
    page.say(_("Your picture is saved."))
    return page.go("auth.profile")


@door.deed("/auth/profile/avatar/remove", allow="profile.own")
def remove_avatar(actor: Actor) -> Any:
    """Back to initials."""
    own_profile.change_avatar("", actor=actor)
    page.say(_("Your picture is removed."))
    return page.go("auth.profile")


@door.page("/auth/avatar/<int:person_id>", allow=SIGNED_IN)
def avatar(actor: Actor, person_id: int) -> Response:
    """A person's picture, for those who may see the person."""
    person = person_for(actor, person_id, Need.SEE)
    answer = send_picture(person.avatar_sha256)
    answer.headers["Cache-Control"] = f"private, max-age={HOUR}"
    return answer


def _language_again(_actor: Actor, form: Form[Any]) -> Response:
    return errors.show(422, problems=[text for _name, text in form.problems])


@door.deed("/auth/language", allow=PUBLIC, takes=LanguageForm, again=_language_again)
def language(actor: Actor, command: LanguageForm) -> Any:
    """The language of pages; kept in the profile, and in a cookie for those who are not signed in."""
    if actor.can("profile.own"):
        own_profile.change_language(command.language, actor=actor)
    response = page.go_to(page.nearest_page(page.safe_next(command.next)))
    page.remember_language(response, command.language)
    return response


def _absence_page(actor: Actor, form: Form[Any]) -> str:
    choices = [(one.id, one.full_name) for one in colleagues(actor, but=actor.person_id)]
    return page.render("auth/absence.html", form=form, colleagues=choices)


@door.page("/auth/absence", allow="tickets.work")
def absence(actor: Actor) -> str:
    """When one is away and who stands in."""
    person = myself(actor)
    return _absence_page(actor, Form({name: getattr(person, name) for name in Absence.model_fields}))


@door.deed("/auth/absence", allow="tickets.work", takes=Absence, again=_absence_page)
def change_absence(actor: Actor, command: Absence) -> Any:
    """Save it; empty fields take it back."""
    absences.change(myself(actor, lock=True), command, actor=actor)
    page.say(_("Your absence is saved.") if command.absent_from else _("You are marked as present."))
    return page.go("auth.absence")
