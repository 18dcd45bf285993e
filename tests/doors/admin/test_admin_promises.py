"""Forms of policies and calendars: good, bad, stale and missing; the live example as a part and as a page."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.events.models import Event
from app.sla.models import Policy, WorkCalendar
from app.sla.schemas import slot_field
from tests.support.world import Browser, World


def kinds() -> list[str]:
    """What people did, in order."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


def fresh(model: Any, number: Any) -> Any:
    """A row as it is in the database now."""
    return db.session.get(model, number, populate_existing=True)


def policy_form(**more: Any) -> dict[str, Any]:
    """A policy's form, filled in."""
    calendar = db.session.scalars(sa.select(WorkCalendar.id).where(WorkCalendar.name == "24×7")).one()
    fields: dict[str, Any] = {"name": "Gold", "calendar_id": calendar, "warn_percent": 75}
    for word in ("critical", "high", "medium", "low"):
        fields |= {f"{word}_response": "1:00", f"{word}_resolution": "8:00"}
    return fields | more


def calendar_form(**more: Any) -> dict[str, Any]:
    """A calendar's form, filled in."""
    fields: dict[str, Any] = {
        "name": "Büro",
        "time_zone": "Europe/Berlin",
        "counts": "hours",
        "holiday_state": "",
    }
    for day in range(5):
        fields |= {slot_field(day, 1, "from"): "08:00", slot_field(day, 1, "to"): "17:00"}
    return fields | more


def test_policies_are_made_changed_and_deleted(world: World, browser: Browser) -> None:
    form = policy_form(team_ids=[str(world.team.id)], pauses_for_third_party="true")
    assert browser.post("/admin/sla/policies/new", form).status_code == 303
    number = db.session.scalars(sa.select(Policy.id).where(Policy.name == "Gold")).one()
    page = browser.get(f"/admin/sla/policies/{number}").get_data(as_text=True)
    assert 'value="1:00"' in page and "checked" in page
    change = policy_form(name="Platin", version="1")
    assert browser.post(f"/admin/sla/policies/{number}", change).status_code == 303
    assert fresh(Policy, number).name == "Platin"
    assert browser.post(f"/admin/sla/policies/{number}", change).status_code == 409
    wrong = browser.post(f"/admin/sla/policies/{number}/delete", {"name": "platin", "version": "2"})
    assert wrong.status_code == 422
    assert (
        browser.post(f"/admin/sla/policies/{number}/delete", {"name": "Platin", "version": "2"}).status_code
        == 303
    )
    assert browser.get(f"/admin/sla/policies/{number}").status_code == 404
    assert browser.post(f"/admin/sla/policies/{number}/delete", {"name": "Platin"}).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "Standard"), ("critical_response", "bald"), ("low_resolution", "0:30"),
     ("warn_percent", "100"), ("warn_percent", "9"), ("calendar_id", "999999"), ("calendar_id", ""),
     ("team_ids", "999999")],
)  # fmt: skip
def test_a_bad_policy_comes_back_with_what_was_typed(
    world: World, browser: Browser, field: str, value: str
) -> None:
    answer = browser.post("/admin/sla/policies/new", policy_form(medium_response="2:15") | {field: value})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and 'value="2:15"' in text and "error-summary" in text


def test_a_policy_without_calendar_asks_for_the_field_and_not_for_a_number(
    world: World, browser: Browser
) -> None:
    answer = browser.post("/admin/sla/policies/new", policy_form() | {"calendar_id": ""})
    text = answer.get_data(as_text=True)
    assert "Bitte füllen Sie dieses Feld aus." in text and "ganze Zahl" not in text


def test_a_policy_in_use_says_why_it_stays(world: World, browser: Browser) -> None:
    standard = db.session.scalars(sa.select(Policy)).one()
    answer = browser.post(f"/admin/sla/policies/{standard.id}/delete", {"name": "Standard", "version": "1"})
    assert answer.status_code == 409 and "Standardrichtlinie" in answer.get_data(as_text=True)


def test_calendars_are_made_changed_and_deleted(world: World, browser: Browser) -> None:
    assert browser.post("/admin/sla/calendars/new", calendar_form(holiday_state="SN")).status_code == 303
    made = db.session.scalars(sa.select(WorkCalendar).where(WorkCalendar.name == "Büro")).one()
    number = made.id
    assert made.slots == [[day, 480, 1020] for day in range(5)]
    page = browser.get(f"/admin/sla/calendars/{number}").get_data(as_text=True)
    assert 'value="08:00"' in page and "Sachsen" in page
    change = calendar_form(name="Büro 2", version="1")
    assert browser.post(f"/admin/sla/calendars/{number}", change).status_code == 303
    assert browser.post(f"/admin/sla/calendars/{number}", change).status_code == 409
    gone = {"name": "Büro 2", "version": "2"}
    assert browser.post(f"/admin/sla/calendars/{number}/delete", gone).status_code == 303
    assert browser.post(f"/admin/sla/calendars/{number}/delete", gone).status_code == 404


def test_overlapping_hours_are_named_beside_their_line(world: World, browser: Browser) -> None:
    form = calendar_form(**{slot_field(0, 2, "from"): "16:00", slot_field(0, 2, "to"): "18:00"})
    answer = browser.post("/admin/sla/calendars/new", form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Montag: 16:00–18:00 überschneidet sich mit 8:00–17:00." in text
    assert 'value="16:00"' in text and f'id="f-{slot_field(0, 2, "from")}"' in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("counts", "never"),
        ("holiday_state", "XX"),
        (slot_field(0, 1, "from"), "25:00"),
    ],
)
def test_a_bad_calendar_comes_back(world: World, browser: Browser, field: str, value: str) -> None:
    assert browser.post("/admin/sla/calendars/new", calendar_form(**{field: value})).status_code == 422


@pytest.mark.parametrize("key", ["new", "{calendar}"])
def test_the_example_comes_as_a_part_and_as_a_page(world: World, browser: Browser, key: str) -> None:
    calendar = db.session.scalars(sa.select(WorkCalendar.id).where(WorkCalendar.name != "24×7")).one()
    path = f"/admin/sla/calendars/{key.format(calendar=calendar)}/example"
    part = browser.post(path, calendar_form(), headers={"HX-Request": "true"})
    assert part.status_code == 200 and "<html" not in part.get_data(as_text=True)
    assert "Beispiel: Ticket" in part.get_data(as_text=True)
    whole = browser.post(path, calendar_form(name="Noch nicht gespeichert"))
    text = whole.get_data(as_text=True)
    assert whole.status_code == 200 and "Beispiel: Ticket" in text and "Noch nicht gespeichert" in text
    assert 'value="08:00"' in text
    assert kinds() == []


def test_the_example_says_what_is_wrong_so_far(world: World, browser: Browser) -> None:
    form = calendar_form(**{slot_field(0, 1, "to"): "07:00"})
    part = browser.post("/admin/sla/calendars/new/example", form, headers={"HX-Request": "true"})
    assert part.status_code == 422 and "endet, bevor es beginnt" in part.get_data(as_text=True)
    whole = browser.post("/admin/sla/calendars/new/example", form)
    assert whole.status_code == 422 and "error-summary" in whole.get_data(as_text=True)


@pytest.mark.parametrize("key", ["x", "-1", "999999", "1" * 30])
def test_an_example_for_a_calendar_that_is_not_there(world: World, browser: Browser, key: str) -> None:
    assert browser.post(f"/admin/sla/calendars/{key}/example", calendar_form()).status_code == 404
