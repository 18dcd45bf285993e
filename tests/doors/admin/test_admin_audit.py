"""The audit log: who did what, filtered, page by page; the export is whole, safe to open, and itself in the log."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from app.accounts.models import Person
from app.core.db import db
from app.core.sheets import safe_cell
from app.core.uow import run_unit
from app.events.log import record
from app.events.models import Event
from app.tickets.events import StatusChanged, TagsChanged, TicketOpened
from tests.support.statements import counted
from tests.support.world import Browser, World

NOON = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def past() -> Iterator[None]:
    """The log begins ten days before noon: its ids and its times go the same way, as in life."""
    with time_machine.travel(NOON - timedelta(days=10)):
        yield


@pytest.fixture
def anna(world: World) -> Person:
    return world.admin(first_name="Anna", last_name="Berger", email="anna@firma.example")


@pytest.fixture
def browser(world: World, anna: Person) -> Browser:
    """The administrator's browser that has seen a page."""
    made = world.browser(anna)
    made.get("/admin/audit")
    return made


def move(world: World, person: Person, *tickets: int) -> list[int]:
    """Somebody changes the status of tickets; returns the ids of the events."""
    fact = StatusChanged(old="open", new="in_progress")
    actor = world.actor(person)
    return run_unit(lambda: [record(fact, actor=actor, subject=("ticket", t), ticket=t).id for t in tickets])


def shown(browser: Browser, query: str = "") -> str:
    answer = browser.get(f"/admin/audit{query}")
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def exported(browser: Browser, **filter: str) -> list[list[str]]:
    """The rows of an export, without the head."""
    answer = browser.post("/admin/audit/export", filter)
    assert answer.status_code == 200 and answer.content_type == "text/csv; charset=utf-8"
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))[1:]


def test_a_line_says_who_what_and_when(world: World, anna: Person, browser: Browser) -> None:
    move(world, anna, 42)
    text = shown(browser)
    assert "Anna Berger" in text and "Status geändert" in text and "open → in_progress" in text
    assert '<a href="/tickets/TICKET-000042">TICKET-000042</a>' in text
    assert "Die Befehlszeile" in text and "Team angelegt" in text


def test_the_filter_narrows_by_person_kind_and_subject(world: World, anna: Person, browser: Browser) -> None:
    other = world.agent(email="jonas@firma.example", first_name="Jonas", last_name="Keller")
    move(world, anna, 44)
    move(world, other, 43)
    assert "TICKET-000043" not in shown(browser, "?person=anna@firma.example")
    assert "TICKET-000044" in shown(browser, "?person=ANNA@firma.example")
    for subject in ("TICKET-000043", "ticket-43", "43", "%2343"):
        text = shown(browser, f"?subject={subject}")
        assert "Jonas Keller" in text and "TICKET-000044" not in text
    assert "TICKET-00004</a>" not in shown(browser, f"?subject=team+{world.team.id}")
    assert "IT-Service" in shown(browser, f"?subject=team+{world.team.id}")
    assert "TICKET-000044" in shown(browser, "?kind=ticket.status_changed")
    assert "TICKET-000044" in shown(browser, "?kind=tickets")
    assert "Kein passender Eintrag" in shown(browser, "?kind=delivery")


def test_days_are_those_of_the_reader(world: World, anna: Person, browser: Browser) -> None:
    evening = datetime(2026, 11, 19, 22, 30, tzinfo=UTC)  # 23:30 in Berlin
    night = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)  # 0:30 of the next day
    for ticket, at in ((71, evening), (72, night)):
        with time_machine.travel(at, tick=False):
            move(world, anna, ticket)
    with time_machine.travel(NOON, tick=False):
        reader = world.browser(world.admin())
        on_the_19th = shown(reader, "?since=2026-11-19&until=2026-11-19")
        from_the_20th = shown(reader, "?since=2026-11-20")
    assert "TICKET-000071" in on_the_19th and "TICKET-000072" not in on_the_19th
    assert "TICKET-000072" in from_the_20th and "TICKET-000071" not in from_the_20th


@pytest.mark.parametrize(
    "query",
    ["?person=nobody@firma.example", "?subject=nonsense!", "?since=yesterday", "?since=0001-01-01",
     "?until=9999-12-31", "?cursor=damaged", "?cursor=WyJuIiwieCJd", "?kind=a&kind=b"],
)  # fmt: skip
def test_a_bad_filter_is_named(world: World, browser: Browser, query: str) -> None:
    assert browser.get(f"/admin/audit{query}").status_code == 422


