"""What the requester's side wants to be told by mail."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.core.language import _
from app.notifications import actions, queries
from app.notifications.schemas import Wishes
from app.web.customer.door import door
from app.web.kit import page
from app.web.kit.forms import Form

STAFF_PAGE = "/tickets/inbox/settings"  # there are more occasions, and the bell besides


@door.page("/portal/notifications", allow="portal.use")
def wishes(actor: Actor) -> Any:
    """The occasions, with those chosen that the viewer hears of."""
    if actor.can("tickets.work"):
        return page.go_to(STAFF_PAGE)
    return _wishes(actor, Form({"on": queries.wishes(actor)}))


def _wishes(actor: Actor, form: Form[Any]) -> str:
    return page.render("customer/wishes.html", form=form, lines=queries.preferences(actor))


@door.deed("/portal/notifications", allow="portal.use", takes=Wishes, again=_wishes)
def save_wishes(actor: Actor, command: Wishes) -> Any:
    """Keep what the viewer wants to hear of."""
    actions.set_preferences(command, actor=actor)
    page.say(_("Your choice is saved."))
    return page.go("customer.wishes")
