"""Taking down a ticket, finding one, the bell."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from app.accounts.models import Person
from app.core.db import db
from app.core.uow import run_unit
from app.tickets.actions import assigning
from app.tickets.models import Attachment, Ticket
from app.tickets.words import Channel, Priority
from tests.doors.tickets.conftest import present

GIVEN = {"title": "Anruf wegen Drucker", "description": "Streifen auf jeder Seite.", "channel": "agent"}


def newest() -> Ticket:
    db.session.rollback()
    return db.session.scalars(sa.select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()


def make(story, **values):
    story.desk.get("/tickets/new")
    return story.desk.post("/tickets/new", GIVEN | values)


def test_a_ticket_for_somebody_known(story):
    answer = make(story, requester_id=story.mia.id, impact="high", tags="Drucker, Flur 3")
    made = newest()
    assert answer.headers["Location"] == f"/tickets/{made.number}"
    assert (made.requester_id, made.created_by_id) == (story.mia.id, story.anna.id)
    assert (made.channel, made.priority) == (Channel.AGENT, Priority.HIGH)
    page = story.desk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "flur 3" in page
    assert "hat die Anfrage von <b>Mia Scholz</b> aufgenommen" in page


def test_a_ticket_for_somebody_new(story):
    answer = make(story, email="Neu.Person@firma.example", first_name="Neu", last_name="Person")
    assert answer.status_code == 303
    person = db.session.get(Person, newest().requester_id)
    assert (person.email_key, person.full_name) == ("neu.person@firma.example", "Neu Person")


def test_an_address_that_is_known_is_no_new_person(story):
    assert make(story, email="MIA@firma.example").status_code == 303
    assert newest().requester_id == story.mia.id


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Bitte wählen Sie, von wem die Anfrage ist"),
        ({"email": "keine Adresse"}, "E-Mail-Adresse"),
        ({"email": "neu@firma.example"}, "Bitte füllen Sie dieses Feld aus."),
        ({"requester_id": "987654"}, "Diese Person ist hier nicht bekannt."),
        ({"requester_id": "x"}, "Bitte geben Sie eine ganze Zahl ein."),
        ({"title": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"title": "x" * 201}, "Höchstens 200 Zeichen."),
        ({"channel": "web"}, "Bitte wählen Sie eine der Möglichkeiten aus."),
        ({"category_id": "987654"}, "Bitte wählen Sie eines der angebotenen Themen."),
        ({"team_id": "987654"}, "Bitte wählen Sie eines der angebotenen Teams."),
        ({"tags": ",".join("x" * 41 for _ in range(2))}, "Höchstens 40 Zeichen."),
        ({"priority": "critical"}, "Dieses Feld ist hier nicht bekannt."),
        ({"status": "closed"}, "Dieses Feld ist hier nicht bekannt."),
    ],
)
def test_bad_input_keeps_what_was_typed(story, values, sentence):
    before = newest().id
    whose = {} if "email" in values or not values else {"requester_id": story.mia.id}
    answer = make(story, **(whose | values))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    assert ">\nStreifen auf jeder Seite.</textarea>" in page
    assert newest().id == before


def test_files_come_along_also_on_the_second_try(story):
    story.desk.get("/tickets/new")
    first = story.desk.post("/tickets/new", GIVEN | {"files": (io.BytesIO(b"Text"), "notiz.txt")})
    assert first.status_code == 422
    file = db.session.scalars(sa.select(Attachment)).one()
    assert f'name="attachment_ids" value="{file.id}"' in first.get_data(as_text=True)
    assert make(story, requester_id=story.mia.id, attachment_ids=file.id).status_code == 303
    db.session.rollback()
    assert db.session.get(Attachment, file.id, populate_existing=True).ticket_id == newest().id


def test_people_are_found_while_typing_and_chosen(story):
    page = story.desk.get("/tickets/new?who=scho").get_data(as_text=True)
    assert f'href="/tickets/new?requester={story.mia.id}"' in page
    chosen = story.desk.get(f"/tickets/new?requester={story.mia.id}").get_data(as_text=True)
    assert f'name="requester_id" value="{story.mia.id}" form="new-ticket"' in chosen
    assert "Niemand gefunden" in story.desk.get("/tickets/new?who=zzz").get_data(as_text=True)
    assert story.desk.get("/tickets/new?requester=987654").status_code == 200


@pytest.mark.parametrize(
    "written", ["{n}", "TICKET-{n}", "ticket {n}", "#{n}", "[TICKET-{n}]", "Ticket #{n}", "00{n}"]
)
def test_a_number_in_any_form_leads_to_the_ticket(story, written):
    q = written.format(n=story.ticket_id)
    answer = story.desk.get("/tickets/search", query_string={"q": q})
    assert answer.headers.get("Location") == story.base


def test_a_foreign_number_is_as_a_missing_one(story):
    stranger = story.browser(story.agent(teams=[story.make_team("Personal")]))
    foreign = stranger.get(f"/tickets/search?q={story.ticket_id}")
    missing = stranger.get("/tickets/search?q=999999")
    assert foreign.status_code == missing.status_code == 200
    assert f"TICKET-{story.ticket_id:06d} gibt es nicht" in foreign.get_data(as_text=True)
    assert "TICKET-999999 gibt es nicht" in missing.get_data(as_text=True)


def test_words_are_compared_with_the_subjects_that_moved_lately(story):
    story.ticket(story.mia, title="Bildschirm flackert grünlich")
    page = story.desk.get("/tickets/search", query_string={"q": "GRÜN bild"}).get_data(as_text=True)
    assert "Bildschirm flackert grünlich" in page
    assert "Drucker druckt nicht" not in page
    people = story.desk.get("/tickets/search?q=scholz").get_data(as_text=True)
    assert f"/tickets?requester={story.mia.id}" in people
    nothing = story.desk.get("/tickets/search?q=zzzz").get_data(as_text=True)
    assert "Nichts gefunden" in nothing
    assert story.desk.get("/tickets/search").status_code == 200
    assert story.desk.get("/tickets/search", query_string={"q": "x" * 201}).status_code == 422


def test_the_bell_tells_and_can_be_silenced(story):
    run_unit(lambda: assigning.assign(story.actor(story.lea), story.ticket_id, story.jonas.id))
    story.relay()
    jonas = story.browser(story.jonas)
    page = jonas.get("/tickets/inbox").get_data(as_text=True)
    assert "hat Ihnen das Ticket zugewiesen" in page
    assert "1 ungelesen" in page
    assert "hat Ihnen" in jonas.get("/tickets/inbox?unread=true").get_data(as_text=True)
    assert jonas.post("/tickets/inbox/read").status_code == 303
    assert "Nichts Neues" in jonas.get("/tickets/inbox?unread=true").get_data(as_text=True)


def test_opening_a_ticket_silences_its_bell(story):
    run_unit(lambda: assigning.assign(story.actor(story.lea), story.ticket_id, story.jonas.id))
    story.relay()
    jonas = story.browser(story.jonas)
    assert "1 ungelesen" in jonas.get(story.base).get_data(as_text=True)
    jonas.post(f"{story.base}/presence", {"mode": "reading"})
    assert "ungelesen" not in jonas.get(story.base).get_data(as_text=True)


def test_what_one_is_told_can_be_chosen(story):
    page = story.desk.get("/tickets/inbox/settings").get_data(as_text=True)
    assert 'value="assigned.email" checked' in page
    kept = {"on": ["assigned.bell", "deadline.bell", "deadline.email"]}
    assert story.desk.post("/tickets/inbox/settings", kept).status_code == 303
    page = story.desk.get("/tickets/inbox/settings").get_data(as_text=True)
    assert 'value="assigned.bell" checked' in page
    assert 'value="assigned.email">' in page
    strange = story.desk.post("/tickets/inbox/settings", {"wanted": "all"})
    assert strange.status_code == 422


def test_a_ticket_of_another_team_is_taken_down_and_left_to_them(story):
    other = story.make_team("Netzwerk", auto_assign=False)
    answer = make(story, requester_id=story.mia.id, team_id=other.id)
    assert answer.headers["Location"] == "/tickets"
    assert newest().team_id == other.id
    assert present(story).id == story.ticket_id
