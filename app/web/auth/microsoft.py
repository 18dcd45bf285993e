"""`/auth/microsoft`: to Microsoft and back (RFC 6749 with PKCE, RFC 7636; abuse cases A46 to A48)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import make_response, session, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.accounts import limits
from app.accounts.access import PASSWORD_COUNTS_FOR
from app.accounts.actions import connecting, signing_out
from app.accounts.actions import microsoft as entering
from app.accounts.microsoft import Arrival
from app.accounts.words import Refusal
from app.core import clock, links, log, once
from app.core.actor import Actor
from app.core.errors import NotFound, PasswordNeeded
from app.core.language import _
from app.core.uow import run_unit
from app.integrations.entra import SignedIn
from app.integrations.entra_claims import SignInRefused
from app.integrations.outcome import RetryLater, Undeliverable
from app.jobs import microsoft
from app.web.auth import flows, microsoft_words
from app.web.auth.browser import remember_device, this_browser
from app.web.auth.door import door
from app.web.auth.flows import Flow, Purpose
from app.web.auth.forms import MicrosoftQuery
from app.web.kit import foreign, page, visitor
from app.web.kit.door import PUBLIC
from app.web.kit.guard import network

CALLBACK = "/auth/oauth_callback"
SPENT = "microsoft"
LONGEST_ANSWER = 8000


@door.page("/auth/microsoft", allow=PUBLIC, query=MicrosoftQuery)
def to_microsoft(actor: Actor, query: MicrosoftQuery) -> Any:
    """Send the browser to Microsoft; whoever is signed in already goes on."""
    if actor.is_signed_in:
        return page.go_to(page.safe_next(query.next) or url_for("auth.root"))
    flow = partial(Flow, purpose=Purpose.SIGN_IN, next=page.safe_next(query.next))
    return begin(flow, scopes=microsoft.scopes(), prompt="select_account" if query.other else "")


def begin(make: Any, **wishes: Any) -> Response:
    """Begin a flow at Microsoft and let this browser keep it.

    Args:
        make: makes the ``Flow`` from what MSAL wants kept.
        wishes: see ``Entra.begin``.
    """
    entra = microsoft.entra()
    if entra is None:
        raise NotFound(_("Sign-in with Microsoft is not set up here."))
    try:
        begun = entra.begin(links.absolute(CALLBACK), **wishes)
    except (RetryLater, Undeliverable) as error:
        return _not_now(error)
    response: Response = redirect(begun["auth_uri"], 303)
    flows.keep(response, make(begun))
    return response


@door.page(
    CALLBACK, allow=PUBLIC, unsafe="Microsoft sends the browser back by GET; state, nonce and PKCE guard it"
)
def oauth_callback(actor: Actor) -> Any:
    """Whoever comes back from Microsoft: the flow is taken out of its place first, so that it counts once."""
    answer = foreign.said(LONGEST_ANSWER)
    state = answer.get("state", "")
    flow = flows.taken(state) if state else None
    if flow is None or not run_unit(partial(_spend, state)):
        return _shown(400, "state")
    response = _finished(actor, flow, answer)
    flows.forget(response, state)
    return response


def _spend(state: str) -> bool:
    """Whether this flow comes back for the first time."""
    if once.recall(SPENT, state, "") is not None:
        return False
    once.keep(SPENT, state, "", {})
    return True


def _finished(actor: Actor, flow: Flow, answer: Mapping[str, str]) -> Response:
    limits.arrive(network())
    if flow.person_id and actor.person_id != flow.person_id:  # who comes back is who went
        return _shown(400, "state", flow)
    entra = microsoft.entra()
    if entra is None:
        raise NotFound(_("Sign-in with Microsoft is not set up here."))
    try:
        signed_in = entra.finish(flow.msal, answer)
    except SignInRefused as refused:
        log.get(__name__).warning("microsoft_refused", reason=refused.reason, detail=refused.detail)
        return _shown(microsoft_words.status_of(refused.reason), refused.reason, flow)
    except (RetryLater, Undeliverable) as error:
        return _not_now(error)
    return ENDINGS[flow.purpose](actor, flow, signed_in)


def _sign_in(actor: Actor, flow: Flow, signed_in: SignedIn) -> Response:
    granted = signed_in.granted
    arrival = microsoft.arrival_of(
        signed_in.claims, token=granted.text, refresh_token=granted.refresh_token, with_photo=True
    )
    entrance = run_unit(partial(entering.enter, arrival, this_browser(), actor=actor))
    if entrance.refusal is not None:
        return _shown(403, entrance.refusal, flow)
    if actor.is_signed_in:
        run_unit(partial(signing_out.sign_out, actor=actor))
    visitor.remember(entrance.token)
    session.permanent = entrance.stays
    response: Response = make_response(page.go_to(flow.next or url_for("auth.root")))
    remember_device(response, entrance.device)
    return response


def _connect(actor: Actor, flow: Flow, signed_in: SignedIn) -> Response:
    arrival = _arrival(signed_in, with_photo=True)
    try:
        refusal = run_unit(partial(connecting.connect_own, arrival, actor=actor))
    except PasswordNeeded:
        return make_response(page.go("auth.confirm_password", next=url_for("auth.microsoft_account")))
    if refusal is not None:
        return _shown(403, refusal, flow)
    page.say(_("Your account at Microsoft is connected."))
    missing = _not_granted(signed_in)
    if missing:
        page.say(
            _("Not granted: %(names)s. Groups give no roles to people who have many.", names=missing), "warn"
        )
    return make_response(page.go("auth.microsoft_account"))


def _not_granted(signed_in: SignedIn) -> str:
    """What was asked for and not agreed to; scopes come back with the address of Graph before them or without."""
    given = {scope.rpartition("/")[2].lower() for scope in signed_in.scopes}
    return ", ".join(scope for scope in microsoft.scopes() if scope.lower() not in given)


def _confirm(actor: Actor, flow: Flow, signed_in: SignedIn) -> Response:
    at = signed_in.claims.auth_time
    if at is None or at < clock.now() - PASSWORD_COUNTS_FOR:
        return _shown(400, "token", flow)
    if not run_unit(partial(connecting.confirm, _arrival(signed_in), actor=actor)):
        return _shown(403, Refusal.ELSEWHERE, flow)
    return make_response(page.go_to(flow.next or url_for("auth.profile")))


def _arrival(signed_in: SignedIn, *, with_photo: bool = False) -> Arrival:
    token = signed_in.granted.text if with_photo else ""
    return microsoft.arrival_of(signed_in.claims, token=token, with_photo=with_photo)


Ending = Callable[[Actor, Flow, SignedIn], Response]
# What comes of it, for each purpose; that of mailboxes stands with its page.
ENDINGS: dict[Purpose, Ending] = {
    Purpose.SIGN_IN: _sign_in,
    Purpose.CONNECT: _connect,
    Purpose.CONFIRM: _confirm,
}


def _not_now(error: RetryLater | Undeliverable) -> Response:
    log.get(__name__).warning("microsoft_away", reason=error.reason, detail=str(error))
    reason = error.reason if isinstance(error, SignInRefused) else "away"
    return _shown(microsoft_words.status_of(reason), reason)


def _shown(status: int, reason: str, flow: Flow | None = None) -> Response:
    """Why it did not work, what to do, and a reference; what Microsoft said stays in the log."""
    told = microsoft_words.told(reason)
    body = page.render(
        "auth/microsoft_refused.html",
        told=told,
        next=flow.next if flow else "",
        asks_again=reason not in microsoft_words.HOPELESS,
    )
    answer = make_response(body, status)
    if status == 503:
        answer.headers["Retry-After"] = "60"
    return answer
