"""Answering at the agents' door: nothing typed is lost, nothing is sent twice, nobody is overrun."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.tickets.models import Attachment, Comment, Draft, Presence, ReadMark
from app.tickets.words import PendingReason, PresenceMode, Status
from tests.doors.tickets.conftest import present

HTMX = {"HX-Request": "true"}
HIDDEN = re.compile(r'name="attachment_ids" value="(\d+)"')


def last(story) -> Comment:
    db.session.rollback()
    newest = sa.select(Comment).order_by(Comment.id.desc()).limit(1)
    return db.session.scalars(newest.execution_options(populate_existing=True)).one()


def reply(browser, story, body="Wir schauen nach.", **values):
    browser.get(story.base)
    return browser.post(f"{story.base}/reply", {"body": body} | values)


def test_a_reply_goes_out_and_the_status_follows(story):
    answer = reply(story.desk, story, "Geht es wieder?", then="pending_customer")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{story.base}?sent={last(story).id}#e{last(story).id}"
    assert (last(story).is_internal, last(story).author_id) == (False, story.anna.id)
    assert present(story).status is Status.PENDING
    assert present(story).pending_reason is PendingReason.CUSTOMER


def test_htmx_is_sent_to_the_same_place(story):
    story.desk.get(story.base)
    answer = story.desk.post(f"{story.base}/reply", {"body": "Hallo"}, headers=HTMX)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith(f"{story.base}?sent=")


@pytest.mark.parametrize("then", ["resolved", "in_progress", "closed", ""])
def test_other_statuses_may_follow(story, then):
    assert reply(story.desk, story, "Erledigt", then=then).status_code == 303
    assert present(story).status is Status(then or "in_progress")


def test_a_note_stays_in_the_house(story):
    story.desk.get(story.base)
    answer = story.desk.post(f"{story.base}/note", {"body": "Nur für uns"})
    assert answer.status_code == 303
    assert last(story).is_internal
    assert "Nur für uns" not in story.browser(story.mia).get(f"/portal{story.base}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"body": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"body": "   \n "}, "Bitte füllen Sie dieses Feld aus."),
        ({"body": "x" * 200_001}, "Höchstens 200000 Zeichen."),
        ({"body": "gut", "then": "morgen"}, "Bitte wählen Sie eine der Möglichkeiten aus."),
        ({"body": "gut", "based_on": "viel"}, "Bitte geben Sie eine ganze Zahl ein."),
        ({"body": "gut", "is_internal": "true"}, "Dieses Feld ist hier nicht bekannt."),
        ({"body": "gut", "author_id": "1"}, "Dieses Feld ist hier nicht bekannt."),
    ],
)
def test_what_cannot_be_taken_comes_back_with_the_reason_and_the_text(story, values, sentence):
    answer = reply(story.desk, story, **values)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    if len(values["body"]) < 1000 and values["body"].strip():
        assert f">\n{values['body']}</textarea>" in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 0


def test_a_fragment_brings_back_only_the_writing_box(story):
    story.desk.get(story.base)
    answer = story.desk.post(f"{story.base}/note", {"body": ""}, headers=HTMX)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="composer" data-mode="note"' in page
    assert "<html" not in page


def test_whoever_answers_over_something_new_is_shown_it_first(story):
    seen = story.say(story.mia, present(story), "Erste Frage")
    news = story.say(story.mia, present(story), "Es hat sich erledigt, danke")
    answer = reply(story.desk, story, "Bitte starten Sie neu.", based_on=seen.id, then="pending_customer")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Inzwischen gibt es eine neue Nachricht." in page
    assert "Es hat sich erledigt, danke" in page[page.index('id="guard"') :]
    assert ">\nBitte starten Sie neu.</textarea>" in page
    assert last(story).id == news.id
    assert f'name="based_on" value="{news.id}"' in page
    assert 'name="then" value="pending_customer"' in page
    anyway = story.desk.post(f"{story.base}/reply", {"body": "Bitte starten Sie neu.", "based_on": news.id})
    assert anyway.status_code == 303
    assert last(story).body == "Bitte starten Sie neu."


def test_own_entries_are_no_news(story):
    seen = story.say(story.mia, present(story), "Frage")
    story.say(story.anna, present(story), "Erster Teil")
    assert reply(story.desk, story, "Zweiter Teil", based_on=seen.id).status_code == 303


def test_files_that_were_sent_need_not_be_chosen_again(story):
    story.desk.get(story.base)
    sent = {"body": "", "files": (io.BytesIO(b"Zeile eins"), "log.txt")}
    page = story.desk.post(f"{story.base}/reply", sent).get_data(as_text=True)
    kept = HIDDEN.findall(page)
    assert len(kept) == 1
    assert "log.txt" in page
    again = story.desk.post(f"{story.base}/reply", {"body": "Mit Anlage", "attachment_ids": kept[0]})
    assert again.status_code == 303
    assert db.session.scalars(sa.select(Attachment)).one().comment_id == last(story).id
    assert "log.txt" in story.desk.get(story.base).get_data(as_text=True)


def test_a_refused_file_does_not_cost_the_text(story):
    story.desk.get(story.base)
    sent = {"body": "Siehe Anlage", "files": (io.BytesIO(b"MZ" + b"\0" * 100), "rechnung.pdf")}
    answer = story.desk.post(f"{story.base}/reply", sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "„rechnung.pdf“ ist ein Programm und kann nicht angehängt werden." in page
    assert ">\nSiehe Anlage</textarea>" in page


def test_the_same_form_takes_effect_once(story):
    story.desk.get(story.base)
    for _n in range(2):
        answer = story.desk.post(f"{story.base}/reply", {"body": "Einmal", "_once": "abc"})
        assert answer.status_code == 303
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Comment)) == 1


def test_a_draft_is_kept_and_comes_back(story):
    story.desk.get(story.base)
    assert story.desk.post(f"{story.base}/reply/draft", {"text": "Angefangen"}).status_code == 204
    assert story.desk.post(f"{story.base}/note/draft", {"text": "Geheim"}).status_code == 204
    page = story.desk.get(story.base).get_data(as_text=True)
    assert ">\nAngefangen</textarea>" in page
    assert ">\nGeheim</textarea>" in page
    assert "Entwurf gespeichert 10:00" in page
    assert "Angefangen" not in story.lead.get(story.base).get_data(as_text=True)
    story.desk.post(f"{story.base}/reply/draft", {"text": ""})
    db.session.rollback()
    assert [draft.is_internal for draft in db.session.scalars(sa.select(Draft))] == [True]


def test_sending_forgets_the_draft(story):
    story.desk.get(story.base)
    story.desk.post(f"{story.base}/reply/draft", {"text": "Angefangen"})
    reply(story.desk, story, "Fertig")
    db.session.rollback()
    assert db.session.scalars(sa.select(Draft)).all() == []


def test_a_reply_taken_back_is_a_draft_again(story):
    reply(story.desk, story, "Zu schnell", then="resolved")
    answer = story.desk.post(f"{story.base}/entries/{last(story).id}/take-back")
    assert answer.status_code == 303
    page = story.desk.get(story.base).get_data(as_text=True)
    assert ">\nZu schnell</textarea>" in page
    assert present(story).status is Status.IN_PROGRESS


def test_too_late_to_take_back_is_said(story):
    reply(story.desk, story, "Zu schnell")
    story.clock.shift(timedelta(seconds=20))
    answer = story.desk.post(f"{story.base}/entries/{last(story).id}/take-back")
    assert answer.status_code == 409
    assert "Die Antwort ist bereits verschickt." in answer.get_data(as_text=True)


def test_an_own_entry_can_be_corrected_for_some_minutes(story):
    story.desk.get(story.base)
    story.desk.post(f"{story.base}/note", {"body": "Tipfehler"})
    entry = f"{story.base}/entries/{last(story).id}"
    assert ">\nTipfehler</textarea>" in story.desk.get(f"{entry}/correct").get_data(as_text=True)
    assert story.desk.post(f"{entry}/correct", {"body": ""}).status_code == 422
    assert story.desk.post(f"{entry}/correct", {"body": "Tippfehler"}).status_code == 303
    assert last(story).body == "Tippfehler"
    assert "korrigiert" in story.desk.get(story.base).get_data(as_text=True)
    story.clock.shift(timedelta(minutes=6))
    late = story.desk.post(f"{entry}/correct", {"body": "Zu spät"})
    assert late.status_code == 422
    assert ">\nZu spät</textarea>" in late.get_data(as_text=True)
    assert story.lead.get(f"{entry}/correct").status_code == 200
    assert story.lead.post(f"{entry}/correct", {"body": "Fremd"}).status_code == 403


def test_leaders_remove_words_after_one_question(story):
    comment = story.say(story.mia, present(story), "Kennwort 1234")
    entry = f"{story.base}/entries/{comment.id}/redact"
    assert story.desk.get(entry).status_code == 403
    assert "Kennwort 1234" in story.lead.get(entry).get_data(as_text=True)
    assert story.lead.post(entry).status_code == 303
    assert last(story).body == ""


def test_presence_says_who_else_is_here_and_what_is_new(story):
    other = story.browser(story.jonas)
    other.get(story.base)
    other.post(f"{story.base}/presence", {"mode": "writing"})
    story.desk.get(story.base)
    first = story.say(story.mia, present(story), "Neu")
    answer = story.desk.post(f"{story.base}/presence", {"mode": "reading", "seen": "0"})
    words = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "<b>Jonas Weber</b> schreibt gerade eine Antwort" in words
    assert f"?sent={first.id}#e{first.id}" in words
    quiet = story.desk.post(f"{story.base}/presence", {"mode": "reading", "seen": str(first.id)})
    assert "neue Nachricht" not in quiet.get_data(as_text=True)
    db.session.rollback()
    modes = {row.person_id: row.mode for row in db.session.scalars(sa.select(Presence))}
    assert modes == {story.jonas.id: PresenceMode.WRITING, story.anna.id: PresenceMode.READING}
    assert db.session.get(ReadMark, (story.anna.id, story.ticket_id)).entry_id == first.id


@pytest.mark.parametrize("values", [{}, {"mode": "sleeping"}, {"mode": "reading", "seen": "-1"}])
def test_a_crooked_heartbeat_is_refused(story, values):
    story.desk.get(story.base)
    assert story.desk.post(f"{story.base}/presence", values).status_code == 422


def test_a_message_of_the_requester_bears_no_mark_of_our_own_mails(story):
    story.say(story.mia, present(story), "Noch etwas.")
    event = db.session.scalars(sa.select(Event).where(Event.kind == "ticket.reply_added")).one()
    mail = Delivery(
        event_id=event.id,
        ticket_id=story.ticket_id,
        consumer="email",
        target="1",
        state=DeliveryState.SENT,
        created_at=event.at,
        since=event.at,
    )
    run_unit(lambda: db.session.add(mail))
    page = story.desk.get(story.base).get_data(as_text=True)
    assert "Noch etwas." in page and "Zugestellt" not in page
