"""Menus show what somebody may use, and where one is."""

from __future__ import annotations

import pytest

from app.accounts import permissions
from app.accounts.words import Role
from app.core.actor import NOBODY, Actor, ActorKind
from app.core.language import speaking
from app.web.kit import navigation
from app.web.kit.navigation import Place

pytestmark = pytest.mark.sqlite_only


def menu(role: Role) -> navigation.Menu:
    return navigation.for_actor(Actor(ActorKind.PERSON, 1, rights=permissions.rights_of(role, 1)))


def addresses(places: tuple[Place, ...]) -> list[str]:
    return [place.address for place in places]


def test_an_agent_works_tickets_and_knows_people() -> None:
    shown = menu(Role.SUPPORT_AGENT)
    assert addresses(shown.rail) == ["/tickets"]
    assert addresses(shown.foot) == ["/people"]


def test_a_leader_sees_the_team_and_an_admin_the_administration() -> None:
    assert addresses(menu(Role.TEAM_LEADER).rail) == ["/tickets", "/tickets/board"]
    assert "/admin/health" not in addresses(menu(Role.TEAM_LEADER).foot)
    assert addresses(menu(Role.ADMIN).foot) == ["/people", "/admin/health"]
    assert len(menu(Role.ADMIN).administration) == len(navigation.ADMINISTRATION)


def test_a_customer_sees_the_portal_only_and_a_stranger_nothing() -> None:
    shown = menu(Role.CUSTOMER)
    assert (shown.rail, shown.foot, shown.administration) == ((), (), ())
    assert addresses(shown.portal) == ["/portal", "/portal/tickets"]
    assert navigation.for_actor(NOBODY) == navigation.Menu((), (), (), ())


def test_every_place_asks_for_a_right_that_exists() -> None:
    groups = (
        navigation.RAIL,
        navigation.FOOT,
        navigation.PORTAL,
        *(g.places for g in navigation.ADMINISTRATION),
    )
    asked = {place.permission for places in groups for place in places}
    assert {name for name in asked if not permissions.known(name)} == set()


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/tickets", {"/tickets"}),
        ("/tickets/4812", {"/tickets"}),
        ("/tickets/board", {"/tickets/board"}),
        ("/tickets/board/forecast", {"/tickets/board"}),
        ("/ticketsandmore", set()),
        ("/people/3", {"/people"}),
        ("/admin/teams/2", {"/admin", "/admin/teams"}),
        ("/portal", {"/portal"}),
        ("/portal/new", set()),
        ("/portal/tickets/4812", {"/portal/tickets"}),
        ("/", set()),
    ],
)
def test_the_nearest_entry_is_the_one_where_one_is(path: str, here: set[str]) -> None:
    assert menu(Role.ADMIN).here(path) == here


def test_labels_speak_the_readers_language() -> None:
    people = navigation.FOOT[0]
    team = navigation.RAIL[1]
    with speaking("de"):
        assert str(people.label) == "Personen"
        assert team.said(6) == "6 nicht zugewiesen"
    with speaking("en"):
        assert str(people.label) == "People"
