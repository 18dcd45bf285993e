"""The list of tickets: views, filters, pages, and its renewal every few seconds."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from flask import Response, make_response, request

from app.accounts.queries import team_choices
from app.core import clock
from app.core.actor import Actor
from app.core.language import language
from app.tickets import category_queries, queue
from app.tickets import counts as figures
from app.tickets.listing import QueueQuery, Sort, View
from app.web.kit import page
from app.web.kit.forms import Form
from app.web.tickets import filters, rows, views
from app.web.tickets.door import door
from app.web.tickets.frame import nav

SECONDS = 60


@door.page("", allow="tickets.work", query=QueueQuery)
def listing(actor: Actor, query: QueueQuery) -> Any:
    """A list of tickets; asked again by the page itself, it answers only when something is new."""
    query = _chosen(actor, query)
    found = queue.page(actor, query)
    counts = figures.counts(actor)
    mark = _mark(actor, query, found, counts)
    if mark in request.if_none_match:
        return _marked(make_response("", 304), mark)
    template = "tickets/queue/list.html" if page.wants_fragment() else "tickets/queue.html"
    shown = page.render(template, mark=mark, **_context(actor, query, found, counts))
    return _marked(make_response(shown), mark)


@door.page("/filter", allow="tickets.work", query=QueueQuery)
def narrowing(actor: Actor, query: QueueQuery) -> str:
    """The form that narrows a list; the list fetches it when somebody wants it."""
    template = "tickets/queue/form.html" if page.wants_fragment() else "tickets/filter.html"
    choices = filters.choices(dict(team_choices(actor)), dict(category_queries.choices()))
    form: Form[Any] = Form(query.model_dump(mode="json"))
    return page.render(template, query=query, form=form, choices=choices, nav=nav(actor))


def _chosen(actor: Actor, query: QueueQuery) -> QueueQuery:
    """Whoever asks for nothing in particular sees the first view."""
    if query.view is None and not filters.narrowed(query):
        return query.model_copy(update={"view": views.first_view(actor)})
    return query


def _mark(actor: Actor, query: QueueQuery, found: queue.QueuePage, counts: dict[View, int]) -> str:
    """Changes with everything the page shows; times in words make it change each minute."""
    shown = (
        actor.person_id,
        language(),
        request.query_string,
        clock.now().timestamp() // SECONDS,
        sorted(counts.items()),
        [(row.id, row.version, row.sla_state, row.is_unread, row.present) for row in found.rows],
    )
    return hashlib.blake2s(repr(shown).encode(), digest_size=12).hexdigest()


def _marked(answer: Response, mark: str) -> Response:
    answer.set_etag(mark)
    return answer


def _context(
    actor: Actor, query: QueueQuery, found: queue.QueuePage, counts: dict[View, int]
) -> dict[str, Any]:
    teams = dict(team_choices(actor))
    own = [name for team_id, name in teams.items() if team_id in actor.team_ids]
    other = views.with_work(counts, query.view)
    lines = rows.Painter(page.formats()).lines(found.rows)
    return {
        "title": str(views.NAMES[query.view]) if query.view else "",
        "count": counts.get(query.view) if query.view and not filters.narrowed(query) else None,
        "sections": views.sections(actor, counts, own, query.view),
        "lines": lines,
        "written": partial(rows.written, lines),
        "next_url": filters.address(query, cursor=found.next_cursor) if found.next_cursor else "",
        "previous_url": filters.address(query, cursor=found.previous_cursor) if found.previous_cursor else "",
        "goes_on": found.goes_on,
        "other": (views.address(other), str(views.NAMES[other]), counts[other]) if other else None,
        "nav": nav(actor, counts),
        **_narrowing(query, counts, teams),
    }


def _narrowing(query: QueueQuery, counts: dict[View, int], teams: dict[int, str]) -> dict[str, Any]:
    """What the list is narrowed to and ordered by, and the ways to change that."""
    categories = dict(category_queries.choices()) if query.category else {}
    return {
        "query": query,
        "narrowed": filters.narrowed(query),
        "chips": filters.chips(query, teams, categories),
        "pills": filters.pills(query, counts) if query.view in views.OF_TEAMS else [],
        "filter_url": filters.address(query, path="/tickets/filter"),
        "all_url": views.address(query.view) if query.view else "/tickets",
        "sorts": filters.sorts(query),
        "sort_name": str(filters.SORT_NAMES[query.sorted_by]),
        "heads": _heads(query),
    }


def _heads(query: QueueQuery) -> dict[str, tuple[str, str]]:
    """Column heads that sort: the address, and how the column is sorted now."""
    columns = {"priority": Sort.PRIORITY, "due": Sort.DUE, "recent": Sort.RECENT}
    now = query.sorted_by
    return {
        name: (
            filters.address(query, sort=sort.value),
            "" if sort is not now else "descending" if sort is Sort.RECENT else "ascending",
        )
        for name, sort in columns.items()
    }
