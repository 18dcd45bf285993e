"""API keys in the room: what is kept of one, whom it stands for, who may make and revoke, when they are forgotten."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts import api_keys
from app.accounts.access import api_key_for
from app.accounts.actions import keys, sweeping
from app.accounts.api_keys import actor_for_key
from app.accounts.key_queries import page
from app.accounts.key_schemas import NewApiKey
from app.accounts.key_words import OF_TEAMS, SCOPE_NAMES, Scope
from app.accounts.program_models import ApiKey
from app.core import crypto
from app.core.db import db
from app.core.errors import Forbidden, NotFound, PasswordNeeded
from app.core.uow import run_unit
from app.jobs.housekeeping import CLEARINGS
from app.settings.actions import change
from app.settings.schemas import TicketRules
from app.web.kit.scopes import AREAS
from tests.support.accounts import facts, signed_in
from tests.support.api_keys import key_for, revoke, row_of
from tests.support.world import World

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
COMMAND = NewApiKey(name="Inventar", scopes=[Scope.EVENTS_READ, Scope.TICKETS_READ, Scope.EVENTS_READ])


def test_what_is_kept_of_a_key_is_its_prefix_and_a_hash(world: World) -> None:
    number, text = key_for(world.agent(), Scope.TICKETS_READ)
    row = row_of(number)
    assert re.fullmatch(r"hd_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", text)
    assert (row.prefix, row.secret_hash) == (text[3:15], crypto.digest(text[16:]))
    assert text[16:] not in str(vars(row)) and len({api_keys.fresh().text for _ in range(50)}) == 50


def test_a_key_acts_for_its_person_within_its_scopes(world: World) -> None:
    one, two = world.make_team("Eins"), world.make_team("Zwei")
    anna = world.agent(teams=[one, two], language="en")
    number, text = key_for(anna, Scope.TICKETS_READ)
    found = actor_for_key(text)
    assert found is not None
    actor, is_new = found
    assert is_new and actor.key_id == number and actor.sign_in_id is None
    assert (actor.person_id, actor.language, actor.scopes) == (anna.id, "en", {"tickets:read"})
    assert (actor.team_ids, actor.only_team_ids) == ({one.id, two.id}, None)
    assert actor.rights == world.actor(anna).rights


def test_a_key_of_teams_reaches_those_its_person_sees_and_no_other(world: World) -> None:
    one, two = world.make_team("Eins"), world.make_team("Zwei")
    closed, inside = (world.make_team(name, is_confidential=True) for name in ("Personal", "Betriebsrat"))
    everything = {team.id for team in (world.team, one, two, closed, inside)}

    def reach(person, *teams):
        found = actor_for_key(key_for(person, Scope.TICKETS_READ, teams=teams)[1])
        assert found is not None
        actor = found[0]
        assert actor.team_ids == actor.only_team_ids and actor.hidden_team_ids == everything - actor.team_ids
        return actor.only_team_ids

    anna, admin = world.agent(teams=[one]), world.admin(teams=[inside])
    assert reach(anna, one, two, closed) == {one.id}
    assert reach(anna, two) == frozenset()
    assert reach(admin, one, closed, inside) == {one.id, inside.id}
    run_unit(partial(change, TicketRules(agents_see_all_teams=True), actor=world.actor(admin)))
    assert reach(anna, one, two, closed) == {one.id, two.id}


def test_scopes_are_kept_once_each_in_their_order_and_teams_too(world: World) -> None:
    admin = signed_in(world.admin())
    row, _text = run_unit(partial(keys.create, COMMAND, actor=admin))
    assert row.scopes == ["tickets:read", "events:read"]
    assert (row.person_id, row.created_by_id) == (admin.person_id, admin.person_id)


def test_only_administrators_make_look_at_and_revoke_keys(world: World) -> None:
    number, _text = key_for(world.agent())
    for person in (world.customer(), world.agent(), world.leader()):
        actor = signed_in(person)
        for deed in (
            partial(keys.create, COMMAND, actor=actor),
            partial(keys.revoke, row_of(number), actor=actor),
            partial(page, actor),
            partial(api_key_for, actor, number),
        ):
            with pytest.raises(Forbidden):
                run_unit(deed)
    assert row_of(number).revoked_at is None


def test_a62_a_program_with_a_key_has_no_password_to_confirm(world: World) -> None:
    admin = world.admin()
    number, text = key_for(admin)
    found = actor_for_key(text)
    assert found is not None
    for deed in (
        partial(keys.create, COMMAND, actor=found[0]),
        partial(keys.revoke, row_of(number), actor=found[0]),
    ):
        with pytest.raises(PasswordNeeded):
            run_unit(deed)


def test_a_revoked_key_stays_revoked_as_it_was(world: World) -> None:
    number, text = key_for(world.agent())
    with time_machine.travel(NOW, tick=False) as travel:
        revoke(number)
        travel.shift(timedelta(hours=1))
        revoke(number)
    assert row_of(number).revoked_at == NOW
    assert len(facts("api_key.revoked")) == 1
    assert actor_for_key(text) is None


@pytest.mark.parametrize("number", [0, -1, 2**62, 2**63, 2**70])
def test_a_key_that_is_not_there_is_not_found(world: World, number: int) -> None:
    with pytest.raises(NotFound):
        api_key_for(signed_in(world.admin()), number)


def test_what_ended_is_forgotten_ninety_days_later(world: World) -> None:
    with time_machine.travel(NOW, tick=False) as travel:
        anna = world.agent()
        revoked, _text = key_for(anna, expires_at=NOW + timedelta(days=300))
        key_for(anna, expires_at=NOW + timedelta(days=1))
        kept, _text = key_for(anna, expires_at=NOW + timedelta(days=300))
        revoke(revoked)
        travel.shift(timedelta(days=90))
        assert run_unit(sweeping.forget_keys) == 0
        travel.shift(timedelta(seconds=1))
        assert run_unit(sweeping.forget_keys) == 1
        travel.shift(timedelta(days=1))
        assert run_unit(sweeping.forget_keys) == 1
        assert list(db.session.scalars(sa.select(ApiKey.id))) == [kept]
    assert sweeping.forget_keys in CLEARINGS


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_the_network_is_kept_and_not_the_machine(address: str, network: str) -> None:
    assert api_keys.masked(address) == network


@pytest.mark.sqlite_only
def test_every_scope_has_a_name_and_belongs_to_an_area() -> None:
    assert set(SCOPE_NAMES) == set(Scope)
    assert {str(scope).partition(":")[0] for scope in Scope} == set(AREAS.values())
    assert {str(scope).partition(":")[0] for scope in OF_TEAMS} == {"tickets", "events"}
