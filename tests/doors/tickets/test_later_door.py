"""Sending later at the agents' door: moments by the agent's own clock, and what comes back when one cannot be."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import scheduling
from app.tickets.models import Attachment, Comment, ScheduledReply
from app.tickets.schemas import LaterReply
from app.tickets.words import ScheduledState, Status
from tests.doors.tickets.conftest import NOW, present

S = ScheduledState
HTMX = {"HX-Request": "true"}
MENU = re.compile(
    r'<button class="menu-item" type="submit" name="later" value="(\w+)">.*?</i>([^<]*)</button>'
)


def send(browser, story, body="Läuft es wieder?", **values):
    browser.get(story.base)
    return browser.post(f"{story.base}/reply", {"body": body, "then": ""} | values)


def later(browser, story, body="Läuft es wieder?", **values):
    """As a browser sends it: the button that was pressed says ``later``, and no status."""
    browser.get(story.base)
    return browser.post(f"{story.base}/reply", {"body": body, "due_at": "", "after": ""} | values)


def last() -> ScheduledReply:
    db.session.rollback()
    newest = sa.select(ScheduledReply).order_by(ScheduledReply.id.desc()).limit(1)
    return db.session.scalars(newest.execution_options(populate_existing=True)).one()


def page_of(browser, story) -> str:
    return browser.get(story.base).get_data(as_text=True)


def plan(story, person, body="Läuft es wieder?", **values) -> int:
    command = LaterReply(body=body, due_at=clock.now() + timedelta(hours=1), **values)
    return run_unit(lambda: scheduling.schedule(story.actor(person), story.ticket_id, command)).id


@pytest.mark.parametrize(
    ("choice", "due_at"),
    [
        ("hour", datetime(2026, 11, 20, 10, 0, tzinfo=UTC)),
        ("evening", datetime(2026, 11, 20, 17, 0, tzinfo=UTC)),
        ("morning", datetime(2026, 11, 21, 7, 0, tzinfo=UTC)),
        ("monday", datetime(2026, 11, 23, 7, 0, tzinfo=UTC)),
    ],
)
def test_the_moments_on_offer_are_those_of_the_agents_clock(story, choice, due_at):
    answer = later(story.desk, story, later=choice)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{story.base}?scheduled={last().id}#scheduled-{last().id}"
    assert (last().due_at, last().author_id, last().body) == (due_at, story.anna.id, "Läuft es wieder?")
    assert db.session.scalars(sa.select(Comment)).all() == []


def test_an_agent_elsewhere_has_another_morning(story):
    ada = story.browser(story.agent(time_zone="America/New_York"))
    later(ada, story, later="morning")
    assert last().due_at == datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
    later(ada, story, later="at", due_at="2026-11-24T09:30")
    assert last().due_at == datetime(2026, 11, 24, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        (NOW, ["hour", "evening", "morning", "monday"]),
        (NOW.replace(hour=16, minute=59), ["hour", "evening", "morning", "monday"]),
        (NOW.replace(hour=16, minute=59, second=30), ["hour", "morning", "monday"]),
        (NOW.replace(hour=22), ["hour", "morning", "monday"]),
        (NOW.replace(day=22), ["hour", "evening", "morning"]),  # on a Sunday, Monday is tomorrow
        (NOW.replace(day=23), ["hour", "evening", "morning", "monday"]),
    ],
)
def test_what_has_passed_or_is_said_already_is_not_offered(story, now, offered):
    story.clock.move_to(now)
    found = dict(MENU.findall(page_of(story.browser(story.anna), story)))
    assert list(found) == offered
    assert found["morning"] == "Morgen, 8:00"


def test_next_monday_on_a_monday_is_in_a_week(story):
    story.clock.move_to(NOW.replace(day=23))
    later(story.browser(story.anna), story, later="monday")
    assert last().due_at == datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


def test_a_menu_that_was_open_until_the_evening_does_not_send_into_the_past(story):
    story.desk.get(story.base)
    story.clock.move_to(NOW.replace(hour=18))
    answer = later(story.browser(story.anna), story, later="evening")
    assert answer.status_code == 422
    assert "Bitte wählen Sie einen Zeitpunkt, der noch kommt." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("due_at", "sentence"),
    [
        ("", "Bitte wählen Sie Datum und Uhrzeit."),
        ("morgen", "Bitte wählen Sie Datum und Uhrzeit."),
        ("2026-11-24", "Bitte wählen Sie Datum und Uhrzeit."),
        ("2026-02-30T08:00", "Bitte wählen Sie Datum und Uhrzeit."),
        ("2026-11-24T08:00+05:00", "Bitte wählen Sie Datum und Uhrzeit."),
        ("0001-01-01T00:00", "Bitte wählen Sie Datum und Uhrzeit."),
        ("2020-01-01T08:00", "Bitte wählen Sie einen Zeitpunkt, der noch kommt."),
        ("2026-11-20T10:00", "Bitte wählen Sie einen Zeitpunkt, der noch kommt."),
        ("2027-11-20T10:00", "Bitte wählen Sie einen Zeitpunkt in den nächsten 90 Tagen."),
        ("9999-12-31T23:59", "Bitte wählen Sie einen Zeitpunkt in den nächsten 90 Tagen."),
    ],
)
def test_a_moment_that_cannot_be_is_said_beside_the_field(story, due_at, sentence):
    answer = later(story.desk, story, "Bleibt stehen", later="at", due_at=due_at)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert ">\nBleibt stehen</textarea>" in page
    field = page[page.index('id="f-due_at"') :]
    assert field.startswith(f'id="f-due_at" name="due_at" value="{due_at}"')
    assert 'aria-invalid="true" aria-describedby="f-due_at-error"' in field[:300]
    assert sentence in field[: field.index("</p>")]
    assert '<details class="menu to-left to-top" open>' in page
    assert db.session.scalars(sa.select(ScheduledReply)).all() == []


def test_the_fields_of_the_menu_mean_nothing_to_what_is_sent_at_once(story):
    assert send(story.desk, story, due_at="2026-11-24T08:00", after="closed").status_code == 303
    assert db.session.scalars(sa.select(ScheduledReply)).all() == []
    assert present(story).status is Status.IN_PROGRESS


def test_the_status_may_follow_later(story):
    later(story.desk, story, later="morning", after="pending_customer")
    assert (last().then, last().pending_reason) == (Status.PENDING, "customer")
    assert "dann „Wartet auf Kunde“" in page_of(story.desk, story)


def test_files_go_along(story):
    story.desk.get(story.base)
    sent = {"body": "Siehe Anlage", "later": "morning", "files": (io.BytesIO(b"Zeile eins"), "log.txt")}
    assert story.desk.post(f"{story.base}/reply", sent).status_code == 303
    file = db.session.scalars(sa.select(Attachment)).one()
    assert (last().attachment_ids, file.ticket_id) == ([file.id], None)
    assert f'href="/tickets/files/{file.id}"' in page_of(story.desk, story)
    seen = page_of(story.lead, story)
    assert "log.txt" in seen and f'href="/tickets/files/{file.id}"' not in seen


def test_whoever_plans_over_something_new_is_shown_it_first(story):
    seen = story.say(story.mia, present(story), "Erste Frage")
    news = story.say(story.mia, present(story), "Hat sich erledigt")
    answer = later(
        story.desk,
        story,
        "Morgen mehr.",
        based_on=seen.id,
        later="at",
        due_at="2026-11-24T08:00",
        after="resolved",
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Hat sich erledigt" in page[page.index('id="guard"') :]
    assert 'name="later" value="at">Trotzdem planen</button>' in page
    assert 'value="2026-11-24T08:00"' in page
    assert '<option value="resolved" selected>' in page
    anyway = {"body": "Morgen mehr.", "based_on": news.id, "later": "at", "due_at": "2026-11-24T08:00"}
    assert story.desk.post(f"{story.base}/reply", anyway).status_code == 303


def test_a_sixth_reply_is_refused_with_the_reason_and_the_text(story):
    for n in range(5):
        plan(story, story.anna, f"Nummer {n}")
    answer = later(story.desk, story, "Nummer 5", later="morning")
    assert answer.status_code == 409
    assert "Hier sind bereits 5 Antworten geplant." in answer.get_data(as_text=True)
    assert ">\nNummer 5</textarea>" in answer.get_data(as_text=True)


def test_htmx_is_sent_to_the_planned_reply(story):
    story.desk.get(story.base)
    answer = story.desk.post(f"{story.base}/reply", {"body": "x", "later": "hour"}, headers=HTMX)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"{story.base}?scheduled={last().id}#scheduled-{last().id}"


def test_enter_in_a_small_field_never_sends_at_once(story):
    """The first button of a form is the one that Enter presses."""
    page = page_of(story.desk, story)
    form = page[page.index(f'action="{story.base}/reply"') :]
    first = re.search(r'<button[^>]*type="submit"[^>]*>', form)
    assert first is not None and 'name="later" value="at"' in first[0]


def test_nothing_is_offered_where_nothing_can_be_sent_later(story):
    own = story.ticket(story.anna)
    assert 'name="due_at"' not in story.desk.get(f"/tickets/{own.number}").get_data(as_text=True)
    send(story.lead, story, "Fertig", then="closed")
    assert 'name="due_at"' not in page_of(story.lead, story)
