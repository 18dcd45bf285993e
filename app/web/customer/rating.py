"""The page behind the rating link of a mail: no sign-in, and one click of a person before anything counts."""

from __future__ import annotations

from typing import Any

from app.core.actor import Actor
from app.tickets.actions import rating
from app.tickets.schemas import Score
from app.tickets.words import Phase
from app.web.customer.door import door
from app.web.customer.schemas import RateQuery, RatingForm
from app.web.kit import page
from app.web.kit.door import PUBLIC
from app.web.kit.forms import Form


def _show(token: str, form: Form[Any], *, done: bool = False) -> str:
    ticket = rating.ticket_of_link(token)
    return page.render(
        "customer/rate.html",
        ticket=ticket,
        form=form,
        token=token,
        done=done,
        ready=ticket.phase is not Phase.ACTIVE,
    )


@door.page("/rate/<token>", allow=PUBLIC, query=RateQuery)
def rate_page(_actor: Actor, query: RateQuery, token: str) -> str:
    """The stars; the mail's link may name a score, which is chosen but not yet given."""
    return _show(token, Form({"score": query.score}))


def _again(_actor: Actor, form: Form[Any], token: str) -> str:
    return _show(token, form)


@door.deed("/rate/<token>", allow=PUBLIC, takes=RatingForm, again=_again)
def rate_by_link(_actor: Actor, command: RatingForm, token: str) -> str:
    """The one click."""
    rating.rate_by_link(token, Score(score=command.score, comment=command.comment))
    return _show(token, Form(), done=True)
