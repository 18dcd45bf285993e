"""The page of one ticket: what it shows to whom, by which addresses, and at what cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.accounts.models import Team
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.tickets.actions import attending, closing, company, replying, tagging, triage
from app.tickets.models import Comment, Ticket
from app.tickets.schemas import StatusMove
from app.tickets.words import PresenceMode
from tests.doors.tickets.conftest import present
from tests.support.statements import counted


def read(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("written", ["{id}", "ticket-{id}", "TICKET-{id}", "Ticket-000{id}"])
def test_any_way_to_write_the_number_leads_to_the_one_address(story, written):
    answer = story.desk.get("/tickets/" + written.format(id=story.ticket_id) + "?tab=times")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{story.base}?tab=times"


@pytest.mark.parametrize("written", ["TICKET-0", "abc", "TICKET-99999999999999999999", "1x", "-1"])
def test_what_is_no_number_is_not_found(story, written):
    assert story.desk.get(f"/tickets/{written}").status_code == 404


def test_the_page_shows_request_clocks_and_properties(story):
    page = read(story.desk, story.base)
    assert "<h1>Drucker druckt nicht</h1>" in page
    assert "Nur leere Seiten." in page
    assert "fällig 18:00" in page  # eight hours for the first response, in Berlin
    assert "0 % von 8 Std." in page
    assert "automatisch gewählt: wenigste offene Tickets unter 1 passenden Personen" in page
    assert "Standardanfrage" in page
    assert "Anna Berger (Sie)" in page
    assert 'mailto:mia@firma.example"' in page


def test_it_speaks_english_to_those_who_read_english(story):
    reader = story.browser(story.agent(language="en"))
    page = read(reader, story.base)
    assert '<html lang="en"' in page
    assert "First response" in page
    assert "Send, then “Waiting for customer”" in page


def test_customers_have_their_own_door(story):
    assert story.browser(story.mia).get(story.base).status_code == 403
    assert story.browser().get(story.base).status_code == 303


def test_a_note_cannot_be_taken_for_a_reply(story):
    story.say(story.jonas, present(story), "Nur für uns", is_internal=True)
    page = read(story.desk, story.base)
    note = page[page.index('class="woven msg note"') :]
    assert "Interne Notiz von Jonas Weber" in note[:200]
    assert "nur für das Team sichtbar" in note[:800]


def test_words_and_happenings_stand_in_one_row(story):
    story.clock.shift(timedelta(minutes=5))
    story.say(story.mia, present(story), "Noch etwas")
    story.clock.shift(timedelta(minutes=5))
    run_unit(lambda: tagging.change_tags(story.actor(story.anna), story.ticket_id, ["drucker"]))
    page = read(story.desk, story.base)
    assert page.index("Nur leere Seiten.") < page.index("automatisch zugewiesen") < page.index("Noch etwas")
    assert page.index("Noch etwas") < page.index("hat Tags hinzugefügt")
    assert "ticket." not in page.replace("/tickets", "")


def test_quoted_text_is_folded_and_cleaned_words_stay_text(story):
    comment = story.say(story.mia, present(story), "Neu <script>alert(1)</script>")
    run_unit(
        lambda: db.session.execute(
            sa.update(Comment).where(Comment.id == comment.id).values(folded="> alt & lang\n> zweite")
        )
    )
    page = read(story.desk, story.base)
    assert "<script>alert" not in page
    assert "Zitierten Text anzeigen" in page
    assert "&gt; alt &amp; lang<br>" in page


def test_what_is_new_is_set_off_from_what_was_read(story):
    old = story.say(story.mia, present(story), "Alt")
    run_unit(lambda: attending.mark_read(story.actor(story.anna), story.ticket_id, old.id))
    assert "Neu seit Ihrem letzten Besuch" not in read(story.desk, story.base)
    story.say(story.mia, present(story), "Frisch")
    page = read(story.desk, story.base)
    assert page.index(">Alt<") < page.index("Neu seit Ihrem letzten Besuch") < page.index(">Frisch<")
    assert "Neu seit Ihrem letzten Besuch" not in read(story.lead, story.base)


def test_older_entries_come_when_asked_for(story):
    for n in range(35):
        story.clock.shift(timedelta(minutes=1))
        story.say(story.mia, present(story), f"Eintrag {n:02d}.")
    page = read(story.desk, story.base)
    assert "Eintrag 34." in page
    assert "Eintrag 05." in page
    assert "Eintrag 04." not in page
    oldest = db.session.scalars(sa.select(Comment.id).order_by(Comment.id)).all()[5]
    assert f"?before={oldest}" in page
    whole = read(story.desk, f"{story.base}?before={oldest}")
    assert "Eintrag 00." in whole
    assert "Eintrag 05." not in whole
    assert "Neueste Einträge anzeigen" in whole
    part = story.desk.get(f"{story.base}?before={oldest}", headers={"HX-Request": "true"})
    fragment = part.get_data(as_text=True)
    assert fragment.count('class="woven msg') == 5
    assert "<html" not in fragment
    assert "Nur leere Seiten." not in fragment


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DeliveryState.SENT, "Zugestellt"),
        (DeliveryState.WAITING, "Unterwegs"),
        (DeliveryState.DEAD, "550 kein Postfach"),
        (DeliveryState.HELD, "kein Versandweg eingerichtet"),
    ],
)
def test_mails_of_a_reply_say_how_they_fared(story, state, words):
    story.say(story.anna, present(story), "Wir kommen vorbei.")
    story.clock.shift(timedelta(minutes=1))
    event = db.session.scalars(sa.select(Event).where(Event.kind == "ticket.reply_added")).one()
    mail = Delivery(
        event_id=event.id,
        ticket_id=story.ticket_id,
        consumer="email",
        target="1",
        state=state,
        error="550 kein Postfach",
        created_at=event.at,
        since=event.at,
    )
    run_unit(lambda: db.session.add(mail))
    page = read(story.desk, story.base)
    assert words in page
    assert ("Zugestellt" in page) is (state is DeliveryState.SENT)


def test_a_reply_can_be_taken_back_for_a_moment(story):
    story.say(story.anna, present(story), "Ups")
    page = read(story.desk, story.base)
    assert "Zurückholen" in page
    assert "Zurückholen" not in read(story.lead, story.base)
    story.clock.shift(timedelta(seconds=16))
    assert "Zurückholen" not in read(story.desk, story.base)


def test_a_removed_text_leaves_a_mark(story):
    comment = story.say(story.mia, present(story), "Mein Passwort ist 1234")
    run_unit(lambda: replying.redact(story.actor(story.lea), story.ticket_id, comment.id))
    page = read(story.desk, story.base)
    assert "1234" not in page
    assert "Lea Hoffmann hat den Wortlaut dieses Eintrags entfernt." in page


def test_colleagues_who_are_here_are_named(story):
    run_unit(lambda: attending.be_present(story.actor(story.jonas), story.ticket_id, PresenceMode.WRITING))
    page = read(story.desk, story.base)
    assert "<b>Jonas Weber</b> schreibt gerade eine Antwort" in page
    assert "schreibt gerade" not in read(story.browser(story.jonas), story.base)
    story.clock.shift(timedelta(seconds=26))
    assert "schreibt gerade" not in read(story.desk, story.base)


def test_the_statement_adds_up_to_what_is_promised(story):
    story.clock.shift(timedelta(minutes=50))
    story.say(story.anna, present(story), "Fertig?", then="pending")
    story.clock.shift(timedelta(days=2))
    story.say(story.mia, present(story), "Nein")
    story.clock.shift(timedelta(minutes=10))
    page = read(story.browser(story.anna), f"{story.base}?tab=times")
    assert "pausiert: wartet auf Kunden" in page
    assert page.count("0:50:00") == 3  # the response clock with its sum, and the first line of the other
    assert "0:10:00" in page
    assert "1:00:00" in page
    assert "Fr. 20.11., 10:50 – So. 22.11., 10:50" in page


def test_the_history_names_everything_and_who_may_know(story):
    run_unit(
        lambda: triage.change_status(story.actor(story.lea), story.ticket_id, StatusMove(status="resolved"))
    )
    page = read(story.desk, f"{story.base}?tab=history")
    assert "Lea Hoffmann</b> hat den Status" in page
    assert page.index("Gelöst") < page.index("automatisch zugewiesen")
    assert "alle" in page


def test_a_damaged_place_in_the_history_is_a_bad_question(story):
    assert story.desk.get(f"{story.base}?tab=history&cursor=Zm9v").status_code == 422


def test_the_files_part_is_there_even_without_files(story):
    assert "Keine Dateien" in read(story.desk, f"{story.base}?tab=files")


def test_tickets_of_other_teams_are_as_missing_ones(story):
    stranger = story.browser(story.agent(teams=[story.make_team("Personal")]))
    foreign = stranger.get(story.base)
    missing = stranger.get("/tickets/TICKET-999999")
    assert foreign.status_code == missing.status_code == 404


def test_watchers_and_participants_are_shown(story):
    guest = story.customer(first_name="Karl", last_name="Gast")
    run_unit(lambda: company.watch(story.actor(story.lea), story.ticket_id))
    run_unit(lambda: company.add_participant(story.actor(story.anna), story.ticket_id, guest.email))
    page = read(story.desk, story.base)
    assert "Beobachten: Lea Hoffmann" in page
    assert "Karl Gast" in page
    assert guest.email in page


def test_controls_follow_the_rights(story):
    mine, theirs = read(story.desk, story.base), read(story.lead, story.base)
    assert "Ticket löschen" not in mine
    assert "Ticket löschen" in theirs
    assert "Automatisch zuweisen" not in mine
    assert "Automatisch zuweisen" in theirs
    assert "An das Team zurückgeben" in mine
    assert ">Jonas Weber</button>" in theirs
    assert ">Jonas Weber</button>" not in mine


def test_only_moves_that_exist_are_offered(story):
    run_unit(
        lambda: triage.change_status(story.actor(story.lea), story.ticket_id, StatusMove(status="closed"))
    )
    page = read(story.desk, story.base)
    assert 'name="status" value="in_progress"' in page
    assert 'name="status" value="resolved"' not in page
    assert "Wieder öffnen" in page
    assert f'action="{story.base}/escalate"' not in page


def test_a_deleted_ticket_is_gone_and_leaders_may_bring_it_back(story):
    run_unit(lambda: closing.delete(story.actor(story.lea), story.ticket_id))
    assert story.desk.get(story.base).status_code == 404
    gone = story.lead.get(story.base)
    assert gone.status_code == 404
    assert "Ticket zurückholen" in gone.get_data(as_text=True)
    assert story.lead.post(f"{story.base}/restore").status_code == 303
    assert story.lead.get(story.base).status_code == 200


def test_a_deleted_ticket_of_a_confidential_team_stays_unknown(story):
    secret = story.make_team("Personal", is_confidential=True)
    hidden = story.ticket(story.mia)
    run_unit(
        lambda: db.session.execute(
            sa.update(Ticket).where(Ticket.id == hidden.id).values(team_id=secret.id, assignee_id=None)
        )
    )
    admin = story.admin(teams=[secret])
    run_unit(lambda: closing.delete(story.actor(admin), hidden.id))
    assert "zurückholen" not in story.lead.get(f"/tickets/{hidden.number}").get_data(as_text=True)


def test_names_of_old_teams_stay_readable(story):
    other = story.make_team("Netzwerk")
    run_unit(lambda: triage.change_team(story.actor(story.lea), story.ticket_id, other.id))
    run_unit(lambda: db.session.execute(sa.update(Team).where(Team.id == other.id).values(is_active=False)))
    page = read(story.lead, story.base)
    assert "Netzwerk" in page
    assert f'name="team_id" value="{other.id}"' not in page


def test_fifty_entries_cost_at_most_fifteen_statements(story):
    for n in range(50):
        story.clock.shift(timedelta(minutes=1))
        story.say(story.mia if n % 2 else story.anna, present(story), f"Eintrag {n}")
    run_unit(lambda: tagging.change_tags(story.actor(story.anna), story.ticket_id, ["eins", "zwei"]))
    run_unit(lambda: company.watch(story.actor(story.lea), story.ticket_id))
    story.lead.get(story.base)
    with counted() as statements:
        read(story.lead, story.base)
    print(len(statements))
    assert len(statements) <= 15, "\n".join(statements)
