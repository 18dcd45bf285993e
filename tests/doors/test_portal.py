"""The portal: a customer asks, follows, answers, solves, rates."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import rating, replying, triage
from app.tickets.models import Attachment, Comment, Ticket
from app.tickets.schemas import NewComment, StatusMove
from app.tickets.words import Status

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "f8cfc0f01f00050001ff89993d1d0000000049454e44ae426082"
)


@pytest.fixture
def story(world):
    with time_machine.travel(NOW, tick=False) as travel:
        world.clock = travel
        world.mia, world.anna = world.customer(first_name="Mia"), world.agent(first_name="Anna")
        world.phone = world.browser(world.mia)
        yield world


def ask(world, **values):
    world.phone.get("/portal/new")
    given = {"title": "Drucker druckt nicht", "description": "Nur leere Seiten.", "impact": "medium"}
    return world.phone.post("/portal/new", given | values)


def ticket(world) -> Ticket:
    return db.session.scalars(sa.select(Ticket).order_by(Ticket.id.desc())).first()


def reply_as_agent(world, body="Wir schauen nach.", **values):
    command = NewComment(body=body, **values)
    return run_unit(lambda: replying.add_comment(world.actor(world.anna), ticket(world).id, command))


def test_a_request_is_opened_and_its_page_shown(story):
    answer = ask(story)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/portal/tickets/{ticket(story).number}"
    page = story.phone.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Drucker druckt nicht" in page
    assert "Ihre Anfrage ist angekommen" in page


def test_bad_input_keeps_what_was_typed_and_names_the_fields(story):
    answer = ask(story, title="", impact="", description="Das hier bleibt stehen")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Das hier bleibt stehen" in page
    assert 'href="#f-title"' in page
    assert 'href="#f-impact"' in page
    assert "<title>Fehler:" in page
    assert ticket(story) is None


def test_an_unknown_field_is_refused(story):
    assert ask(story, status="closed").status_code == 422


def test_the_same_form_sent_twice_makes_one_request(story):
    page = story.phone.get("/portal/new").get_data(as_text=True)
    key = re.search(r'name="_once" value="([^"]+)"', page)[1]
    first, second = ask(story, _once=key), ask(story, _once=key)
    assert first.headers["Location"] == second.headers["Location"]
    assert db.session.query(Ticket).count() == 1


def test_files_come_along_and_can_be_fetched_again(story):
    picture = (io.BytesIO(PNG), "fehler.png")
    story.phone.get("/portal/new")
    ask(story, files=picture)
    file = db.session.scalars(sa.select(Attachment)).one()
    assert (file.ticket_id, file.is_picture, file.content_type) == (ticket(story).id, True, "image/png")
    answer = story.phone.get(f"/portal/files/{file.id}")
    assert answer.get_data() == PNG
    answer.close()
    assert answer.headers["Content-Disposition"].startswith("inline")
    stranger = story.browser(story.customer())
    assert stranger.get(f"/portal/files/{file.id}").status_code == 404


def test_files_survive_a_form_with_errors(story):
    answer = ask(story, title="", files=(io.BytesIO(b"Protokoll"), "protokoll.txt"))
    page = answer.get_data(as_text=True)
    file = db.session.scalars(sa.select(Attachment)).one()
    assert file.ticket_id is None
    assert f'name="attachment_ids" value="{file.id}"' in page
    assert "protokoll.txt" in page


def test_a_program_is_refused_by_its_content(story):
    answer = ask(story, files=(io.BytesIO(b"MZ\x90\x00"), "bild.png"))
    assert answer.status_code == 422
    assert "bild.png" in answer.get_data(as_text=True)


def test_the_answer_of_an_agent_appears_when_it_is_out_and_notes_never(story):
    ask(story)
    reply_as_agent(story, body="Antwort-Kanarie")
    reply_as_agent(story, body="Notiz-Kanarie", is_internal=True)
    path = f"/portal/tickets/{ticket(story).number}"
    assert "Antwort-Kanarie" not in story.phone.get(path).get_data(as_text=True)
    story.clock.shift(timedelta(seconds=16))
    page = story.phone.get(path).get_data(as_text=True)
    assert "Antwort-Kanarie" in page
    assert "Notiz-Kanarie" not in page


def test_answering_brings_a_waiting_request_back_to_work(story):
    ask(story)
    reply_as_agent(story, then="pending")
    story.clock.shift(timedelta(minutes=1))
    path = f"/portal/tickets/{ticket(story).number}"
    assert "Ihre Antwort fehlt" in story.phone.get(path).get_data(as_text=True)
    answer = story.phone.post(f"{path}/reply", {"body": "Hier ist das Protokoll"})
    assert answer.status_code == 303
    assert ticket(story).status is Status.IN_PROGRESS


def test_an_answer_written_before_something_new_came_is_shown_again(story):
    ask(story)
    path = f"/portal/tickets/{ticket(story).number}"
    reply_as_agent(story, body="Neuigkeit")
    story.clock.shift(timedelta(seconds=20))
    answer = story.phone.post(f"{path}/reply", {"body": "Mein langer Text", "based_on": "0"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Mein langer Text" in page
    assert "Neuigkeit" in page
    assert db.session.query(Comment).filter_by(by_staff=False).count() == 0


def test_an_empty_answer_is_refused_beside_its_field(story):
    ask(story)
    answer = story.phone.post(f"/portal/tickets/{ticket(story).number}/reply", {"body": "  "})
    assert answer.status_code == 422
    assert 'id="f-body-error"' in answer.get_data(as_text=True)


def test_the_requester_solves_reopens_and_rates(story):
    ask(story)
    path = f"/portal/tickets/{ticket(story).number}"
    story.phone.get(path)
    story.phone.post(f"{path}/resolve")
    assert ticket(story).status is Status.RESOLVED
    assert story.phone.post(f"{path}/rate", {"score": "5", "comment": "Schnell"}).status_code == 303
    text = story.phone.get(path).get_data(as_text=True)
    assert "Bewertung ändern" in text and "Schnell</textarea>" in text
    assert "kümmert sich darum" not in text
    story.phone.post(f"{path}/reopen")
    assert ticket(story).status is Status.IN_PROGRESS


def test_a_request_closed_long_ago_is_followed_up_by_a_new_one(story):
    ask(story)
    old = ticket(story)
    run_unit(lambda: triage.change_status(story.actor(story.anna), old.id, StatusMove(status="closed")))
    story.clock.shift(timedelta(days=20))
    path = f"/portal/tickets/{old.number}"
    story.phone = story.browser(story.mia)
    assert "Neue Anfrage dazu" in story.phone.get(path).get_data(as_text=True)
    answer = story.phone.post(f"{path}/reply", {"body": "Es ist wieder da"})
    made = ticket(story)
    assert answer.headers["Location"].endswith(made.number)
    assert made.follows_id == old.id


def test_numbers_are_read_in_every_form_and_written_in_one(story):
    ask(story)
    one = ticket(story)
    answer = story.phone.get(f"/portal/tickets/{one.id}")
    assert answer.headers["Location"] == f"/portal/tickets/{one.number}"
    assert story.phone.get(f"/portal/tickets/ticket-{one.id}").status_code == 303
    assert story.phone.get("/portal/tickets/TICKET-0").status_code == 404


def test_foreign_and_missing_requests_look_the_same(story):
    ask(story)
    stranger = story.browser(story.customer())
    foreign = stranger.get(f"/portal/tickets/{ticket(story).number}")
    missing = stranger.get("/portal/tickets/TICKET-999999")
    assert foreign.status_code == missing.status_code == 404


def test_a_colleague_takes_part_from_now_on(story):
    firm = story.organisation("Musterwerk")
    story.mia = story.customer(organisation_id=firm.id)
    colleague = story.customer(organisation_id=firm.id, email="kollege@firma.example")
    story.phone = story.browser(story.mia)
    ask(story)
    path = f"/portal/tickets/{ticket(story).number}"
    other = story.browser(colleague)
    assert other.get(path).status_code == 404
    story.phone.post(f"{path}/participants", {"email": "kollege@firma.example"})
    assert other.get(path).status_code == 200
    story.phone.post(f"{path}/participants/{colleague.id}/remove")
    assert other.get(path).status_code == 404


def test_a_stranger_cannot_be_named_and_is_not_betrayed(story):
    story.customer(email="fremd@anders.example")
    ask(story)
    path = f"/portal/tickets/{ticket(story).number}/participants"
    known = story.phone.post(path, {"email": "fremd@anders.example"})
    unknown = story.phone.post(path, {"email": "niemand@anders.example"})
    assert known.status_code == unknown.status_code == 422


def test_the_rating_link_asks_for_one_click_and_works_without_signing_in(story):
    ask(story)
    one = ticket(story)
    story.phone.get("/portal")
    story.phone.post(f"/portal/tickets/{one.number}/resolve")
    path = rating.link_for(ticket(story)).removeprefix("http://localhost")
    anybody = story.browser()
    page = anybody.get(f"{path}?score=4").get_data(as_text=True)
    assert rating.db.session.get(rating.Rating, one.id) is None
    assert 'value="4" checked' in page
    assert anybody.post(path, {"score": "4", "comment": "Gern wieder"}).status_code == 200
    assert anybody.post(path, {"score": "3"}).status_code == 200
    given = rating.db.session.get(rating.Rating, one.id, populate_existing=True)
    assert (given.score, given.comment) == (3, "Gern wieder"), "saying nothing takes nothing back"
    assert anybody.get(path[:-1] + ("A" if path[-1] != "A" else "B")).status_code == 404


def test_the_list_goes_on_where_the_page_ended(story):
    for n in range(27):
        story.clock.shift(timedelta(minutes=1))
        ask(story, title=f"Anfrage {n}")
    first = story.phone.get("/portal/tickets").get_data(as_text=True)
    following = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    second = story.phone.get(following).get_data(as_text=True)
    assert "Anfrage 26" in first
    assert "Anfrage 1<" not in first
    assert "Anfrage 1<" in second
    assert story.phone.get("/portal/tickets?cursor=kaputt").status_code == 422


def test_pages_of_the_portal_keep_to_their_statements(story, statements):
    for _ in range(5):
        ask(story)
    for path, budget in (
        ("/portal", 5),
        ("/portal/tickets", 4),
        ("/portal/new", 4),
        (f"/portal/tickets/{ticket(story).number}", 12),
    ):
        story.phone.get(path)
        with statements() as seen:
            story.phone.get(path)
        assert len(seen) <= budget, (path, seen)
