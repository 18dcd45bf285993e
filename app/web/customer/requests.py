"""New requests and the conversation about one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import make_response, url_for

from app.accounts.queries import names
from app.core.actor import Actor
from app.core.errors import Conflict, NotFound
from app.core.language import _
from app.tickets import queries
from app.tickets.access import ticket_for
from app.tickets.actions import company, following, rating, replying, triage
from app.tickets.actions.opening import open_ticket
from app.tickets.schemas import NewComment, NewTicket, Score
from app.tickets.words import Channel, Phase, Priority, number_of
from app.web.customer.door import door
from app.web.customer.home import topic_name
from app.web.customer.schemas import NewQuery, ParticipantForm, RatingForm, ReplyForm, RequestForm
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.numbers import ticket_id_of
from app.web.kit.uploads import kept_uploads, receive_uploads

if TYPE_CHECKING:
    from app.tickets.models import Ticket


def impact_choices() -> list[tuple[str, str, str]]:
    """How held up somebody is, in their words; each stands for a priority."""
    return [
        (Priority.LOW.value, _("Not in a hurry"), _("A question or a small flaw")),
        (Priority.MEDIUM.value, _("Held up a little"), _("It works, but only in a roundabout way")),
        (Priority.HIGH.value, _("Badly held up"), _("Important work does not get done")),
        (Priority.CRITICAL.value, _("Work stands still"), _("For me or my whole team")),
    ]


def _form_page(actor: Actor, form: Form[Any]) -> str:
    topics = [(topic.id, topic_name(topic)) for topic in queries.active_categories()]
    return page.render(
        "customer/new.html",
        form=form,
        topics=topics,
        impacts=impact_choices(),
        kept=kept_uploads(actor, form.values("attachment_ids")),
    )


@door.page("/portal/new", allow="tickets.create", query=NewQuery)
def new_request(actor: Actor, query: NewQuery) -> str:
    """The empty form, perhaps with a topic, or about a closed request."""
    values: dict[str, Any] = {"category_id": query.category, "title": query.title}
    if query.follows:
        before = ticket_for(actor, ticket_id_of(query.follows))
        values |= {"follows": before.id, "title": before.title, "category_id": before.category_id}
    return _form_page(actor, Form(values))


@door.deed(
    "/portal/new", allow="tickets.create", takes=RequestForm, again=_form_page, uploads=receive_uploads
)
def send_request(actor: Actor, command: RequestForm) -> Any:
    """Open the request, or the follow-up of a closed one."""
    wanted = NewTicket(**command.model_dump(exclude={"follows"}))
    if command.follows is not None:
        ticket = following.open_follow_up(actor, command.follows, wanted, channel=Channel.WEB)
    else:
        ticket = open_ticket(wanted, actor=actor, channel=Channel.WEB)
    page.say(_("Your request has arrived. Its number is %(number)s.", number=ticket.number))
    return page.go("customer.request_page", number=ticket.number)


@door.page("/portal/tickets/<number>", allow="portal.use")
def request_page(actor: Actor, number: str) -> Any:
    """One request with its conversation."""
    ticket_id = ticket_id_of(number)
    if number != number_of(ticket_id):
        return page.go("customer.request_page", number=number_of(ticket_id))
    return _show(actor, ticket_for(actor, ticket_id), Form())


def _show(actor: Actor, ticket: Ticket, form: Form[Any], *, news: list[int] | None = None) -> str:
    found = queries.entries(actor, ticket, limit=200)
    company_ids = queries.participant_ids(ticket)
    people = {c.author_id for c in found.comments} | {ticket.requester_id, ticket.assignee_id, *company_ids}
    topic = queries.category(ticket)
    rated = queries.rating(ticket)
    if rated is not None and not form.values("comment"):
        form.add("comment", rated.comment)
    return page.render(
        "customer/request.html",
        ticket=ticket,
        entries=found.comments,
        files=queries.files(actor, ticket),
        people=names(person_id for person_id in people if person_id),
        participants=company_ids,
        topic=topic_name(topic) if topic else "",
        rating=rated,
        form=form,
        news=news or [],
        kept=kept_uploads(actor, form.values("attachment_ids")),
        last_entry=found.comments[-1].id if found.comments else 0,
        is_mine=ticket.requester_id == actor.person_id,
        may_reopen=ticket.phase is not Phase.ACTIVE and not triage.closed_for_long(ticket),
        too_old=ticket.phase is Phase.CLOSED and triage.closed_for_long(ticket),
    )


def _show_again(actor: Actor, form: Form[Any], number: str) -> str:
    return _show(actor, ticket_for(actor, ticket_id_of(number)), form)


@door.deed(
    "/portal/tickets/<number>/reply",
    allow="tickets.comment",
    takes=ReplyForm,
    again=_show_again,
    uploads=receive_uploads,
)
def reply(actor: Actor, command: ReplyForm, number: str) -> Any:
    """Answer; news since the page was opened is shown first and the text kept."""
    ticket_id = ticket_id_of(number)
    ticket = ticket_for(actor, ticket_id)
    if ticket.phase is Phase.CLOSED and triage.closed_for_long(ticket):
        return _reply_to_old(actor, ticket, command)
    try:
        comment = replying.add_comment(actor, ticket_id, NewComment(**command.model_dump()))
    except Conflict as conflict:
        if "news" not in conflict.details:
            raise
        form: Form[Any] = Form(command.model_dump(exclude={"based_on"}))
        form.blame({"": [_("Meanwhile there is a new message. Please read it and send once more.")]})
        return make_response(_show(actor, ticket, form, news=conflict.details["news"]), 409)
    page.say(_("Your message has arrived."))
    return page.go_to(url_for("customer.request_page", number=number_of(ticket_id)) + f"#m{comment.id}")


def _reply_to_old(actor: Actor, ticket: Ticket, command: ReplyForm) -> Any:
    wanted = NewTicket(title=ticket.title, description=command.body, attachment_ids=command.attachment_ids)
    made = following.open_follow_up(actor, ticket.id, wanted, channel=Channel.WEB)
    page.say(_("The old request is closed. A new one was opened: %(number)s.", number=made.number))
    return page.go("customer.request_page", number=made.number)


@door.deed("/portal/tickets/<number>/resolve", allow="tickets.comment")
def resolve(actor: Actor, number: str) -> Any:
    """The problem is solved."""
    ticket = triage.resolve_own(actor, ticket_id_of(number))
    page.say(_("Thank you. The request is resolved."))
    return page.go("customer.request_page", number=ticket.number)


@door.deed("/portal/tickets/<number>/reopen", allow="tickets.comment")
def reopen(actor: Actor, number: str) -> Any:
    """The problem is back."""
    ticket = triage.reopen(actor, ticket_id_of(number))
    page.say(_("The request is open again."))
    return page.go("customer.request_page", number=ticket.number)


@door.deed("/portal/tickets/<number>/rate", allow="tickets.rate", takes=RatingForm, again=_show_again)
def rate(actor: Actor, command: RatingForm, number: str) -> Any:
    """How content the requester is."""
    ticket_id = ticket_id_of(number)
    rating.rate(actor, ticket_id, Score(score=command.score, comment=command.comment))
    page.say(_("Thank you for your rating."))
    return page.go("customer.request_page", number=number_of(ticket_id))


@door.deed(
    "/portal/tickets/<number>/participants", allow="tickets.comment", takes=ParticipantForm, again=_show_again
)
def add_participant(actor: Actor, command: ParticipantForm, number: str) -> Any:
    """Let a colleague take part."""
    ticket_id = ticket_id_of(number)
    company.add_participant(actor, ticket_id, command.email)
    page.say(_("The person takes part from now on."))
    return page.go("customer.request_page", number=number_of(ticket_id))


@door.deed(
    "/portal/tickets/<number>/participants/<int(min=1, max=9223372036854775807):person_id>/remove",
    allow="tickets.comment",
)
def remove_participant(actor: Actor, number: str, person_id: int) -> Any:
    """End somebody's part."""
    ticket_id = ticket_id_of(number)
    company.remove_participant(actor, ticket_id, person_id)
    page.say(_("The person does not take part any more."))
    try:
        ticket_for(actor, ticket_id)
    except NotFound:
        return page.go("customer.my_requests")
    return page.go("customer.request_page", number=number_of(ticket_id))
