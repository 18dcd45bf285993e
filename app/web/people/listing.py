"""`/people`: the list with search and filters."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.accounts import keeping, search
from app.accounts.access import roles_to_give
from app.accounts.queries import team_choices, teams_of
from app.accounts.schemas import PeopleFilter
from app.accounts.words import ROLE_NAMES, STAFF
from app.core import clock
from app.core.actor import Actor
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.people.door import door

MORE = "more"


@door.page("/people", allow="people.list", query=PeopleFilter)
def people(actor: Actor, query: PeopleFilter) -> str:
    """One page of people; the same address gives just the table to HTMX while somebody types."""
    found = search.people(actor, query)
    staff = [row.id for row in found.rows if row.role in STAFF]
    return page.render(
        "people/rows.html" if page.wants_fragment() else "people/list.html",
        form=Form(query.model_dump()),
        rows=found.rows,
        teams=teams_of(staff, actor) if staff else {},
        today=clock.now().astimezone(page.formats().zone).date(),
        is_filtered=bool(query.q or query.role or query.team or query.active != "yes"),
        too_many=found.next_cursor == MORE,
        next_url=_turned(query, found.next_cursor),
        previous_url=_turned(query, found.previous_cursor),
        role_names=ROLE_NAMES,
        team_choices=team_choices(actor),
        fetches=actor.can("people.import") and keeping.is_on(),
        may_create=bool(roles_to_give(actor)),
    )


def _turned(query: PeopleFilter, cursor: str | None) -> str:
    if cursor is None or cursor == MORE:
        return ""
    kept: dict[str, Any] = query.model_dump(exclude_defaults=True, mode="json")
    return url_for("people.people", **(kept | {"cursor": cursor}))
