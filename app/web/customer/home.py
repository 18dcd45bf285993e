"""The portal's start page, the list of own requests, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import url_for

from app.core import clock
from app.core.actor import Actor
from app.core.language import _, language
from app.tickets import portal, queries
from app.web.customer.door import door
from app.web.customer.schemas import ListQuery
from app.web.kit import page
from app.web.kit.downloads import send_attachment

if TYPE_CHECKING:
    from app.tickets.models import Category

SHOWN_AT_HOME = 5


def greeting(actor: Actor) -> str:
    """By the hour of the reader's day."""
    hour = clock.now().astimezone(page.formats().zone).hour
    if hour < 11:
        return _("Good morning, %(name)s.", name=actor.full_name)
    if hour < 18:
        return _("Hello, %(name)s.", name=actor.full_name)
    return _("Good evening, %(name)s.", name=actor.full_name)


def topic_name(category: Category) -> str:
    """The name of a category in the reader's language."""
    return category.name_de if language() == "de" else category.name_en


@door.page("/portal", allow="portal.use")
def home(actor: Actor) -> str:
    """Greeting, the way to a new request, the latest requests, topics."""
    found = portal.requests(actor, limit=SHOWN_AT_HOME)
    topics = [(topic.id, topic_name(topic)) for topic in queries.active_categories()]
    return page.render(
        "customer/home.html",
        greeting=greeting(actor),
        requests=found.rows,
        more=found.next_cursor is not None,
        topics=topics,
    )


@door.page("/portal/tickets", allow="portal.use", query=ListQuery)
def my_requests(actor: Actor, query: ListQuery) -> str:
    """All own requests."""
    found = portal.requests(actor, active_only=query.show == "active", cursor=query.cursor)
    following = None
    if found.next_cursor:
        following = url_for("customer.my_requests", show=query.show, cursor=found.next_cursor)
    first = url_for("customer.my_requests", show=query.show) if query.cursor else None
    return page.render(
        "customer/list.html", requests=found.rows, next_url=following, first_url=first, show=query.show
    )


@door.page("/portal/files/<int(min=1, max=9223372036854775807):attachment_id>", allow="portal.use")
def file(actor: Actor, attachment_id: int) -> Any:
    """A file of an own request."""
    return send_attachment(queries.download(actor, attachment_id))


@door.page("/portal/profile", allow="profile.own")
def profile(_actor: Actor) -> Any:
    """The profile has one place for everybody."""
    return page.go("auth.profile")
