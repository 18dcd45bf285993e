"""`/admin/deliveries`: what went out, what waits, what failed and why; once more, or never."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from flask import current_app, url_for
from pydantic import Field

from app.accounts.queries import names, team_choices
from app.core.actor import Actor
from app.core.errors import Conflict
from app.core.language import Lazy, _, lazy_gettext, ngettext
from app.core.schema import MAX_ID, Command, Line, Maybe
from app.events import bulk, deliveries
from app.events.audit import kinds_of
from app.events.words import DeliveryState
from app.notifications.reasons import reason
from app.tickets.words import number_of
from app.web.admin import outbox
from app.web.admin.door import door
from app.web.admin.kinds import kind_name
from app.web.kit import page

PERSON = re.compile(r"^(?:person|instead):([1-9][0-9]{0,17})(?::|$)")
TEAM = re.compile(r"^(?:team|daily):([1-9][0-9]{0,17})$")
TABS: tuple[tuple[str, Lazy], ...] = (
    ("", lazy_gettext("All deliveries")),
    (DeliveryState.WAITING, lazy_gettext("Waiting")),
    (DeliveryState.SENT, lazy_gettext("Sent")),
    (DeliveryState.DEAD, lazy_gettext("Failed")),
    (DeliveryState.BOUNCED, lazy_gettext("Came back")),
    (DeliveryState.HELD, lazy_gettext("Held")),
    (DeliveryState.CANCELLED, lazy_gettext("Given up")),
)
CONSUMERS: dict[str, Lazy] = {
    "email": lazy_gettext("E-mail"),
    "teams": lazy_gettext("Teams"),
    "webhook": lazy_gettext("Webhook"),
}


class DeliveryQuery(Command):
    """Which deliveries to show."""

    state: Maybe[DeliveryState] = None
    cursor: Annotated[Line, Field(max_length=500)] = ""


class BulkChange(Command):
    """What to do with all deliveries of a state."""

    state: Literal["waiting", "held", "dead"]
    what: Literal["retry", "give_up"]


@door.page("/admin/deliveries", allow="admin.deliveries", query=DeliveryQuery)
def list_deliveries(actor: Actor, query: DeliveryQuery) -> str:
    """One page of deliveries, newest first."""
    found = deliveries.page(query.state, query.cursor)
    return page.render(
        "admin/deliveries.html",
        rows=found.rows,
        state=query.state or "",
        tabs=TABS,
        counts=deliveries.counts(),
        has_outbox=outbox.is_open(current_app),
        whats=_whats([row.event_id for row in found.rows]),
        ways=CONSUMERS,
        receivers=_receivers({row.id: row.target for row in found.rows}, actor),
        number_of=number_of,
        reason=reason,
        first_url=_turned(query, "") if query.cursor else "",
        next_url=_turned(query, found.next_cursor) if found.next_cursor else "",
    )


def _whats(event_ids: list[int]) -> dict[int, str]:
    """What each delivery tells of."""
    return {event_id: kind_name(kind) for event_id, kind in kinds_of(event_ids).items()}


def _receivers(targets: Mapping[int, str], actor: Actor) -> dict[int, str]:
    """Names of the people and teams among the targets; other targets keep their key."""
    people = {row_id: int(found[1]) for row_id, target in targets.items() if (found := PERSON.match(target))}
    teams = {row_id: int(found[1]) for row_id, target in targets.items() if (found := TEAM.match(target))}
    known = names(people.values())
    told = {row_id: known[person_id].full_name for row_id, person_id in people.items() if person_id in known}
    team_names = dict(team_choices(actor)) if teams else {}
    return told | {row_id: team_names[team_id] for row_id, team_id in teams.items() if team_id in team_names}


def _turned(query: DeliveryQuery, cursor: str) -> str:
    return url_for("admin.list_deliveries", state=query.state or None, cursor=cursor or None)


@door.deed("/admin/deliveries/<int:delivery_id>/retry", allow="admin.deliveries")
def retry_delivery(actor: Actor, delivery_id: int) -> Any:
    """Try one again now."""
    deliveries.retry(min(delivery_id, MAX_ID), actor=actor)
    page.say(_("It will be tried again in a moment."))
    return page.go("admin.list_deliveries", state=DeliveryState.WAITING)


@door.deed("/admin/deliveries/<int:delivery_id>/give-up", allow="admin.deliveries")
def give_up_delivery(actor: Actor, delivery_id: int) -> Any:
    """Never send one."""
    deliveries.give_up(min(delivery_id, MAX_ID), actor=actor)
    page.say(_("It will not be sent."))
    return page.go("admin.list_deliveries", state=DeliveryState.CANCELLED)


def _bulk_again(_actor: Actor, _form: Any) -> str:
    raise Conflict(_("This delivery is already settled or on its way."))


@door.deed("/admin/deliveries/all", allow="admin.deliveries", takes=BulkChange, again=_bulk_again)
def change_all(actor: Actor, command: BulkChange) -> Any:
    """Try all of a state again, or give all of them up."""
    state = DeliveryState(command.state)
    if command.what == "retry":
        count = bulk.retry_all(state, actor=actor)
        page.say(
            ngettext(
                "%(num)s delivery will be tried again.", "%(num)s deliveries will be tried again.", count
            )
        )
        return page.go("admin.list_deliveries", state=DeliveryState.WAITING)
    count = bulk.give_up_all(state, actor=actor)
    page.say(ngettext("%(num)s delivery will not be sent.", "%(num)s deliveries will not be sent.", count))
    return page.go("admin.list_deliveries", state=DeliveryState.CANCELLED)
