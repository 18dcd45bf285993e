"""`/admin/mail/signatures`: what stands below public replies, for each team and language, with a preview."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, url_for

from app.core.actor import Actor
from app.core.language import _
from app.notifications import own_words, rewording, wording_rules, wordings
from app.notifications.mail_kinds import INLINE, SIGNATURE
from app.notifications.own_words import Found
from app.notifications.rendering import Written
from app.notifications.samples import sample
from app.notifications.schemas import NewSignature, WordsOf
from app.notifications.words import MailKind
from app.web.admin import mail_preview
from app.web.admin.door import door
from app.web.admin.mail_preview import Framed, Place, Shown, Whose
from app.web.kit import page
from app.web.kit.forms import Form


@door.page("/admin/mail/signatures", allow="admin.settings")
def signatures(_actor: Actor) -> str:
    """Every signature."""
    return page.render(
        "admin/mail_signatures.html", rows=wordings.signatures(), languages=mail_preview.LANGUAGES
    )


def _found(place: Place) -> Found:
    return own_words.find(MailKind.REPLY, place.team, place.language, signed=True)


def _signed(actor: Actor, place: Place, text: str | None = None) -> Written:
    """A reply with the signature that holds now, or with the one somebody is typing."""
    found = _found(place)
    if text is not None:
        found = replace(found, signature=text)
    return sample(MailKind.REPLY, found, team=place.name, language=place.language, time_zone=actor.time_zone)


def _shown(place: Place, written: Written, draft: str = "") -> Shown:
    more: dict[str, Any] = {"draft": draft} if draft else {}
    frame = url_for("admin.framed_signature", team=place.team, language=place.language, **more)
    return Shown(written.subject, written.text, frame)


def _edit_page(actor: Actor, place: Place, form: Form[Any], shown: Shown | None) -> str:
    return page.render(
        "admin/mail_signature.html",
        place=place,
        form=form,
        shown=shown,
        teams=mail_preview.teams_to_choose(actor, place),
        languages=mail_preview.LANGUAGES,
        inline=[(name, INLINE[name]) for name in SIGNATURE],
        has_place=own_words.has_place_for_signature(_found(place)),
    )


@door.page("/admin/mail/signatures/edit", allow="admin.settings", query=Whose)
def signature(actor: Actor, whose: Whose) -> str:
    """One signature, and how a reply looks with it."""
    place = mail_preview.place_of(actor, whose)
    text, version = wordings.signature(place.team, place.language)
    form: Form[Any] = Form({"team": place.team, "language": place.language, "version": version, "text": text})
    return _edit_page(actor, place, form, _shown(place, _signed(actor, place)))


def _again(actor: Actor, form: Form[Any]) -> str:
    if page.wants_fragment():
        return page.render("admin/mail_preview.html", shown=None, problems=form.problems)
    return _edit_page(actor, mail_preview.place_in(actor, form), form, None)


@door.deed("/admin/mail/signatures/edit", allow="admin.settings", takes=NewSignature, again=_again)
def save_signature(actor: Actor, command: NewSignature) -> Any:
    """Save a signature."""
    rewording.save_signature(command, actor=actor)
    page.say(_("The signature is saved. The next reply carries it."))
    return page.go("admin.signature", team=command.team, language=command.language)


@door.deed("/admin/mail/signatures/preview", allow="admin.settings", takes=NewSignature, again=_again)
def preview_signature(actor: Actor, command: NewSignature) -> str:
    """How a reply would look with what was typed; saves nothing of it."""
    place = mail_preview.place_of(actor, Whose(team=command.team, language=command.language))
    wording_rules.check_signature(command.text)
    written = _signed(actor, place, command.text)
    shown = _shown(place, written, mail_preview.keep(actor, written))
    if page.wants_fragment():
        return page.render("admin/mail_preview.html", shown=shown, problems=[])
    return _edit_page(actor, place, Form(command.model_dump()), shown)


@door.deed("/admin/mail/signatures/remove", allow="admin.settings", takes=WordsOf, again=_again)
def remove_signature(actor: Actor, command: WordsOf) -> Any:
    """Take a signature away."""
    rewording.remove_signature(command, actor=actor)
    page.say(_("The signature is removed."))
    return page.go("admin.signatures")


@door.page("/admin/mail/signatures/frame", allow="admin.settings", query=Framed)
def framed_signature(actor: Actor, framed: Framed) -> Response:
    """A reply with the signature, for the frame on the page."""
    place = mail_preview.place_of(actor, framed)
    if framed.draft:
        return mail_preview.frame(mail_preview.kept(actor, framed.draft))
    return mail_preview.frame(_signed(actor, place).html)
