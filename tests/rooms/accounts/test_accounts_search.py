"""The people list: pages, filters, search by beginnings, and what it costs with many people."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.accounts import search
from app.accounts.models import Person, PersonAddress
from app.accounts.queries import find_by_email
from app.accounts.schemas import PeopleFilter
from app.accounts.words import Role
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid
from app.core.paging import write_cursor
from app.core.uow import loose_writes
from tests.performance.reading import recorded
from tests.support.accounts import signed_in

MANY = 20_000


def found(actor, **wanted) -> list[str]:
    return [row.full_name for row in search.people(actor, PeopleFilter(**wanted)).rows]


def add_many(count: int) -> None:
    """People with evenly spread names, without the cost of the verbs."""
    now = clock.now()
    rows = [
        {
            "email": f"p{n}@kunde.example",
            "email_key": f"p{n}@kunde.example",
            "first_name": f"Vorname{n % 97:02d}",
            "last_name": f"Name{n:06d}",
            "search_key": f"name{n:06d} vorname{n % 97:02d}",
            "given_key": f"vorname{n % 97:02d} name{n:06d}",
            "role": Role.CUSTOMER,
            "created_at": now,
        }
        for n in range(count)
    ]
    with loose_writes(), db.engine.begin() as connection:
        for start in range(0, count, 2000):
            connection.execute(sa.insert(Person), rows[start : start + 2000])
        columns = (
            PersonAddress.person_id,
            PersonAddress.email,
            PersonAddress.email_key,
            PersonAddress.created_at,
        )
        further = sa.literal("zweit.") + Person.email_key
        every = sa.select(Person.id, further, further, Person.created_at).where(Person.email_key.like("p%"))
        connection.execute(sa.insert(PersonAddress).from_select([c.key for c in columns], every))
    db.session.rollback()


def test_names_are_found_by_their_beginning_in_both_orders_and_without_accents(world):
    anna = world.agent(first_name="Anna", last_name="Zimmer")
    world.customer(first_name="Jörg", last_name="Müller", email="jm@nordlicht.example")
    actor = signed_in(anna)
    for words in ("mül", "Mueller", "MULLER", "jörg", "joerg müller", "müller jörg", "jm@nord", "JM@"):
        expected = [] if words == "MULLER" else ["Jörg Müller"]
        assert found(actor, q=words) == expected
    assert found(actor, q="nordlicht") == []


def test_people_are_found_by_a_confirmed_further_address_only(world):
    mia = world.customer(first_name="Mia", last_name="Muster")
    actor = signed_in(world.agent())
    world.further(mia, "privat@kunde.example")
    world.further(mia, "privat2@kunde.example")
    world.further(mia, "wartet@kunde.example", confirmed=False)
    for words in ("privat@", "Privat", "privat2@kunde.example"):
        assert found(actor, q=words) == ["Mia Muster"]
    assert found(actor, q="wartet") == []
    assert found(actor, q="privat", active="no") == []


def test_signs_of_the_database_are_letters_here(world):
    actor = signed_in(world.agent())
    world.customer(last_name="100%_sicher")
    for words in ("%", "_", "a%", "\\", "' OR 1=1 --"):
        assert found(actor, q=words) == []
    assert found(actor, q="100%_") == ["Mia 100%_sicher"]


def test_the_list_is_filtered_by_role_team_and_state(world):
    anna = world.agent(first_name="Anna", last_name="A")
    world.customer(first_name="Carl", last_name="C")
    world.customer(first_name="Dora", last_name="D", is_active=False)
    actor = signed_in(anna)
    assert found(actor) == ["Anna A", "Carl C"]
    assert found(actor, active="no") == ["Dora D"]
    assert found(actor, active="all", role=Role.CUSTOMER) == ["Carl C", "Dora D"]
    assert found(actor, team=world.team.id) == ["Anna A"]
    assert found(actor, team=world.team.id, q="an") == ["Anna A"]


def test_members_of_a_hidden_team_cannot_be_asked_for(world):
    hidden = world.make_team("Personal", is_confidential=True)
    inside = world.agent(teams=[hidden])
    assert found(signed_in(world.agent()), team=hidden.id) == []
    assert found(signed_in(inside), team=hidden.id) == [inside.full_name]


def test_pages_turn_forwards_and_backwards_without_gaps_or_repeats(world):
    actor = signed_in(world.agent())
    add_many(120)
    expected = [f"Vorname{n % 97:02d} Name{n:06d}" for n in range(120)]
    pages, wanted = [], PeopleFilter(role=Role.CUSTOMER)
    while True:
        page = search.people(actor, wanted)
        pages.append(page)
        if page.next_cursor is None:
            break
        wanted = wanted.model_copy(update={"cursor": page.next_cursor})
    assert [row.full_name for page in pages for row in page.rows] == expected
    assert pages[0].previous_cursor is None
    back = search.people(actor, wanted.model_copy(update={"cursor": pages[2].previous_cursor}))
    assert [row.id for row in back.rows] == [row.id for row in pages[1].rows]
    first = search.people(actor, wanted.model_copy(update={"cursor": back.previous_cursor}))
    assert [row.id for row in first.rows] == [row.id for row in pages[0].rows]
    assert first.previous_cursor is None


@pytest.mark.parametrize("cursor", ["x", "WyJuIl0=", "WyJuIiwxLCJhIl0=", "W1tbW1tb"])
def test_a_damaged_page_link_is_refused(world, cursor):
    with pytest.raises(Invalid):
        search.people(signed_in(world.agent()), PeopleFilter(cursor=cursor))


def test_a_search_with_many_hits_asks_for_more_letters(world):
    actor = signed_in(world.agent())
    add_many(60)
    page = search.people(actor, PeopleFilter(q="name"))
    assert (len(page.rows), page.next_cursor) == (50, "more")


def _an_address_reads_the_one_it_belongs_to():
    for address, name in (
        ("P1234@kunde.example", "Name001234"),
        ("zweit.p1234@kunde.example", "Name001234"),
        ("niemand@kunde.example", None),
    ):
        db.session.expunge_all()
        with recorded(db.session.connection()) as reading:
            found_person = find_by_email(address)
        assert (found_person and found_person.last_name) == name
        assert len(reading.statements) == 1
        assert reading.scans == []
        assert reading.rows <= 4, reading.statements


def analyze() -> None:
    """Let the engine know how much stands in the tables."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.text("ANALYZE person, person_address"))
    elif db.engine.dialect.name in ("mysql", "mariadb"):
        db.session.execute(sa.text("ANALYZE TABLE person, person_address")).all()


