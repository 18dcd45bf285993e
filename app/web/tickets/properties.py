"""What a ticket is: status, priority, team, assignee, category, title, tags; each changed by a small form."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from app.core.actor import Actor
from app.core.language import _
from app.mailroom.actions import mending
from app.tickets.actions import assigning, closing, escalating, tagging, triage
from app.tickets.schemas import Escalation
from app.tickets.words import number_of
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.kit.numbers import ticket_id_of
from app.web.tickets import conflicts
from app.web.tickets.conflicts import back
from app.web.tickets.door import door
from app.web.tickets.schemas import (
    AssigneeForm,
    CategoryForm,
    EscalationForm,
    PriorityForm,
    StatusForm,
    TagsForm,
    TeamForm,
    TitleForm,
)
from app.web.tickets.ticket import shown_again


def _again(actor: Actor, form: Form[Any], number: str) -> str:
    return shown_again(actor, number, form=form)


@door.deed("/<number>/status", allow="tickets.work", takes=StatusForm, again=_again)
def status(actor: Actor, command: StatusForm, number: str) -> Any:
    """Choose the status, with why it waits."""
    work = partial(triage.change_status, actor, command=command.move())
    return conflicts.guarded(
        actor, number, work, field="status", wanted=command.status.value, version=command.version
    )


@door.deed("/<number>/priority", allow="tickets.work", takes=PriorityForm, again=_again)
def priority(actor: Actor, command: PriorityForm, number: str) -> Any:
    """Choose the priority."""
    work = partial(triage.change_priority, actor, new=command.priority, version=command.version)
    return conflicts.guarded(
        actor, number, work, field="priority", wanted=command.priority.value, version=command.version
    )


@door.deed("/<number>/team", allow="tickets.work", takes=TeamForm, again=_again)
def team(actor: Actor, command: TeamForm, number: str) -> Any:
    """Hand the ticket to another team."""
    work = partial(triage.change_team, actor, team_id=command.team_id, version=command.version)
    return conflicts.guarded(
        actor, number, work, field="team_id", wanted=str(command.team_id), version=command.version
    )


@door.deed("/<number>/category", allow="tickets.work", takes=CategoryForm, again=_again)
def category(actor: Actor, command: CategoryForm, number: str) -> Any:
    """Choose what the ticket is about."""
    work = partial(triage.change_category, actor, category_id=command.category_id, version=command.version)
    wanted = str(command.category_id or "")
    return conflicts.guarded(actor, number, work, field="category_id", wanted=wanted, version=command.version)


@door.deed("/<number>/title", allow="tickets.work", takes=TitleForm, again=_again)
def title(actor: Actor, command: TitleForm, number: str) -> Any:
    """Give the ticket a better title."""
    work = partial(triage.change_title, actor, title=command.title, version=command.version)
    return conflicts.guarded(
        actor, number, work, field="title", wanted=command.title, version=command.version
    )


@door.deed("/<number>/assignee", allow="tickets.take", takes=AssigneeForm, again=_again)
def assignee(actor: Actor, command: AssigneeForm, number: str) -> Any:
    """Take the ticket, give it back, let the rule choose, or give it to somebody."""
    work = _assigning(actor, command)
    return conflicts.guarded(
        actor, number, work, field="assignee", wanted=command.assignee, version=command.version
    )


def _assigning(actor: Actor, command: AssigneeForm) -> Callable[..., Any]:
    if command.assignee == "me":
        return partial(assigning.take, actor, version=command.version)
    if command.assignee == "nobody":
        return partial(assigning.release, actor)
    if command.assignee == "auto":
        return partial(assigning.assign_automatically, actor)
    return partial(assigning.assign, actor, person_id=int(command.assignee), version=command.version)


@door.deed("/<number>/tags", allow="tickets.work", takes=TagsForm, again=_again)
def tags(actor: Actor, command: TagsForm, number: str) -> Any:
    """Replace the tags."""
    tagging.change_tags(actor, ticket_id_of(number), command.tags)
    return back(actor, ticket_id_of(number))


@door.deed("/<number>/escalate", allow="tickets.escalate", takes=EscalationForm, again=_again)
def escalate(actor: Actor, command: EscalationForm, number: str) -> Any:
    """Hand the ticket up."""
    wanted = Escalation(level=command.level, reason=command.reason)
    return conflicts.guarded(actor, number, partial(escalating.escalate, actor, command=wanted))


@door.deed("/<number>/reopen", allow="tickets.work")
def reopen(actor: Actor, number: str) -> Any:
    """Open a resolved or closed ticket again."""
    return conflicts.guarded(actor, number, partial(triage.reopen, actor))


@door.deed("/<number>/delete", allow="tickets.delete")
def delete(actor: Actor, number: str) -> Any:
    """Take the ticket out of every list; it can be brought back."""
    gone = closing.delete(actor, ticket_id_of(number))
    page.say(_("%(number)s was deleted. Its address offers to bring it back.", number=gone.number))
    return page.go("tickets.listing")


@door.deed("/<number>/restore", allow="tickets.delete")
def restore(actor: Actor, number: str) -> Any:
    """Bring a deleted ticket back."""
    ticket_id = ticket_id_of(number)
    mending.restore(actor, ticket_id)
    page.say(_("%(number)s is back.", number=number_of(ticket_id)))
    return back(actor, ticket_id)
