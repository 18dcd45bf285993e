"""What every request passes: request id, host check, limits, CSRF, and the headers of every answer."""

from __future__ import annotations

import re
import secrets
import time
from urllib.parse import urlsplit

import structlog
from flask import Flask, Request, Response, current_app, g, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Response as AnyResponse

from app.core import log
from app.core.environment import environment
from app.core.language import _
from app.web.kit import errors, json_answers

CSP = (
    "default-src 'self'; img-src 'self' data: blob:; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
REQUEST_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
QUIET = ("/static/", "/health")
READS = frozenset({"GET", "HEAD", "OPTIONS"})

csrf = CSRFProtect()


class HouseRequest(Request):
    """Limits that hold before anything is parsed."""

    max_form_memory_size = 2_000_000
    max_form_parts = 500

    def _load_form_data(self) -> None:
        """A body that is no form at all is the sender's mistake, not ours."""
        try:
            super()._load_form_data()
        except (ValueError, KeyError) as error:
            raise BadRequest from error
        if any(name is None for part in (self.form, self.files) for name in part):
            raise BadRequest


def network() -> str:
    """The network a request comes from, coarse enough that an IPv6 neighbour does not escape a limit."""
    address = request.remote_addr or ""
    return ":".join(address.split(":")[:4]) if ":" in address else address


def _begin() -> None:
    wished = request.headers.get("X-Request-ID", "")
    g.request_id = wished if REQUEST_ID.match(wished) else secrets.token_hex(8)
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _plain_text() -> None:
    """Refuse paths and queries that carry NUL bytes before anybody reads them."""
    if "\x00" in request.path or any("\x00" in value for value in request.args.values()):
        raise BadRequest


def _from_our_pages() -> AnyResponse | None:
    """Refuse a change sent by a page of another host, even with a good token (abuse case A57).

    A page of a neighbouring host can plant a cookie of its own here, and then has a token that fits it. Programs that
    are no browsers do not say where they are. Below /api no cookie counts, so a page has nothing to abuse there.
    """
    origin = request.headers.get("Origin")
    if request.method in READS or origin is None or json_answers.wanted():
        return None
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        host = ""
    ours = host_is_trusted(host, current_app.config["TRUSTED_HOSTS"])
    return None if ours else _csrf_refused(CSRFError())


def _path() -> str:
    """The path for the log; where it carries a secret, only its pattern."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in rule.arguments else request.path


def _end(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-ID"] = g.get("request_id", "")
    headers.setdefault("Content-Security-Policy", CSP)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    headers.setdefault("Cache-Control", "no-store")
    if environment().secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if not request.path.startswith(QUIET):
        log.get("access").info(
            "request",
            method=request.method,
            path=_path(),
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        )
    return response


def _csrf_refused(_error: CSRFError) -> AnyResponse:
    return errors.show(
        400,
        _("This page was open for too long or in another window. Please load it again and send once more."),
    )


def _host_refused(_error: SecurityError) -> AnyResponse:
    if json_answers.wanted():
        return json_answers.decline(400)
    return Response("400 unknown host\n", status=400, mimetype="text/plain")


def init_guard(app: Flask, *, hosts: list[str], proxies: int) -> None:
    """Put the guard in front of every route.

    Args:
        hosts: host names a request may carry.
        proxies: how many reverse proxies stand in front and are believed.
    """
    app.request_class = HouseRequest
    app.config["TRUSTED_HOSTS"] = hosts
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
    app.before_request(_begin)
    app.before_request(_plain_text)
    app.before_request(_from_our_pages)
    csrf.init_app(app)
    app.after_request(_end)
    app.register_error_handler(CSRFError, _csrf_refused)
    app.register_error_handler(SecurityError, _host_refused)
