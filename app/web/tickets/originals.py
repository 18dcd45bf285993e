"""Mails as they came, for staff: a page with the head lines, and the mail itself in a frame that can do nothing."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, url_for

from app.core.actor import Actor
from app.core.language import language
from app.mailroom import originals
from app.mailroom.mail import Unreadable
from app.mailroom.markup import showing
from app.mailroom.originals import Showing
from app.mailroom.queries import original
from app.mailroom.texts import sentence
from app.web.kit import page
from app.web.kit.downloads import send_attachment
from app.web.kit.numbers import ticket_id_of
from app.web.tickets import reading
from app.web.tickets.door import ID, door
from app.web.tickets.frame import nav
from app.web.tickets.schemas import OriginalQuery

# Our own pictures need the reader's cookie, hence the origin stays; without scripts nothing can make use of it.
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
POLICY = (
    "default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)
OWN, ALL = "'self'", "'self' https: http:"


@door.page("/<number>/original", allow="tickets.work")
def request_original(actor: Actor, number: str) -> Any:
    """The mail a request was made of."""
    return _to_mail(actor, number, 0)


@door.page(f"/<number>/entries/<{ID}:entry_id>/original", allow="tickets.work")
def entry_original(actor: Actor, number: str, entry_id: int) -> Any:
    """The mail an entry was made of."""
    return _to_mail(actor, number, entry_id)


def _to_mail(actor: Actor, number: str, entry_id: int) -> Any:
    raw_id = originals.mail_of(actor, ticket_id_of(number), entry_id)
    if raw_id is not None:
        return page.go("tickets.mail", raw_id=raw_id)
    gone = page.render("tickets/original_gone.html", number=number, entry_id=entry_id, nav=nav(actor))
    return make_response(gone, 404)


@door.page(f"/mail/<{ID}:raw_id>", allow="tickets.work", query=OriginalQuery)
def mail(actor: Actor, query: OriginalQuery, raw_id: int) -> str:
    """Who wrote a mail to whom, and the frame it is shown in."""
    found = originals.showing(actor, raw_id)
    look, refusal = None, ""
    try:
        look = reading.shown(found.file, {}, remote=query.pictures)
    except Unreadable as error:
        refusal = sentence(error.reason)
    return page.render(
        "tickets/original.html",
        raw_id=raw_id,
        showing=found,
        look=look,
        refusal=refusal,
        with_pictures=query.pictures,
        sandbox=SANDBOX,
        nav=nav(actor),
    )


@door.page(f"/mail/<{ID}:raw_id>/original", allow="tickets.work", query=OriginalQuery)
def mail_frame(actor: Actor, query: OriginalQuery, raw_id: int) -> Response:
    """The mail itself, for the frame. Opened by itself it can do no more than there."""
    found = originals.showing(actor, raw_id)
    try:
        look = reading.shown(found.file, _addresses(found), remote=query.pictures)
    except Unreadable as error:
        text = showing.document(None, sentence(error.reason), language=language(), title=found.file.filename)
    else:
        seen = look.mail
        text = showing.document(seen.html, seen.text, language=language(), title=seen.subject)
    answer = Response(text, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = POLICY.format(pictures=ALL if query.pictures else OWN)
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@door.page(f"/mail/<{ID}:raw_id>/raw", allow="tickets.work")
def mail_raw(actor: Actor, raw_id: int) -> Response:
    """The mail as a file."""
    return send_attachment(original(actor, raw_id))


def _addresses(found: Showing) -> dict[str, str]:
    return {key: url_for("tickets.file", attachment_id=file_id) for key, file_id in found.pictures.items()}
