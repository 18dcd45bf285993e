"""Refusals as pages: what happened, what to do next, and a reference; never a stack trace."""

from __future__ import annotations

from flask import Flask, Response, g, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.core import language, log
from app.core.actor import NOBODY
from app.core.errors import (
    Conflict,
    Forbidden,
    HouseError,
    Invalid,
    NotFound,
    NotSignedIn,
    PasswordNeeded,
    TooLarge,
    TooMany,
    Unavailable,
)
from app.core.language import _
from app.core.uow import is_outage
from app.web.kit import json_answers, page

STATUS: dict[type[HouseError], int] = {
    NotSignedIn: 401,
    Forbidden: 403,
    PasswordNeeded: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}
RETRY_SECONDS = 5


def status_of(error: HouseError) -> int:
    """The HTTP status of a refusal."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 400)


def show(status: int, message: str = "", problems: list[str] | None = None) -> Response:
    """The error page (or fragment) of a status."""
    answer = make_response(
        render_template(
            "errors/error.html",
            status=status,
            message=message,
            problems=problems or [],
            reference=g.get("request_id", ""),
        )
    )
    answer.status_code = status
    return answer


def _house(error: HouseError) -> AnyResponse:
    if json_answers.wanted():
        return _when_to_come_back(json_answers.decline_for(error, status_of(error)), error)
    if isinstance(error, NotSignedIn):
        return _to_sign_in()
    if isinstance(error, PasswordNeeded):
        back = request.path if request.method == "GET" else page.safe_next(request.form.get("next", ""))
        return page.go("auth.confirm_password", next=back)
    problems = (
        [text for texts in error.problems.values() for text in texts] if isinstance(error, Invalid) else []
    )
    return _when_to_come_back(show(status_of(error), error.message, problems), error)


def _when_to_come_back(answer: Response, error: HouseError) -> Response:
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.details.get("seconds", RETRY_SECONDS))
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def _to_sign_in() -> AnyResponse:
    """Strangers are sent to the sign-in and come back; fragments get 401 and the page offers a dialog."""
    if page.wants_fragment() or request.method not in ("GET", "HEAD"):
        return show(401)
    wanted = request.full_path.rstrip("?")
    return page.go_to(url_for("auth.sign_in", next=page.safe_next(wanted) or None))


def _http(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if json_answers.wanted():
        answer = json_answers.decline_http(error)
    elif status < 400:
        return error.get_response()
    else:
        answer = show(status)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _away(error: Exception) -> AnyResponse:
    """The database is away or too busy: say so and ask to come back."""
    log.get(__name__).error("database_unavailable", error=str(getattr(error, "orig", error))[:200])
    g.database_down = True  # from here on the page is made without asking who is there and how the site looks
    language.set_language(page.reader_language(NOBODY))
    return _house(Unavailable(_("The database does not answer at the moment. Nothing you typed is lost.")))


def _bug(error: Exception) -> AnyResponse:
    if is_outage(error):
        return _away(error)
    log.get(__name__).error("unhandled", exc_info=error)
    return json_answers.decline(500) if json_answers.wanted() else show(500)


def init_errors(app: Flask) -> None:
    """Answer every refusal and every bug with a page, programs with JSON."""
    app.register_error_handler(HouseError, _house)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)
