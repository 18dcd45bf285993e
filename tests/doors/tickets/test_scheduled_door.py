"""Replies that wait, on the page of a ticket: who sees them, who sends or cancels them, and what looking costs."""

from __future__ import annotations

import io
from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import attending, scheduling
from app.tickets.models import Attachment
from app.tickets.schemas import LaterReply
from app.tickets.words import ScheduledState
from tests.doors.tickets.conftest import present
from tests.doors.tickets.test_later_door import last, page_of, send
from tests.support.statements import counted

S = ScheduledState


def plan(story, person, body="Läuft es wieder?") -> int:
    command = LaterReply(body=body, due_at=clock.now() + timedelta(hours=1))
    return run_unit(lambda: scheduling.schedule(story.actor(person), story.ticket_id, command)).id


def test_what_waits_stands_at_the_end_for_the_whole_team(story):
    plan(story, story.anna, "Läuft es **wieder**?")
    mine, theirs = page_of(story.desk, story), page_of(story.lead, story)
    other = page_of(story.browser(story.jonas), story)
    for page in (mine, theirs, other):
        block = page[page.index('id="scheduled-') :]
        assert "Geplante Antwort von Anna Berger" in block
        assert "Heute, 11:00" in block
        assert "Läuft es <strong>wieder</strong>?" in block
        assert page.index("Nur leere Seiten.") < page.index('id="scheduled-') < page.index('id="composer"')
    assert "Jetzt senden" in mine and "Abbrechen und bearbeiten" in mine
    assert "Jetzt senden" not in theirs and "Nicht senden" in theirs
    assert "Nicht senden" not in other


def test_the_requester_does_not_see_it(story):
    plan(story, story.anna, "geheim bis morgen")
    for path in (f"/portal{story.base}", "/portal", "/portal/tickets"):
        assert "geheim bis morgen" not in story.browser(story.mia).get(path).get_data(as_text=True)
    story.clock.shift(timedelta(hours=1))
    run_unit(lambda: scheduling.send_due(last().id))
    assert "geheim bis morgen" in story.browser(story.mia).get(f"/portal{story.base}").get_data(as_text=True)


def test_it_is_sent_now_by_a_click(story):
    scheduled = plan(story, story.anna)
    story.desk.get(story.base)
    answer = story.desk.post(f"{story.base}/scheduled/{scheduled}/send")
    assert answer.status_code == 303
    assert last().state is S.SENT
    assert "Zurückholen" in page_of(story.desk, story)
    again = story.desk.post(f"{story.base}/scheduled/{scheduled}/send")
    assert again.status_code == 409
    assert "Diese Antwort ist nicht mehr geplant." in again.get_data(as_text=True)


def test_cancelled_it_is_a_draft_again_with_its_files(story):
    story.desk.get(story.base)
    sent = {"body": "Siehe Anlage", "later": "morning", "files": (io.BytesIO(b"Zeile eins"), "log.txt")}
    story.desk.post(f"{story.base}/reply", sent)
    assert story.desk.post(f"{story.base}/scheduled/{last().id}/cancel").status_code == 303
    page = page_of(story.desk, story)
    file = db.session.scalars(sa.select(Attachment.id)).one()
    assert ">\nSiehe Anlage</textarea>" in page
    assert f'name="attachment_ids" value="{file}" checked' in page
    assert 'id="scheduled-' not in page
    assert "Siehe Anlage" not in page_of(story.lead, story)
    send(story.desk, story, "Siehe Anlage", attachment_ids=str(file))
    assert "attachment_ids" not in page_of(story.desk, story)


def test_rights_are_asked_for_at_both_buttons(story):
    scheduled = plan(story, story.anna)
    jonas, stranger = story.browser(story.jonas), story.browser(story.mia)
    outsider = story.browser(story.agent(teams=[story.make_team("Netz")]))
    for browser, expected in ((jonas, 403), (stranger, 403), (outsider, 404)):
        browser.get("/auth/profile")
        for deed in ("send", "cancel"):
            assert browser.post(f"{story.base}/scheduled/{scheduled}/{deed}").status_code == expected
    story.lead.get(story.base)
    assert story.lead.post(f"{story.base}/scheduled/{scheduled}/send").status_code == 403
    assert story.lead.post(f"{story.base}/scheduled/999999/cancel").status_code == 404
    assert last().state is S.WAITING


def test_a_stopped_reply_is_shown_to_its_author_until_they_answer(story):
    plan(story, story.anna, "Läuft es wieder?")
    story.say(story.mia, present(story), "Ja")
    run_unit(
        lambda: attending.save_draft(
            story.actor(story.anna), story.ticket_id, is_internal=False, body="Ein älterer Entwurf"
        )
    )
    page = page_of(story.desk, story)
    assert "Ihre geplante Antwort wurde nicht gesendet" in page
    assert "Läuft es wieder?" in page
    assert "nicht gesendet" not in page_of(story.lead, story)
    send(story.desk, story, "Gut.")
    assert "nicht gesendet" not in page_of(story.desk, story)


def test_older_entries_do_not_repeat_what_waits(story):
    plan(story, story.anna)
    newest = story.say(story.anna, present(story), "Etwas", is_internal=True)
    page = story.desk.get(f"{story.base}?before={newest.id}").get_data(as_text=True)
    assert 'id="scheduled-' not in page


def test_the_page_with_replies_and_files_that_wait_stays_within_its_budget(story):
    for n in range(20):
        story.say(story.jonas, present(story), f"Eintrag {n}")
    story.desk.get(story.base)
    for _n in range(2):
        sent = {"body": "Siehe Anlage", "later": "morning", "files": (io.BytesIO(b"Zeile eins"), "log.txt")}
        story.desk.post(f"{story.base}/reply", sent)
    story.desk.post(f"{story.base}/scheduled/{last().id}/cancel")
    page_of(story.desk, story)
    with counted() as statements:
        page_of(story.desk, story)
    assert len(statements) <= 15, "\n".join(statements)
