"""Streams that were opened by an API key: they end with it, and heed its scope and teams at each look (A40)."""

from __future__ import annotations

import pytest

from app.accounts.access import person_for
from app.accounts.actions import people
from app.accounts.actors import SHELL
from app.accounts.key_words import Scope
from app.accounts.program_models import ApiKey
from app.accounts.words import Need
from app.core.db import db
from app.core.uow import run_unit
from app.web.kit import streams
from tests.doors.api.test_api_event_stream import PATH, STREAM, Script, kinds, script, work
from tests.support.api_keys import Keyed, key_for, revoke
from tests.support.programs import refused
from tests.support.world import World

__all__ = ["script"]

pytestmark = pytest.mark.sqlite_only


@pytest.mark.parametrize("how", ["revoked", "deactivated"])
def test_a40_a_stream_ends_with_the_key_that_opened_it(world: World, script: Script, how: str) -> None:
    anton, mia = world.agent(), world.customer()
    number, text = key_for(anton)

    def end() -> None:
        if how == "revoked":
            revoke(number)
        else:
            run_unit(lambda: people.deactivate(person_for(SHELL, anton.id, Need.SEE), actor=SHELL))
        work(world, mia)

    script.then(lambda: work(world, mia))
    script.then(end)
    answer = Keyed(world.app, text).get(PATH, headers=STREAM)
    assert kinds(answer).count("ticket.opened") == 1
    assert script.seconds < streams.LIFE_SECONDS


def test_a40_a_stream_is_opened_by_its_scope_and_heeds_it_at_each_look(world: World, script: Script) -> None:
    anton, mia = world.agent(), world.customer()
    other = Keyed(world.app, key_for(anton, Scope.TICKETS_READ)[1])
    assert refused(other.get(PATH, headers=STREAM), 403, "scope_needed")
    number, text = key_for(anton, Scope.EVENTS_READ)

    def narrow() -> None:
        run_unit(lambda: setattr(db.session.get_one(ApiKey, number), "scopes", ["tickets:read"]))
        work(world, mia)

    script.then(lambda: work(world, mia))
    script.then(narrow)
    answer = Keyed(world.app, text).get(PATH, headers=STREAM)
    assert kinds(answer).count("ticket.opened") == 1


def test_a40_a_stream_of_a_key_of_one_team_tells_of_no_other(world: World, script: Script) -> None:
    team, mia = world.make_team("Eins"), world.customer()
    text = key_for(world.admin(), Scope.EVENTS_READ, teams=(team,))[1]
    script.then(lambda: work(world, mia))
    answer = Keyed(world.app, text).get(PATH, headers=STREAM)
    assert kinds(answer) == [] and script.waits > 1