def test_unknown_subjects_and_kinds_find_nothing(world: World, browser: Browser) -> None:
    assert "Kein passender Eintrag" in shown(browser, "?kind=no.such.kind")
    assert "Kein passender Eintrag" in shown(browser, "?subject=ticket+999999999999999999")


def test_long_logs_come_in_pages_that_keep_the_filter(world: World, anna: Person, browser: Browser) -> None:
    move(world, anna, *range(100, 180))
    first = shown(browser, "?kind=ticket.status_changed")
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "kind=ticket.status_changed" in link
    second = browser.get(link).get_data(as_text=True)
    assert first.count("<time") == 50 and second.count("<time") == 30
    assert "TICKET-000179" in first and "TICKET-000100" in second
    with counted() as statements:
        browser.get(link)
    assert len(statements) <= 8


def test_the_export_holds_everything_of_the_filter(world: World, anna: Person, browser: Browser) -> None:
    ids = move(world, anna, *range(1000, 3100))
    rows = exported(browser, kind="ticket.status_changed")
    assert [int(row[0]) for row in rows] == ids
    assert rows[0][2:6] == ["ticket.status_changed", "person", str(anna.id), "Anna Berger"]
    assert rows[0][8:] == ["TICKET-001000", "open → in_progress"]


def test_the_export_is_itself_in_the_log(world: World, anna: Person, browser: Browser) -> None:
    exported(browser, kind="ticket.opened", person="anna@firma.example", subject="44", since="2026-11-09")
    event = db.session.scalars(sa.select(Event).where(Event.kind == "audit.exported")).one()
    assert event.actor_id == anna.id
    assert event.payload == {
        "kinds": ["ticket.opened"],
        "person_id": anna.id,
        "thing": "ticket 44",
        "since": "2026-11-09T00:00:00+01:00",
        "until": "",
    }
    assert "anna@" not in str(event.payload)  # the log outlives an erasure
    assert "Protokoll exportiert" in shown(browser)


def test_a_bad_export_says_what_is_wrong_and_exports_nothing(world: World, browser: Browser) -> None:
    answer = browser.post("/admin/audit/export", {"person": "nobody@firma.example"})
    assert answer.status_code == 422 and answer.mimetype == "text/html"
    assert not db.session.scalar(sa.select(Event.id).where(Event.kind == "audit.exported"))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_run_by_a_spreadsheet(world: World, anna: Person, browser: Browser, cell: str) -> None:
    person = world.agent(first_name=cell, last_name="", email="boese@firma.example")
    fact = TagsChanged(added=[cell], removed=[])
    actor = world.actor(person)
    run_unit(lambda: record(fact, actor=actor, subject=("ticket", 1), ticket=1))
    (row,) = exported(browser, kind="ticket.tags_changed")
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_a_safe_cell_is_the_text_behind_at_most_one_mark(text: str) -> None:
    made = safe_cell(text)
    assert made.removeprefix("'") == text.removeprefix("'") or made == f"'{text}"
    assert not made.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_what_somebody_named_a_thing_is_escaped(world: World, anna: Person, browser: Browser) -> None:
    browser.post("/admin/teams/new", {"name": "<script>alert(1)</script>"})
    text = shown(browser)
    assert "<script>alert(1)" not in text and "&lt;script&gt;alert(1)" in text


def test_the_log_cannot_be_changed_through_the_page(world: World, anna: Person, browser: Browser) -> None:
    before = db.session.scalar(sa.select(sa.func.count()).select_from(Event))
    for path in ("/admin/audit", "/admin/audit/1", "/admin/audit/export"):
        for method in ("put", "patch", "delete"):
            answer: Any = getattr(browser.client, method)(path)
            assert answer.status_code in (400, 404, 405)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == before


def test_ids_and_times_may_be_a_little_out_of_step(world: World, anna: Person, browser: Browser) -> None:
    """Two writers: the later id may carry the earlier time; a day's edge loses neither."""
    midnight = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    fact = TicketOpened(channel="web", priority="low", team_id=1, requester_id=1)
    actor = world.actor(anna)
    for ticket, at in ((81, midnight + timedelta(seconds=1)), (82, midnight - timedelta(seconds=1))):
        with time_machine.travel(at, tick=False):
            run_unit(lambda: record(fact, actor=actor, subject=("ticket", ticket), ticket=ticket))  # noqa: B023
    with time_machine.travel(NOON, tick=False):
        reader = world.browser(world.admin())
        assert "TICKET-000081" in shown(reader, "?since=2026-11-20&kind=ticket.opened")
        assert "TICKET-000082" in shown(reader, "?until=2026-11-19&kind=ticket.opened")
