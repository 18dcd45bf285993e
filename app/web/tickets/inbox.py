"""The bell: what the viewer was told, and what they want to be told."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from app.core.actor import Actor
from app.core.language import _
from app.core.schema import Command, Line
from app.notifications import actions, queries
from app.notifications.schemas import Wishes
from app.notifications.words import Way
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.tickets.door import door
from app.web.tickets.frame import nav


class InboxQuery(Command):
    """Which entries of the bell."""

    unread: bool = False
    cursor: Annotated[Line, Field(max_length=500)] = ""


@door.page("/inbox", allow="tickets.work", query=InboxQuery)
def inbox(actor: Actor, query: InboxQuery) -> str:
    """What the viewer was told, newest first."""
    found = queries.inbox(actor, query.cursor, only_unread=query.unread)
    turned = "/tickets/inbox?unread=true&cursor=" if query.unread else "/tickets/inbox?cursor="
    return page.render(
        "tickets/inbox.html",
        rows=found.rows,
        next_url=turned + found.next_cursor if found.next_cursor else "",
        only_unread=query.unread,
        is_first=not query.cursor,
        nav=nav(actor),
    )


@door.deed("/inbox/read", allow="tickets.work")
def read_all(actor: Actor) -> Any:
    """Everything was read."""
    actions.mark_all_read(actor=actor)
    page.say(_("All notifications are marked as read."))
    return page.go("tickets.inbox")


@door.page("/inbox/settings", allow="tickets.work")
def wishes(actor: Actor) -> str:
    """What the viewer wants to be told, and how."""
    return _wishes(actor, Form({"on": queries.wishes(actor)}))


def _wishes(actor: Actor, form: Form[Any]) -> str:
    lines = queries.preferences(actor)
    return page.render(
        "tickets/wishes.html",
        form=form,
        lines=lines,
        ways=[way for way in Way if any(way in line.on for line in lines)],
        nav=nav(actor),
    )


@door.deed("/inbox/settings", allow="tickets.work", takes=Wishes, again=_wishes)
def save_wishes(actor: Actor, command: Wishes) -> Any:
    """Keep what the viewer wants to be told."""
    actions.set_preferences(command, actor=actor)
    page.say(_("Your choice is saved."))
    return page.go("tickets.wishes")
