"""What agents say: public replies, internal notes, drafts; taking back, correcting, removing words."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, make_response

from app.core.actor import Actor
from app.core.errors import Conflict, Invalid
from app.core.language import _
from app.tickets import history
from app.tickets.access import Need, comment_for, ticket_for
from app.tickets.actions import attending, replying, scheduling
from app.tickets.schemas import LaterReply, NewComment
from app.tickets.words import number_of
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.numbers import ticket_id_of
from app.web.kit.uploads import receive_uploads
from app.web.tickets import composer, conflicts, later
from app.web.tickets.door import ID, door
from app.web.tickets.frame import nav
from app.web.tickets.schemas import CorrectionForm, DraftForm, NoteForm, ReplyForm, Step
from app.web.tickets.ticket import base_of, shown_again


def _reply_again(actor: Actor, form: Form[Any], number: str) -> str:
    return shown_again(actor, number, boxes=composer.came_back(actor, form, is_note=False))


def _note_again(actor: Actor, form: Form[Any], number: str) -> str:
    return shown_again(actor, number, boxes=composer.came_back(actor, form, is_note=True))


@door.deed(
    "/<number>/reply", allow="tickets.work", takes=ReplyForm, again=_reply_again, uploads=receive_uploads
)
def reply(actor: Actor, command: ReplyForm, number: str) -> Any:
    """Answer in public, now or later; the status may follow."""
    ticket_id = ticket_id_of(number)
    said = command.model_dump(include={"body", "attachment_ids", "based_on"})
    if command.later is None:
        return _say(actor, ticket_id, command, NewComment(**said, **_status(command.then)))
    due_at = later.moment(command.later, command.due_at)
    return _plan(actor, ticket_id, command, LaterReply(**said, **_status(command.after), due_at=due_at))


def _status(then: Step | None) -> dict[str, Any]:
    return {"then": then.status, "pending_reason": then.reason} if then else {}


@door.deed("/<number>/note", allow="tickets.note", takes=NoteForm, again=_note_again, uploads=receive_uploads)
def note(actor: Actor, command: NoteForm, number: str) -> Any:
    """Write for the team only."""
    noted = NewComment(is_internal=True, **command.model_dump())
    return _say(actor, ticket_id_of(number), command, noted)


def _say(actor: Actor, ticket_id: int, sent: ReplyForm | NoteForm, command: NewComment) -> Any:
    try:
        comment = replying.add_comment(actor, ticket_id, command)
    except Conflict as conflict:
        return _stopped(actor, ticket_id, sent, conflict)
    return page.go_to(f"{base_of(number_of(ticket_id))}?sent={comment.id}#e{comment.id}")


def _plan(actor: Actor, ticket_id: int, sent: ReplyForm, command: LaterReply) -> Any:
    try:
        reply = scheduling.schedule(actor, ticket_id, command)
    except Conflict as conflict:
        return _stopped(actor, ticket_id, sent, conflict)
    page.say(_("The reply is scheduled. It goes out: %(when)s.", when=page.formats().moment(reply.due_at)))
    return page.go_to(f"{base_of(number_of(ticket_id))}?scheduled={reply.id}#scheduled-{reply.id}")


def _stopped(actor: Actor, ticket_id: int, sent: ReplyForm | NoteForm, conflict: Conflict) -> Response:
    """Somebody wrote meanwhile, or the status cannot follow: the text stays, and the page says what is new."""
    form: Form[Any] = Form(sent.model_dump())
    news = conflict.details.get("news", [])
    if not news:
        form.blame({"": [conflict.message]})
    boxes = composer.came_back(
        actor,
        form,
        is_note=isinstance(sent, NoteForm),
        news=composer.news_of(history.entries(actor, ticket_id, news)),
    )
    answer = make_response(shown_again(actor, number_of(ticket_id), boxes=boxes))
    answer.status_code = 409
    return answer


def _no_draft(_actor: Actor, form: Form[Any], **_path: Any) -> str:
    return " ".join(text for _name, text in form.problems)


@door.deed("/<number>/reply/draft", allow="tickets.work", takes=DraftForm, again=_no_draft)
def reply_draft(actor: Actor, command: DraftForm, number: str) -> Response:
    """Keep what is being written in public."""
    attending.save_draft(actor, ticket_id_of(number), is_internal=False, body=command.text)
    return Response(status=204)


@door.deed("/<number>/note/draft", allow="tickets.note", takes=DraftForm, again=_no_draft)
def note_draft(actor: Actor, command: DraftForm, number: str) -> Response:
    """Keep what is being written for the team."""
    attending.save_draft(actor, ticket_id_of(number), is_internal=True, body=command.text)
    return Response(status=204)


@door.deed(f"/<number>/entries/<{ID}:entry_id>/take-back", allow="tickets.work")
def take_back(actor: Actor, number: str, entry_id: int) -> Any:
    """Take one's own reply back before it goes out."""
    work = partial(replying.take_back, actor, comment_id=entry_id)
    return conflicts.guarded(actor, number, work)


@door.page(f"/<number>/entries/<{ID}:entry_id>/correct", allow="tickets.work")
def correcting(actor: Actor, number: str, entry_id: int) -> str:
    """The form to correct an own entry."""
    comment = comment_for(actor, ticket_id_of(number), entry_id)
    return _correction(actor, Form({"body": comment.body}), number, entry_id)


def _correction(actor: Actor, form: Form[Any], number: str, entry_id: int) -> str:
    ticket = ticket_for(actor, ticket_id_of(number))
    return page.render(
        "tickets/correct.html",
        form=form,
        ticket=ticket,
        base=base_of(ticket.number),
        entry_id=entry_id,
        nav=nav(actor),
    )


@door.deed(
    f"/<number>/entries/<{ID}:entry_id>/correct",
    allow="tickets.work",
    takes=CorrectionForm,
    again=_correction,
)
def correct(actor: Actor, command: CorrectionForm, number: str, entry_id: int) -> Any:
    """Correct an own entry."""
    try:
        replying.correct(actor, ticket_id_of(number), entry_id, command.body)
    except Conflict as conflict:
        raise Invalid({"body": conflict.message}) from conflict
    page.say(_("The entry was corrected."))
    return _to_entry(number, entry_id)


@door.page(f"/<number>/entries/<{ID}:entry_id>/redact", allow="tickets.redact")
def redacting(actor: Actor, number: str, entry_id: int) -> str:
    """Ask before the words of an entry are removed for good."""
    ticket = ticket_for(actor, ticket_id_of(number), Need.REDACT)
    comment = comment_for(actor, ticket.id, entry_id)
    news = composer.news_of([comment])[0]
    return page.render(
        "tickets/redact.html", ticket=ticket, base=base_of(ticket.number), entry=news, nav=nav(actor)
    )


@door.deed(f"/<number>/entries/<{ID}:entry_id>/redact", allow="tickets.redact")
def redact(actor: Actor, number: str, entry_id: int) -> Any:
    """Remove the words of an entry; a mark stays."""
    replying.redact(actor, ticket_id_of(number), entry_id)
    page.say(_("The words were removed."))
    return _to_entry(number, entry_id)


def _to_entry(number: str, entry_id: int) -> Any:
    return page.go_to(f"{base_of(number_of(ticket_id_of(number)))}#e{entry_id}")
