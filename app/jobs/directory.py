"""A run over the directory at Microsoft: everybody is listed first, and only then anybody is deactivated.

It may be broken off anywhere: what was listed is noted page by page, and the next run goes on behind it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from flask import current_app

from app.accounts import avatars, fetch_queries
from app.accounts.actions import fetching_people
from app.accounts.actors import CLOCK
from app.accounts.arrivals import split_name
from app.accounts.fetch_queries import Entry
from app.accounts.microsoft import Arrival
from app.core import clock, log
from app.core.actor import Actor
from app.core.errors import Conflict, Invalid
from app.core.text import one_line
from app.core.uow import run_unit
from app.integrations import graph_people
from app.integrations.entra import entra_for
from app.integrations.entra_claims import SignInRefused
from app.integrations.graph import Graph, GraphRefused
from app.integrations.graph_people import Profile
from app.integrations.microsoft import Registration
from app.integrations.outcome import RetryLater
from app.settings import microsoft

AGAIN = timedelta(minutes=15)
PHOTO_SECONDS = 600.0
PHOTOS = 100
# Columns of a person with what fits into them.
LENGTHS = {
    **{"department": 80, "position": 80, "phone": 40, "company": 120, "employee_number": 40},
    **{"street_address": 160, "postal_code": 20, "city": 80, "country": 60},
}


class _Stopped(Exception):
    """The run cannot be brought to its end as things are."""

    def __init__(self, trouble: str, detail: str = "", count: int = 0) -> None:
        super().__init__(trouble)
        self.trouble, self.detail, self.count = trouble, detail, count


def fetch(*, even_many: bool = False, actor: Actor = CLOCK) -> datetime | None:
    """Fetch everybody; how it went stands in ``people_fetch``.

    Args:
        even_many: deactivate also a large part of the people; somebody looked at who they are.

    Returns:
        When to come again, if something that passes broke it off.
    """
    registration = microsoft.registration()
    if registration is None:
        return None
    fetch_id = run_unit(partial(fetching_people.begin, actor=actor))
    try:
        count = _run(fetch_id, registration, actor, even_many=even_many)
    except (RetryLater, SignInRefused, _Stopped) as stop:
        trouble = stop.trouble if isinstance(stop, _Stopped) else stop.reason
        number = stop.count if isinstance(stop, _Stopped) else 0
        log.get(__name__).warning("people_fetch_stopped", trouble=trouble, detail=stop.detail)
        run_unit(partial(fetching_people.end, fetch_id, trouble, stop.detail, number, actor=actor))
        return _when(stop)
    trouble = "last_admin" if count else ""
    run_unit(partial(fetching_people.end, fetch_id, trouble, count=count, actor=actor))
    return None


def _when(stop: RetryLater | SignInRefused | _Stopped) -> datetime | None:
    if not isinstance(stop, RetryLater) or stop.reason in fetching_people.FOR_SOMEBODY:
        return None
    return max(stop.at or clock.now() + AGAIN, clock.now() + timedelta(minutes=1))


def _run(fetch_id: int, registration: Registration, actor: Actor, *, even_many: bool) -> int:
    """The whole of it; returns how many could not be deactivated."""
    entra = entra_for(registration)
    graph = Graph(registration.graph_url, registration.guard, lambda fresh: entra.app_token(fresh=fresh))
    if not fetch_queries.one(fetch_id).is_listed:
        _list(fetch_id, graph, registration.tenant_id, actor)
    for person_id, manager_id in fetch_queries.misplaced(fetch_queries.one(fetch_id)):
        run_unit(partial(fetching_people.name_manager, person_id, manager_id, actor=actor))
    stayed = _close(fetch_id, registration.tenant_id, actor, even_many=even_many)
    _photos(fetch_id, graph, actor)
    return stayed


def _list(fetch_id: int, graph: Graph, tenant_id: str, actor: Actor) -> None:
    """Go through the directory page by page, from where it was left."""
    begun = fetch_queries.one(fetch_id).next_page
    try:
        for profiles, following in graph_people.everybody(graph, begun):
            _page(fetch_id, [_entry(one, tenant_id) for one in profiles], following, actor)
    except GraphRefused as refused:
        if not begun:
            raise _Stopped("garbled", refused.detail) from refused
        run_unit(partial(fetching_people.begin_anew, fetch_id, actor=actor))
        raise RetryLater(clock.now(), "garbled", refused.detail) from refused


def _page(fetch_id: int, found: Sequence[Entry], following: str, actor: Actor) -> None:
    """Guests are passed over, and so is who may not sign in and was never here."""
    entries = [entry for entry in found if not entry.arrival.is_guest]
    known = fetch_queries.unchanged(entries)
    ours = fetch_queries.known_ids(entries)
    passed_over = len(found) - len(entries)
    for entry in entries:
        object_id = entry.arrival.object_id
        if object_id in known:
            continue
        if not entry.is_enabled and object_id not in ours:
            passed_over += 1
            continue
        run_unit(partial(fetching_people.take_over, fetch_id, entry, actor=actor))
    seen = partial(fetching_people.seen, fetch_id, list(known.values()), passed_over, following, actor=actor)
    run_unit(seen)


def _close(fetch_id: int, tenant_id: str, actor: Actor, *, even_many: bool) -> int:
    """Deactivate who is gone; returns how many stay because nobody else could administer."""
    found = fetch_queries.to_close(fetch_queries.one(fetch_id), tenant_id)
    if found.are_too_many and not even_many:
        raise _Stopped("too_many_gone", count=len(found.person_ids))
    stayed = 0
    for person_id in found.person_ids:
        try:
            run_unit(partial(fetching_people.close, fetch_id, person_id, actor=actor))
        except Conflict:
            stayed += 1
    return stayed


def _photos(fetch_id: int, graph: Graph, actor: Actor) -> None:
    """Pictures of those who are new or changed; what is not had in ten minutes is the next run's."""
    until = time.monotonic() + PHOTO_SECONDS
    while due := fetch_queries.photos_due(fetch_queries.one(fetch_id), PHOTOS):
        for person_id, object_id in due:
            try:
                sha256 = _stored(graph_people.photo_of(graph, object_id))
            except RetryLater:
                return
            run_unit(partial(fetching_people.take_photo, person_id, sha256, actor=actor))
            if time.monotonic() > until:
                return


def _stored(data: bytes) -> str:
    """The hash of a picture that is made anew and stored; "" for what is none."""
    storage = current_app.extensions["storage"]
    with suppress(Invalid):
        return avatars.store(data, lambda stream, limit: str(storage.put(stream, limit).sha256))
    return ""


def _entry(profile: Profile, tenant_id: str) -> Entry:
    first, last = split_name(profile.display_name)
    arrival = Arrival(
        tenant_id=tenant_id.lower(),
        object_id=profile.object_id.lower(),
        is_home=True,
        is_guest=profile.is_guest,
        upn=profile.upn,
        first_name=one_line(profile.given_name if profile.surname else first)[:80],
        last_name=one_line(profile.surname or last)[:80],
        details={name: one_line(getattr(profile, name))[:length] for name, length in LENGTHS.items()},
        language=profile.language,
    )
    return Entry(arrival, profile.is_enabled, profile.manager_id.lower())
