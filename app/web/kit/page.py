"""Rendering: the Jinja environment's words, whole pages and fragments, redirects, short messages."""

from __future__ import annotations

import secrets
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.core import language
from app.core.actor import Actor
from app.core.environment import environment
from app.core.formats import Formats
from app.settings import microsoft
from app.web.kit import assets, marks, navigation
from app.web.kit.site import site_view
from app.web.kit.visitor import current_actor

SAME_FOR_ALL = frozenset({"bundle", "brand"})  # static answers: nobody is looked up for them


def wants_fragment() -> bool:
    """Whether HTMX asks for a part of the page (a restored history entry wants the whole one)."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"


def render(template: str, **context: Any) -> str:
    """A whole page."""
    return render_template(template, **context)


def go(endpoint: str, **values: Any) -> AnyResponse:
    """See-other to a page of ours; HTMX is told to load it as a page."""
    return go_to(url_for(endpoint, **values))


def go_to(path: str) -> AnyResponse:
    """See-other to a path of ours."""
    if wants_fragment():
        return Response(status=204, headers={"HX-Redirect": path})
    return redirect(path, 303)


def say(message: str, tone: str = "ok") -> None:
    """A short message on the next page."""
    flash(message, tone)


def safe_next(path: str) -> str:
    """A path to return to, if it is one of ours; empty otherwise (abuse case A56)."""
    if not path.startswith("/") or len(path) > 500 or not path[1:2].isalnum():
        return ""
    if any(ord(c) <= 32 or c in "\\" for c in path) or not path.isascii():
        return ""
    return path


def nearest_page(path: str) -> str:
    """The path itself, or the next one above it that can be looked at: some pages are only the answer to a form."""
    bare = path.partition("?")[0]
    if _is_page(bare):
        return path
    while bare and not _is_page(bare):
        bare = bare.rpartition("/")[0]
    return bare or "/"


def _is_page(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return False
    return True


def formats() -> Formats:
    """Formats of the reader of this request."""
    if "formats" not in g:
        actor = current_actor()
        g.formats = Formats(actor.time_zone if actor.is_signed_in else environment().default_time_zone)
    made: Formats = g.formats
    return made


def reader_language(actor: Actor) -> str:
    """Profile, then cookie, then the browser's wish, then the default."""
    if actor.is_signed_in:
        return actor.language
    chosen = request.cookies.get("hd-language", "")
    if chosen in language.LANGUAGES:
        return chosen
    best = request.accept_languages.best_match(language.LANGUAGES)
    return best or environment().default_locale


def _context() -> dict[str, Any]:
    actor = current_actor()
    return {
        "actor": actor,
        "path": request.path,
        "fmt": formats(),
        "language": language.language(),
        "reference": g.get("request_id", ""),
        "site": site_view(),
        "menu": navigation.for_actor(actor),
        "is_fragment": wants_fragment(),
        "csrf_token": marks.csrf_token,
    }


def once_key() -> str:
    """A fresh one-time key for a form that must take effect once."""
    return secrets.token_urlsafe(16)


def knows_microsoft() -> bool:
    """Whether people can sign in with Microsoft here."""
    return microsoft.registration() is not None


def init_pages(app: Flask) -> None:
    """Give templates their words."""
    marks.give(app.jinja_env)
    app.jinja_env.globals.update(asset=assets.url, once_key=once_key, knows_microsoft=knows_microsoft)
    app.context_processor(_context)

    @app.before_request
    def _choose_language() -> None:
        if request.endpoint in SAME_FOR_ALL:
            return
        language.set_language(reader_language(current_actor()))

    @app.after_request
    def _vary(response: Response) -> Response:
        if request.endpoint not in SAME_FOR_ALL:
            response.vary.update(["HX-Request", "Cookie", "Accept-Language"])
        return response


def remember_language(response: AnyResponse, code: str) -> None:
    """Remember the language of somebody who is not signed in."""
    response.set_cookie(
        "hd-language", code, max_age=31536000, secure=environment().secure, httponly=True, samesite="Lax"
    )
