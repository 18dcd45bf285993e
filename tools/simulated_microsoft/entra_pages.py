"""The part of Entra that browsers see: choose somebody, be signed in, sign out."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Reply

from tools.simulated_microsoft.entra import ANY_TENANT
from tools.simulated_microsoft.gate import ms
from tools.simulated_microsoft.people import Person
from tools.simulated_microsoft.sign_ins import Asked, Session

door = Blueprint("entra_pages", __name__)
COOKIE = "simulated_microsoft_sso"
SCRIPTED = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action *"
FRAMED = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src http: https:"


class Wrong(Exception):
    """Shown on a page of Entra; the browser is not sent back."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(f"AADSTS{number}: {words}")


@door.errorhandler(Wrong)
def wrong(error: Wrong) -> tuple[str, int]:
    return render_template("wrong.html", words=str(error)), 400


@door.route("/<tenant>/oauth2/v2.0/authorize", methods=["GET", "POST"])
def authorize(tenant: str) -> Reply:
    """The sign-in page; with POST somebody was chosen on it. What was asked for stands in the address."""
    asked = _asked(tenant)
    problem = _problem()
    if problem:
        return _back(asked, error=problem[0], error_description=problem[1])
    if request.method == "POST":
        return _chosen(asked)
    prompt = request.args.get("prompt", "")
    session = ms().sign_ins.session(request.cookies.get(COOKIE, ""))
    if session is not None and prompt in ("", "none", "consent") and _fits(session, asked):
        return _signed_in(asked, session)
    if prompt == "none":
        return _back(
            asked,
            error="login_required",
            error_description="AADSTS50058: A silent sign-in request was sent but no user is signed in.",
        )
    return Response(
        render_template("sign_in.html", people=ms().people.values(), hint=_hint(), names=ms().people)
    )


def _asked(tenant: str) -> Asked:
    """What the application asked for.

    Raises:
        Wrong: it is not known, or the browser would be sent to an address nobody registered.
    """
    told = request.args
    if tenant != ms().tenant_id and tenant not in ANY_TENANT:
        raise Wrong(90002, f"Tenant '{tenant}' not found.")
    if tenant in ANY_TENANT and not ms().multi_tenant:
        raise Wrong(50194, "The application is not configured as a multi-tenant application.")
    if told.get("client_id") != ms().client_id:
        raise Wrong(
            700016,
            f"Application with identifier '{told.get('client_id', '')}' was not found in the directory.",
        )
    if not _registered(told.get("redirect_uri", "")):
        raise Wrong(
            50011,
            f"The redirect URI '{told.get('redirect_uri', '')}' does not match those configured for the application.",
        )
    return Asked(
        ms().client_id,
        told["redirect_uri"],
        tuple(told.get("scope", "").split()),
        told.get("nonce", ""),
        told.get("code_challenge", ""),
        tenant,
        "max_age" in told,
    )


def _registered(address: str) -> bool:
    if address in ms().redirect_uris:
        return True
    parts = urlsplit(address)
    local = parts.scheme in ("http", "https") and parts.hostname in ("localhost", "127.0.0.1", "::1")
    return local and not parts.fragment and parts.path.endswith(tuple(ms().redirect_paths))


def _problem() -> tuple[str, str] | None:
    """What is wrong with the wishes themselves; the browser is sent back with it."""
    told = request.args
    if told.get("response_type") != "code":
        return "unsupported_response_type", "AADSTS700054: response_type is not enabled for the application."
    if not told.get("scope"):
        return (
            "invalid_request",
            "AADSTS900144: The request body must contain the following parameter: 'scope'.",
        )
    if told.get("code_challenge_method") != "S256" or not told.get("code_challenge"):
        return (
            "invalid_request",
            "AADSTS9002325: Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
        )
    if told.get("response_mode", "query") not in ("query", "form_post", "fragment"):
        return "invalid_request", "AADSTS70007: The value of 'response_mode' is not supported."
    return None


def _fits(session: Session, asked: Asked) -> bool:
    """May this earlier sign-in be used without asking?"""
    hint, age = _hint(), request.args.get("max_age", "")
    young = not age.isdigit() or time.time() - session.auth_time <= int(age)
    return (
        young
        and (not hint or hint in (session.person.upn.lower(), session.person.mail.lower()))
        and _at_home(session.person, asked)
    )


def _at_home(person: Person, asked: Asked) -> bool:
    return person.tenant_id == ms().tenant_id or asked.tenant in ANY_TENANT


def _hint() -> str:
    return request.args.get("login_hint", "").lower()


def _chosen(asked: Asked) -> Reply:
    if "cancel" in request.form:
        return _back(
            asked,
            error="access_denied",
            error_description="AADSTS65004: User declined to consent to access the app.",
            error_subcode="cancel",
        )
    person = ms().person(request.form.get("person", ""))
    if person is None:
        raise Wrong(50034, "The user account does not exist in the directory.")
    if not person.enabled:
        raise Wrong(50057, "The user account is disabled.")
    if not _at_home(person, asked):
        raise Wrong(
            50020,
            f"User account '{person.upn}' does not exist in tenant '{asked.tenant}' and cannot access the application.",
        )
    cookie, session = ms().sign_ins.open(person)
    answer = _signed_in(asked, session)
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def _signed_in(asked: Asked, session: Session) -> Reply:
    return _back(asked, code=ms().sign_ins.code(asked, session), session_state=session.sid)


def _back(asked: Asked, **told: str) -> Reply:
    """Send the browser back to the application."""
    if "state" in request.args:
        told["state"] = request.args["state"]
    mode = request.args.get("response_mode", "query")
    if mode == "form_post":
        page = Response(render_template("form_post.html", target=asked.redirect_uri, told=told))
        page.headers["Content-Security-Policy"] = SCRIPTED
        return page
    glue = "#" if mode == "fragment" else "&" if urlsplit(asked.redirect_uri).query else "?"
    return redirect(f"{asked.redirect_uri}{glue}{urlencode(told)}", 302)


@door.route("/<tenant>/oauth2/v2.0/logout", methods=["GET", "POST"])
def logout(tenant: str) -> Reply:
    """Ends the sign-in of this browser, tells applications in hidden frames, and sends the browser on."""
    session = ms().sign_ins.close(request.cookies.get(COOKIE, ""))
    frames = [_frame(url, session) for url in ms().front_channel_logout_urls] if session else []
    page = Response(
        render_template(
            "signed_out.html", target=_after_logout(), frames=frames, person=session and session.person
        )
    )
    page.headers["Content-Security-Policy"] = FRAMED
    page.delete_cookie(COOKIE)
    return page


def _frame(url: str, session: Session) -> str:
    told: dict[str, Any] = {"iss": ms().issuer(session.person.tenant_id), "sid": session.sid}
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(told)}"


def _after_logout() -> str:
    """Where the browser goes afterwards: this machine only, as we keep no list of such addresses."""
    target = request.values.get("post_logout_redirect_uri", "")
    parts = urlsplit(target)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1") or target in ms().redirect_uris
    return target if parts.scheme in ("http", "https") and local else ""
