"""The web application behind both listeners: doors put together, the log, and the faults on top."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from tools.simulated_microsoft import (
    control,
    entra,
    entra_pages,
    graph_delta,
    graph_mail,
    graph_people,
    graph_sending,
    graph_subscriptions,
    pages,
    workflows,
)
from tools.simulated_microsoft.faulty import after, before
from tools.simulated_microsoft.gate import GraphError, ms
from tools.simulated_microsoft.mailboxes import NotThere
from tools.simulated_microsoft.seen import Seen

if TYPE_CHECKING:
    from tools.simulated_microsoft.microsoft import Microsoft

DOORS = (
    control,
    entra,
    entra_pages,
    graph_delta,
    graph_mail,
    graph_people,
    graph_sending,
    graph_subscriptions,
    pages,
    workflows,
)
OWN = ("/_simulator", "/view", "/static")
STILL = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"


def make_web(simulation: Microsoft) -> Flask:
    """The application of one simulation."""
    app = Flask(__name__, static_url_path="/static")
    app.extensions["simulated_microsoft"] = simulation
    app.extensions["busy"] = Counter[str]()
    app.url_map.redirect_defaults = False
    app.jinja_env.globals["ms"] = simulation
    for door in DOORS:
        app.register_blueprint(door.door)
    app.before_request(_only_us)
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_let_go)
    app.register_error_handler(GraphError, lambda error: error.answer())
    app.register_error_handler(NotThere, _not_there)
    app.register_error_handler(HTTPException, _no_such_path)
    return app


def _only_us() -> Response | None:
    """A page of somebody else must not reach us by another host name, nor press our buttons."""
    host = urlsplit(f"//{request.host}").hostname or ""
    origin = request.headers.get("Origin", "")
    if not _local(host) or (request.method == "POST" and origin not in ("", request.host_url.rstrip("/"))):
        return Response("This is a simulation for this machine only.", 403, mimetype="text/plain")
    return None


def _local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _own() -> bool:
    return request.path == "/" or request.path.startswith(OWN)


def _begin() -> Response | None:
    if _own():
        return None
    seen = Seen(
        request.method, request.path, request.args.to_dict(), dict(request.headers), request.get_data()
    )
    g.seen = seen
    ms().log.append(seen)
    crowded = _crowded()
    if crowded is not None:
        return crowded.answer()
    g.fault = ms().faults.take(request.method, request.path)
    return before(g.fault) if g.fault is not None else None


def _crowded() -> GraphError | None:
    """Microsoft answers so many requests for one mailbox at the same time, and no more."""
    limit, who = ms().parallel_limit, str((request.view_args or {}).get("who", "")).lower()
    if limit is None or not who:
        return None
    busy = _busy()
    with ms().lock:
        if busy[who] >= limit:
            words = "Application is over its MailboxConcurrency limit."
            return GraphError(429, "ApplicationThrottled", words, {"Retry-After": "1"})
        busy[who] += 1
        g.counted = who
    return None


def _busy() -> Counter[str]:
    found: Counter[str] = current_app.extensions["busy"]
    return found


def _let_go(_error: BaseException | None) -> None:
    who = g.pop("counted", None)
    if who is not None:
        with ms().lock:
            _busy()[who] -= 1


def _end(response: Response) -> Response:
    if _own() or response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", STILL)
        response.headers["Cache-Control"] = "no-store"
    seen = g.get("seen")
    if seen is None:
        return response
    if "client-request-id" in request.headers:
        response.headers["client-request-id"] = request.headers["client-request-id"]
    fault = g.get("fault")
    if fault is not None:
        response = after(fault, response)
    seen.status = response.status_code
    return response


def _not_there(_error: NotThere) -> Response:
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.").answer()


def _no_such_path(error: HTTPException) -> Any:
    if not request.path.startswith("/v1.0"):
        return error
    code = {404: "ResourceNotFound", 405: "MethodNotAllowed"}.get(error.code or 0, "BadRequest")
    return GraphError(error.code or 400, code, "Resource not found for the segment.").answer()
