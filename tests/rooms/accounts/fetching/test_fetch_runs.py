"""Runs over the directory that do not go to their end at once: they go on, and nobody is deactivated before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import fetch_queries
from app.accounts.import_models import FetchedPerson, PeopleFetch
from app.accounts.import_words import FetchState
from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.integrations import entra
from app.jobs import directory
from tests.support.accounts import facts
from tests.support.directory import many, people_of, run
from tests.support.tenant import Tenant


def break_off(firm: Tenant, monkeypatch: pytest.MonkeyPatch) -> PeopleFetch:
    """A run that Microsoft sends away behind the first page."""
    page = directory._page

    def last_one(*given: Any) -> None:
        page(*given)
        firm.ms.faults.add("429", times=50, path="/users$")

    with monkeypatch.context() as patched:
        patched.setattr(directory, "_page", last_one)
        begun = run()
    firm.ms.faults.clear()
    return begun


def test_a_run_that_was_broken_off_goes_on_where_it_was_and_deactivates_nobody_before(
    firm: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(firm, 200)
    begun = break_off(firm, monkeypatch)
    assert (begun.state, begun.trouble, begun.is_listed) == (FetchState.RUNNING, "busy", False)
    assert begun.next_page and begun.closed == 0 and 90 < begun.created <= 100
    number, asked = begun.id, len(pages_asked(firm))
    done = run()
    assert (done.id, done.state, done.created) == (number, FetchState.DONE, len(people_of(firm)))
    assert len(pages_asked(firm)) == asked + 2


def pages_asked(firm: Tenant) -> list[str]:
    return [one.path for one in firm.ms.log if one.path.endswith("/users")]


def test_a_list_that_was_broken_off_long_ago_is_read_anew(
    firm: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(firm, 100)
    number = break_off(firm, monkeypatch).id
    with time_machine.travel(clock.now() + timedelta(hours=5), tick=False):
        entra.forget()
        done = run()
    assert done.id != number and done.created + done.unchanged == len(people_of(firm))
    assert db.session.get_one(PeopleFetch, number).state is FetchState.FAILED


def test_a_link_microsoft_forgot_is_begun_anew(firm: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    many(firm, 100)
    begun = break_off(firm, monkeypatch)
    spoilt = begun.next_page.replace("top=100", "top=nonsense")
    assert spoilt != begun.next_page
    query = sa.update(PeopleFetch).values(next_page=spoilt)
    run_unit(lambda: db.session.execute(query))
    assert run().trouble == "garbled"
    assert run().created == len(people_of(firm))


@pytest.mark.parametrize("fault", ["503", "500", "html", "cut", "hang_up", "next_link_loop"])
def test_a_microsoft_that_fails_is_asked_again_later(firm: Tenant, fault: str) -> None:
    firm.ms.faults.add(fault, times=20, path="/users")
    before = clock.now()
    again = directory.fetch()
    assert again is not None and again > before
    firm.ms.faults.clear()
    assert run().state is FetchState.DONE


def test_a_missing_permission_is_named_and_changes_nobody(firm: Tenant) -> None:
    firm.ms.grants_application = {"Mail.Read"}
    done = run()
    assert (done.state, done.trouble) == (FetchState.FAILED, "permission_missing")
    assert (done.created, done.closed, len(facts("people.fetch_stopped"))) == (0, 0, 1)


def test_runs_are_listed_and_unchanged_people_cost_no_unit_each(firm: Tenant, statements) -> None:  # type: ignore[no-untyped-def]
    many(firm, 100)
    run()
    with statements() as seen:
        run()
    assert len(seen) < 40, len(seen)
    assert len(fetch_queries.recent()) == 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(FetchedPerson)) == len(people_of(firm))
