"""`/admin/mail/texts`: what mails about tickets say, for each team and language, with a preview."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, url_for

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.language import _
from app.notifications import own_words, rewording, wording_rules, wordings
from app.notifications.mail_kinds import BLOCKS, INLINE, LETTERS, Letter, Wording
from app.notifications.rendering import Written
from app.notifications.samples import sample
from app.notifications.schemas import NewWording, WordsOf
from app.notifications.words import MailKind, Side
from app.web.admin import mail_preview
from app.web.admin.door import door
from app.web.admin.mail_preview import Framed, Place, Shown, Whose
from app.web.kit import page
from app.web.kit.forms import Form


@door.page("/admin/mail/texts", allow="admin.settings")
def mail_texts(_actor: Actor) -> str:
    """Every mail about tickets: who gets it, and where its words were changed."""
    return page.render(
        "admin/mail_texts.html",
        groups=[
            (_("To those who ask"), _letters(Side.REQUESTER)),
            (_("To the team"), _letters(Side.STAFF)),
        ],
        changes=wordings.changes(),
        languages=mail_preview.LANGUAGES,
    )


def _letters(side: Side) -> list[Letter]:
    return [letter for letter in LETTERS.values() if letter.side is side]


def _letter(kind: str) -> Letter:
    if kind not in {known.value for known in MailKind}:
        raise NotFound
    return LETTERS[MailKind(kind)]


def _in_words(actor: Actor, letter: Letter, place: Place, wording: Wording | None = None) -> Written:
    """The mail as it is sent now, or in the words somebody is typing."""
    signed = letter.kind is MailKind.REPLY
    found = own_words.find(letter.kind, place.team, place.language, signed=signed)
    if wording is not None:
        found = replace(found, wording=wording)
    return sample(letter.kind, found, team=place.name, language=place.language, time_zone=actor.time_zone)


def _shown(letter: Letter, place: Place, written: Written, draft: str = "") -> Shown:
    more: dict[str, Any] = {"draft": draft} if draft else {}
    frame = url_for(
        "admin.framed_mail_text", kind=letter.kind, team=place.team, language=place.language, **more
    )
    return Shown(written.subject, written.text, frame)


def _edit_page(actor: Actor, letter: Letter, place: Place, form: Form[Any], shown: Shown | None) -> str:
    return page.render(
        "admin/mail_text.html",
        letter=letter,
        place=place,
        form=form,
        shown=shown,
        teams=mail_preview.teams_to_choose(actor, place),
        languages=mail_preview.LANGUAGES,
        inline=[(name, INLINE[name]) for name in letter.inline],
        blocks=[(name, BLOCKS[name]) for name in letter.blocks],
    )


@door.page("/admin/mail/texts/<kind>", allow="admin.settings", query=Whose)
def mail_text(actor: Actor, whose: Whose, kind: str) -> str:
    """One mail: its words, and how they look."""
    letter, place = _letter(kind), mail_preview.place_of(actor, whose)
    stored = wordings.stored(letter.kind, place.team, place.language)
    form: Form[Any] = Form(
        {
            "team": place.team,
            "language": place.language,
            "version": stored.version,
            "subject": stored.wording.subject,
            "body": stored.wording.body,
        }
    )
    return _edit_page(actor, letter, place, form, _shown(letter, place, _in_words(actor, letter, place)))


def _again(actor: Actor, form: Form[Any], kind: str) -> str:
    if page.wants_fragment():
        return page.render("admin/mail_preview.html", shown=None, problems=form.problems)
    return _edit_page(actor, _letter(kind), mail_preview.place_in(actor, form), form, None)


@door.deed("/admin/mail/texts/<kind>", allow="admin.settings", takes=NewWording, again=_again)
def save_mail_text(actor: Actor, command: NewWording, kind: str) -> Any:
    """Save the words."""
    letter = _letter(kind)
    rewording.save_wording(letter.kind, command, actor=actor)
    page.say(_("The words are saved. The next mail is written in them."))
    return page.go("admin.mail_text", kind=kind, team=command.team, language=command.language)


@door.deed("/admin/mail/texts/<kind>/preview", allow="admin.settings", takes=NewWording, again=_again)
def preview_mail_text(actor: Actor, command: NewWording, kind: str) -> str:
    """How the mail would look in the words that were typed; saves none of them."""
    letter = _letter(kind)
    place = mail_preview.place_of(actor, Whose(team=command.team, language=command.language))
    wording = Wording(command.subject, command.body)
    wording_rules.check(letter.kind, wording)
    written = _in_words(actor, letter, place, wording)
    shown = _shown(letter, place, written, mail_preview.keep(actor, written))
    if page.wants_fragment():
        return page.render("admin/mail_preview.html", shown=shown, problems=[])
    return _edit_page(actor, letter, place, Form(command.model_dump()), shown)


@door.deed("/admin/mail/texts/<kind>/restore", allow="admin.settings", takes=WordsOf, again=_again)
def restore_mail_text(actor: Actor, command: WordsOf, kind: str) -> Any:
    """Back to the words that came with the product, or to those of all teams."""
    rewording.restore_wording(_letter(kind).kind, command, actor=actor)
    page.say(_("The own words are gone."))
    return page.go("admin.mail_text", kind=kind, team=command.team, language=command.language)


@door.page("/admin/mail/texts/<kind>/frame", allow="admin.settings", query=Framed)
def framed_mail_text(actor: Actor, framed: Framed, kind: str) -> Response:
    """The mail itself, for the frame on the page."""
    letter, place = _letter(kind), mail_preview.place_of(actor, framed)
    if framed.draft:
        return mail_preview.frame(mail_preview.kept(actor, framed.draft))
    return mail_preview.frame(_in_words(actor, letter, place).html)
