"""Looking at people by a program: the list, and one person, by the rules of the pages."""

from __future__ import annotations

import pytest

from app.web.api.shapes import User
from tests.support.programs import PROFILE, Program, refused

USERS = "/api/v1/users"
SHORT = {"id", "full_name", "avatar"}


def of(world, who: str) -> Program:
    return Program(world.app, getattr(world, who)())


def listed(program, query: str = "") -> list[int]:
    """All ids of a list, page by page."""
    found, address = [], f"{USERS}?limit=3&{query}"
    while address:
        page = program.get(address.replace("http://localhost", "")).json
        found += [one["id"] for one in page["results"]]
        address = page["next"]
    return found


def test_staff_see_everybody_in_the_order_they_came(world):
    people = [world.customer() for _ in range(7)]
    anna = world.agent()
    program = Program(world.app, anna)
    assert listed(program) == [*(one.id for one in people), anna.id]
    page = program.get(f"{USERS}?limit=2").json
    assert (page["count"], page["previous"]) == (8, None)
    assert set(page["results"][0]) == set(User.model_fields)
    second = program.get(page["next"].replace("http://localhost", "")).json
    back = program.get(second["previous"].replace("http://localhost", "")).json
    assert back["results"] == page["results"]
    assert refused(of(world, "customer").get(USERS), 403, "forbidden")
    assert refused(Program(world.app).get(USERS), 401, "not_signed_in")


def test_the_list_is_narrowed_by_word_role_and_state(world):
    anna = world.agent(first_name="Anna", last_name="Weber")
    mueller = world.customer(first_name="Jörg", last_name="Müller", email="jm@firma.example")
    shut = world.customer(last_name="Mueller", is_active=False)
    world.further(mueller, "weber@privat.example")
    world.further(shut, "web@privat.example", confirmed=False)
    program = Program(world.app, anna)
    assert listed(program, "search=MÜLL") == [mueller.id, shut.id]
    assert listed(program, "search=jör") == [mueller.id]
    assert listed(program, "search=web") == [anna.id, mueller.id]
    assert listed(program, "search=jm@") == [mueller.id]
    assert listed(program, "search=web&role=support_agent") == [anna.id]
    assert listed(program, "search=mueller&is_active=true") == [mueller.id]
    assert listed(program, "is_active=false") == [shut.id]
    assert listed(program, "role=admin") == []
    assert listed(program, "search=%25") == listed(program, "search=zzz") == []
    assert program.get(f"{USERS}?search=mueller").json["count"] == 2


@pytest.mark.parametrize(
    "query", ["role=boss", "is_active=maybe", "cursor=kaputt", "limit=0", "search=a&search=b", "q=a"]
)
def test_a63_a_list_that_makes_no_sense_is_refused(world, query):
    assert refused(of(world, "agent").get(f"{USERS}?{query}"), 422, "invalid")


def test_who_sees_whom_and_how_much(world):
    mia, nora, anna = world.customer(), world.customer(), world.agent(phone="0911 4400")
    program = Program(world.app, mia)
    assert program.get(f"{USERS}/{mia.id}").json == program.get(PROFILE).json
    seen = program.get(f"{USERS}/{anna.id}")
    assert set(seen.json) == SHORT and seen.json["full_name"] == anna.full_name
    assert "0911" not in seen.text and anna.email not in seen.text
    assert refused(program.get(f"{USERS}/{nora.id}"), 404, "not_found")
    assert refused(program.get(f"{USERS}/999999"), 404, "not_found")
    full = Program(world.app, anna).get(f"{USERS}/{mia.id}")
    assert set(full.json) == set(User.model_fields) and full.headers["ETag"].startswith('"1-')


def test_a_confidential_team_is_named_to_its_members_only(world):
    secret = world.make_team("Personalstelle", is_confidential=True)
    insider, anna = world.agent(teams=[world.team, secret]), world.agent()
    own = Program(world.app, insider).get(f"{USERS}/{insider.id}").json["teams"]
    seen = Program(world.app, anna).get(f"{USERS}/{insider.id}").json["teams"]
    assert [one["id"] for one in own] == sorted(
        [world.team.id, secret.id], key=lambda n: n != secret.id
    ) or len(own) == 2
    assert [one["id"] for one in seen] == [world.team.id]


def test_a_list_costs_few_statements_however_long(world, statements):
    for n in range(30):
        world.agent(last_name=f"Agent{n:02d}")
    program = of(world, "agent")
    program.get(USERS)
    for query in ("", "&search=agent", "&role=support_agent&is_active=true"):
        with statements() as seen:
            assert len(program.get(f"{USERS}?limit=25{query}").json["results"]) == 25
        assert len(seen) <= 4, seen


def test_one_person_costs_few_statements(world, statements):
    anna, program = world.agent(), of(world, "agent")
    program.get(f"{USERS}/{anna.id}")
    with statements() as seen:
        program.get(f"{USERS}/{anna.id}")
    assert len(seen) <= 3, seen