def plan_of(statement: str) -> str:
    """What the engine says about a statement without its values filled in: names of indexes and ways of reading."""
    dialect = db.engine.dialect.name
    head = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}.get(dialect, "EXPLAIN ")
    rows = db.session.execute(sa.text(head + statement.replace(":", "\\:"))).all()
    return "\n".join(str(tuple(row)) for row in rows)


WANTED = {
    "first page": {},
    "deep page": {"cursor": write_cursor("n", "name010000 x", 1)},
    "last name": {"q": "name0123"},
    "first name": {"q": "vorname07 name"},
    "address": {"q": "p1234@"},
    "further": {"q": "zweit.p1234@"},
    "beginning": {"q": "zweit.p12"},
    "role": {"role": Role.CUSTOMER},
}


def test_no_page_of_twenty_thousand_people_reads_them_all(world, statements):
    actor = signed_in(world.agent())
    add_many(MANY)
    analyze()
    for name, wanted in WANTED.items():
        _reads_a_page_only(actor, wanted, statements, name)
    _an_address_reads_the_one_it_belongs_to()


def test_a_search_by_programs_reads_what_begins_so(world):
    actor = signed_in(world.agent())
    add_many(MANY)
    analyze()
    for words, hits in (("name0123", 100), ("vorname07 name00", 104), ("p1234@", 1), ("zweit.p1234@", 1)):
        with recorded(db.session.connection()) as reading:
            page, count, more = search.users(actor, words, None, None, "", 25)
        assert (len(page.rows), count, more) == (min(hits, 25), hits, False), words
        assert reading.scans == [], words
        # PostgreSQL may walk people by their ids beside what was found, while there are not more of them.
        most = MANY if db.engine.dialect.name == "postgresql" else 25 * hits + 50
        assert reading.rows <= most, (words, reading.rows)
    page, count, more = search.users(actor, "name", Role.CUSTOMER, True, "", 25)
    assert (len(page.rows), count, more) == (25, 10_000, True)


def _reads_a_page_only(actor, wanted, statements, name):
    with statements() as seen:
        page = search.people(actor, PeopleFilter(**wanted))
    assert page.rows, name
    assert len(seen) <= 4, name
    # Without search words a page walks the index of names from where it begins; a search reads what begins so.
    scanned = "SCAN " if "q" in wanted else r"SCAN \w+'"
    for query in _filled_in(actor, wanted):
        plan = plan_of(query)
        assert not re.search(rf"{scanned}|Seq Scan on person|'ALL'", plan), (name, plan)


def _filled_in(actor, wanted) -> list[str]:
    """The statements of a page with their values."""
    made: list[str] = []

    def note(_connection, clause, *_rest):
        made.append(str(clause.compile(db.engine, compile_kwargs={"literal_binds": True})))

    sa.event.listen(db.engine, "before_execute", note)
    try:
        search.people(actor, PeopleFilter(**wanted))
    finally:
        sa.event.remove(db.engine, "before_execute", note)
    return made
