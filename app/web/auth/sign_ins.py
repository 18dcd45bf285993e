"""`/auth/sign-ins`: in which browsers and apps one is signed in."""

from __future__ import annotations

from typing import Any

from app.accounts.actions import signing_out
from app.accounts.queries import OwnSignIn, own_sign_ins
from app.accounts.words import SignInKind
from app.core.actor import Actor
from app.core.language import _, ngettext
from app.web.auth.browser import described
from app.web.auth.door import door
from app.web.kit import page


@door.page("/auth/sign-ins", allow="profile.own")
def sign_ins(actor: Actor) -> str:
    """All of them, the present one first."""
    rows = [(one, _named(one)) for one in own_sign_ins(actor)]
    return page.render("auth/sign_ins.html", rows=rows)


def _named(one: OwnSignIn) -> str:
    kind = _("App") if one.kind is SignInKind.PROGRAM else ""
    return ", ".join(part for part in (kind, described(one.user_agent)) if part)


@door.deed("/auth/sign-ins/<int:sign_in_id>/end", allow="profile.own")
def end_sign_in(actor: Actor, sign_in_id: int) -> Any:
    """Sign one browser out."""
    signing_out.end_one(sign_in_id, actor=actor)
    page.say(_("That browser is signed out."))
    return page.go("auth.sign_ins")


@door.deed("/auth/sign-ins/end-others", allow="profile.own")
def end_other_sign_ins(actor: Actor) -> Any:
    """Sign out everywhere but here."""
    ended = signing_out.end_others(actor=actor)
    page.say(ngettext("%(num)s browser is signed out.", "%(num)s browsers are signed out.", ended))
    return page.go("auth.sign_ins")
