"""`/auth/microsoft/mailbox/<id>`: to Microsoft and back, to have a mailbox read and sent from in somebody's name."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import make_response
from werkzeug.wrappers import Response

from app.accounts.access import must_have_confirmed
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid, NotFound
from app.core.language import _
from app.core.uow import run_unit
from app.integrations.entra import SignedIn
from app.mailroom import graph_route
from app.mailroom.access import account_for
from app.mailroom.actions import connecting
from app.mailroom.words import Login
from app.web.auth.door import door
from app.web.auth.flows import Flow, Purpose
from app.web.auth.microsoft import ENDINGS, begin
from app.web.kit import page


@door.page("/auth/microsoft/mailbox/<int:account_id>", allow="admin.mail")
def connect_mailbox(actor: Actor, account_id: int) -> Any:
    """To Microsoft, to sign in there as a mailbox."""
    account = account_for(actor, account_id)
    must_have_confirmed(actor)
    if account.login is not Login.GRAPH_USER or account.from_environment:
        raise NotFound
    flow = partial(Flow, purpose=Purpose.MAILBOX, person_id=actor.person_id or 0, thing_id=account.id)
    wanted = graph_route.scopes(changes=account.graph_changes)
    return begin(flow, scopes=wanted, prompt="select_account", login_hint=account.address)


def _connected(actor: Actor, flow: Flow, signed_in: SignedIn) -> Response:
    """Whoever signed in gives the mailbox their token; who that was stands on its page."""
    upn, token = signed_in.claims.upn, signed_in.granted.refresh_token
    try:
        run_unit(partial(connecting.connect, flow.thing_id, token, upn, signed_in.scopes, actor=actor))
    except Invalid as refused:
        page.say(" ".join(text for texts in refused.problems.values() for text in texts), "danger")
    except Conflict as clash:
        page.say(clash.message, "danger")
    else:
        page.say(_("The mailbox is connected. Check now whether it works."))
    return make_response(page.go_to(f"/admin/mail/{flow.thing_id}"))


ENDINGS[Purpose.MAILBOX] = _connected
