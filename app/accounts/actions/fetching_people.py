"""People from the directory at Microsoft: made, brought up to date, deactivated when they may not sign in there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from app.accounts import fetch_queries
from app.accounts.actions import people
from app.accounts.actions.microsoft import admitted
from app.accounts.events import PersonChanged
from app.accounts.fetch_queries import Entry
from app.accounts.identities import identity_for
from app.accounts.import_events import PeopleFetched, PeopleFetchStopped
from app.accounts.import_models import FetchedPerson, PeopleFetch
from app.accounts.import_words import FetchState
from app.accounts.models import MicrosoftIdentity, Person
from app.accounts.queries import find_by_email
from app.accounts.words import Refusal
from app.core import clock, fault
from app.core.actor import Actor
from app.core.db import db
from app.core.text import shorten
from app.events.log import action, record

HOW = "entra"
# A list that was broken off longer ago is read anew: its people may have come and gone meanwhile.
GOES_ON_FOR = timedelta(hours=2)
# Troubles that somebody has to mend; others pass by themselves.
FOR_SOMEBODY = frozenset(
    {
        *("too_many_gone", "last_admin", "permission_missing", "client_secret", "client_secret_expired"),
        *("registration", "consent_missing"),
    }
)


@action(silent="how far a run is is no deed; what it does to people is recorded with them")
def begin(*, actor: Actor) -> int:
    """Go on with the run that was broken off lately, or begin one; returns its id."""
    now = clock.now()
    found = fetch_queries.open_since(now - GOES_ON_FOR)
    if found is not None:
        found.trouble, found.detail, found.ended_at = "", "", None
        return found.id
    left = sa.update(PeopleFetch).where(PeopleFetch.state == FetchState.RUNNING)
    db.session.execute(left.values(state=FetchState.FAILED, ended_at=now))
    made = PeopleFetch(started_at=now)
    db.session.add(made)
    db.session.flush()
    return made.id


@action(silent="how far a run is is no deed; what it does to people is recorded with them")
def seen(fetch_id: int, person_ids: Sequence[int], passed_over: int, next_page: str, *, actor: Actor) -> None:
    """A page is done: note who of it is as before, how many are none of ours, and where to go on."""
    theirs = sa.update(FetchedPerson).where(FetchedPerson.person_id.in_(person_ids))
    db.session.execute(theirs.values(fetch_id=fetch_id))
    run = db.session.get_one(PeopleFetch, fetch_id, with_for_update=True, populate_existing=True)
    run.unchanged += len(person_ids)
    run.passed_over += passed_over
    run.next_page, run.is_listed = next_page, not next_page
    db.session.flush()
    fault.point("fetch.page_seen")


@action(silent="how far a run is is no deed; what it does to people is recorded with them")
def begin_anew(fetch_id: int, *, actor: Actor) -> None:
    """Microsoft does not know any more where the list was broken off: read it from its beginning."""
    db.session.get_one(PeopleFetch, fetch_id).next_page = ""


@action(silent="how far a run is is no deed; what it does to people is recorded with them")
def take_over(fetch_id: int, entry: Entry, *, actor: Actor) -> None:
    """Make somebody, or bring them up to date; whoever has the address without being them stays as they are."""
    run = db.session.get_one(PeopleFetch, fetch_id, with_for_update=True, populate_existing=True)
    arrival = entry.arrival
    is_new = identity_for(arrival) is None and find_by_email(arrival.upn) is None
    found = admitted(arrival, how=HOW, actor=actor)
    if isinstance(found, Refusal):
        run.passed_over += 1
        return
    person, identity = found
    identity.upn, identity.checked_at = shorten(arrival.upn, 254), clock.now()
    fetched = db.session.get(FetchedPerson, person.id) or FetchedPerson(person_id=person.id)
    db.session.add(fetched)
    fetched.fetch_id, fetched.is_enabled = fetch_id, entry.is_enabled
    fetched.manager_object_id = entry.manager_object_id
    has_changed = _brought_up_to_date(person, fetched, entry, is_new=is_new, actor=actor)
    run.reopened += _come_back(person, fetched, actor)
    run.created += is_new
    run.updated += has_changed and not is_new
    run.unchanged += not has_changed and not is_new
    db.session.flush()
    fault.point("fetch.taken_over")


def _brought_up_to_date(
    person: Person, fetched: FetchedPerson, entry: Entry, *, is_new: bool, actor: Actor
) -> bool:
    """Write what the directory says otherwise; whether that was anything. It is part of making somebody new."""
    changed = fetch_queries.differing(person, entry.arrival)
    for name, value in changed.items():
        setattr(person, name, value)
    if changed:
        fetched.photo_due = True
        if not is_new:
            person.version += 1
            fact = PersonChanged(fields=sorted(changed), how=HOW)
            record(fact, actor=actor, subject=("person", person.id))
    return bool(changed)


def _come_back(person: Person, fetched: FetchedPerson, actor: Actor) -> bool:
    """Activate somebody again whom a run had deactivated, and nobody else."""
    if not (fetched.is_enabled and fetched.is_closed):
        return False
    fetched.is_closed = False
    if person.is_active:
        return False
    people.activate(person, how=HOW, actor=actor)
    return True


@action(silent="what a run does to people is recorded with them")
def name_manager(person_id: int, manager_id: int | None, *, actor: Actor) -> None:
    """Say whom somebody reports to."""
    person = db.session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    if person.manager_id == manager_id:
        return
    person.manager_id = manager_id
    person.version += 1
    record(PersonChanged(fields=["manager"], how=HOW), actor=actor, subject=("person", person.id))


@action(silent="what a run does to people is recorded with them")
def close(fetch_id: int, person_id: int, *, actor: Actor) -> None:
    """Deactivate somebody who may not sign in at Microsoft any more.

    Raises:
        Conflict: this is the last active administrator.
    """
    person = db.session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    people.deactivate(person, how=HOW, actor=actor)
    fetched = db.session.get(FetchedPerson, person_id) or FetchedPerson(person_id=person_id, is_enabled=False)
    db.session.add(fetched)
    fetched.is_closed, fetched.fetch_id = True, fetched.fetch_id or 0
    db.session.get_one(PeopleFetch, fetch_id, with_for_update=True, populate_existing=True).closed += 1
    db.session.flush()
    fault.point("fetch.closed")


@action(silent="what a run does to people is recorded with them")
def take_photo(person_id: int, sha256: str, *, actor: Actor) -> None:
    """Note that somebody's picture was asked for, and use it; one that the person chose stays.

    Args:
        sha256: of the stored picture, "" for none.
    """
    fetched = db.session.get_one(FetchedPerson, person_id)
    fetched.photo_due, fetched.photo_at = False, clock.now()
    person = db.session.get_one(Person, person_id, with_for_update=True, populate_existing=True)
    found = sa.select(MicrosoftIdentity).where(MicrosoftIdentity.person_id == person_id)
    identity = db.session.scalars(found).one()
    if not sha256 or person.avatar_sha256 == sha256:
        return
    if person.avatar_sha256 in ("", identity.photo_sha256):
        person.avatar_sha256 = identity.photo_sha256 = sha256
        record(PersonChanged(fields=["avatar"], how=HOW), actor=actor, subject=("person", person.id))


@action
def end(fetch_id: int, trouble: str = "", detail: str = "", count: int = 0, *, actor: Actor) -> None:
    """Write down how a run ended.

    Args:
        trouble: why it stopped; one that passes by itself leaves it to be gone on with.
        count: how many people the trouble is about.
    """
    run = db.session.get_one(PeopleFetch, fetch_id, with_for_update=True, populate_existing=True)
    run.trouble, run.detail, run.ended_at = trouble, shorten(detail, 500), clock.now()
    if not trouble or trouble == "last_admin":
        run.state = FetchState.DONE
    elif trouble == "too_many_gone":
        run.state = FetchState.STOPPED
    elif trouble in FOR_SOMEBODY:
        run.state = FetchState.FAILED
    subject = ("people_fetch", run.id)
    numbers = {name: getattr(run, name) for name in ("created", "updated", "closed", "reopened")}
    record(PeopleFetched(**numbers, trouble=trouble), actor=actor, subject=subject)
    if trouble in FOR_SOMEBODY and fetch_queries.trouble_before(fetch_id) != trouble:
        record(PeopleFetchStopped(trouble=trouble, count=count), actor=actor, subject=subject)
