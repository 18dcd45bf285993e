"""`/auth/microsoft/account`: the own account at Microsoft, connecting and leaving it, and proving oneself there."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from app.accounts.access import must_have_confirmed, myself
from app.accounts.actions import connecting
from app.accounts.identities import identity_of
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.language import _
from app.core.uow import run_unit
from app.jobs import microsoft
from app.web.auth.door import door
from app.web.auth.flows import Flow, Purpose
from app.web.auth.forms import NextQuery
from app.web.auth.microsoft import begin
from app.web.kit import foreign, page
from app.web.kit.door import PUBLIC

LONGEST_SESSION = 200


@door.page("/auth/microsoft/account", allow="profile.own")
def microsoft_account(actor: Actor) -> str:
    """Which account it is, and what can be done about it."""
    person, identity = myself(actor), identity_of(actor.person_id or 0)
    if identity is None and microsoft.entra() is None:
        raise NotFound(_("Sign-in with Microsoft is not set up here."))
    return page.render(
        "auth/microsoft_account.html",
        identity=identity,
        has_password=bool(person.password_hash),
        is_set_up=microsoft.entra() is not None,
    )


@door.page("/auth/microsoft/connect", allow="profile.own")
def connect_microsoft(actor: Actor) -> Any:
    """To Microsoft, to prove whose account there is to belong to this one."""
    must_have_confirmed(actor)
    flow = partial(Flow, purpose=Purpose.CONNECT, person_id=actor.person_id or 0)
    return begin(flow, scopes=microsoft.scopes(), prompt="select_account")


@door.page("/auth/microsoft/confirm", allow="account.secure", query=NextQuery)
def confirm_at_microsoft(actor: Actor, query: NextQuery) -> Any:
    """To Microsoft, to prove once more who is there; a session of earlier does not count."""
    identity = identity_of(actor.person_id or 0)
    if identity is None:
        raise NotFound
    flow = partial(
        Flow, purpose=Purpose.CONFIRM, next=page.safe_next(query.next), person_id=actor.person_id or 0
    )
    return begin(flow, prompt="login", max_age=0, login_hint=identity.upn)


@door.deed("/auth/microsoft/disconnect", allow="profile.own")
def disconnect_microsoft(actor: Actor) -> Any:
    """From now on only the password opens this account."""
    connecting.disconnect_own(actor=actor)
    page.say(_("Your account at Microsoft is no longer connected."))
    return page.go("auth.microsoft_account")


@door.page(
    "/auth/microsoft/signed-out",
    allow=PUBLIC,
    unsafe="Microsoft tells by a frame that somebody signed out there (OpenID Connect Front-Channel Logout 1.0)",
)
def signed_out_at_microsoft(actor: Actor) -> Response:
    """End what came by that session; the answer is the same whether there was one."""
    session = foreign.said(LONGEST_SESSION).get("sid", "")
    if session:
        run_unit(partial(connecting.signed_out_there, session, actor=actor))
    return Response(status=204)


def confirm_url(actor: Actor, wanted: str) -> str:
    """The way to prove oneself at Microsoft; "" for people without an account there."""
    if microsoft.entra() is None or identity_of(actor.person_id or 0) is None:
        return ""
    return url_for("auth.confirm_at_microsoft", next=page.safe_next(wanted) or None)
