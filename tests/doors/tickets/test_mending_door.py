"""What agents put right about mail at their door, and what the page of a ticket says of its mails."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts.queries import find_by_email
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.mailroom.models import BlockedSender, Forwarding
from app.tickets.models import Comment
from tests.support.letters import bring, comments, kept, key_for, letter, tickets
from tests.support.statements import counted

PASSED_ON = (
    "Bitte übernehmen.\n\n-----Ursprüngliche Nachricht-----\nVon: Ben Beispiel <ben@anders.example>\n"
    "Gesendet: Freitag, 20. November 2026 09:12\nAn: Anna\nBetreff: Zugang\n\nIch komme nicht hinein.\n"
)


@pytest.fixture
def mails(world):
    """A request by mail with an answer by mail, and a colleague's forwarded mail."""
    world.anna = world.agent(first_name="Anna", last_name="Berger", email="anna@firma.example")
    bring(world.app, letter("Drucker kaputt"))
    world.shown = tickets()[0]
    world.mia = find_by_email("mia@kunde.example")
    bring(world.app, letter("Und die Maus", headers={"In-Reply-To": key_for(world.shown, world.mia)}))
    bring(world.app, letter(PASSED_ON, sender="Anna <anna@firma.example>", subject="WG: Zugang"))
    world.passed = tickets()[-1]
    world.entry_id = comments(world.shown)[0].id
    world.base = f"/tickets/{world.shown.number}"
    world.desk = world.browser(world.anna)
    read(world.desk, world.base)
    return world


def read(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def test_each_mail_says_why_it_is_here(mails):
    page = read(mails.desk, mails.base)
    assert page.count("Warum hier?") == 2
    assert "also wurde sie ein neues" in page
    assert "geschützte Kennung" in page


def test_a_ticket_without_mail_costs_no_look_for_mails(mails):
    plain = mails.ticket(mails.mia)
    read(mails.desk, f"/tickets/{plain.number}")
    with counted() as seen:
        read(mails.desk, f"/tickets/{plain.number}")
    assert not [one for one in seen if "raw_mail" in str(one)]
    with counted() as seen:
        read(mails.desk, mails.base)
    assert len([one for one in seen if "raw_mail" in str(one)]) == 1
    assert len(seen) <= 15


def test_an_entry_moves_with_one_click(mails):
    answer = mails.desk.post(f"{mails.base}/entries/{mails.entry_id}/move")
    made = tickets()[-1]
    assert answer.status_code == 303 and answer.location.endswith(made.number)
    assert made.description == "Und die Maus"
    assert "Und die Maus" not in read(mails.desk, mails.base)
    assert f"{made.number}" in read(mails.desk, mails.base)
    again = mails.desk.post(f"{mails.base}/entries/{mails.entry_id}/move")
    assert again.status_code == 409 and len(tickets()) == 3


def test_what_an_agent_wrote_cannot_be_moved(mails):
    own = mails.say(mails.anna, mails.shown)
    assert f"entries/{own.id}/move" not in read(mails.desk, mails.base)
    assert mails.desk.post(f"{mails.base}/entries/{own.id}/move").status_code == 409


def test_the_real_requester_is_offered_and_taken_over(mails):
    base = f"/tickets/{mails.passed.number}"
    assert "Ben Beispiel (ben@anders.example)" in read(mails.desk, base)
    raw_id = kept()[-1].id
    assert mails.desk.post(f"/tickets/mail/{raw_id}/asker").status_code == 303
    page = read(mails.desk, base)
    assert "wurde weitergeleitet" not in page
    assert tickets()[-1].requester_id == find_by_email("ben@anders.example").id


def test_spam_goes_out_of_sight(mails):
    answer = mails.desk.post(f"{mails.base}/spam", {"block": "true"})
    assert answer.status_code == 303
    assert mails.desk.get(mails.base).status_code == 404
    assert db.session.scalar(sa.select(BlockedSender.pattern)) == "mia@kunde.example"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"address": "kein", "body": "?"}, "E-Mail-Adresse"),
        ({"address": "service@tec.example", "body": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"address": "service@tec.example", "body": "?", "file_ids": "999"}, "nicht mehr da"),
    ],
)
def test_a_question_outside_that_cannot_be_sent_is_kept(mails, sent, words):
    answer = mails.desk.post(f"{mails.base}/outside", sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and words in page
    assert sent["address"] in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Forwarding)) == 0


def test_a_question_outside_is_sent_and_kept_as_a_note(mails):
    assert "Die Anfrage mitschicken" in read(mails.desk, f"{mails.base}/outside")
    answer = mails.desk.post(
        f"{mails.base}/outside",
        {"address": "service@tec.example", "body": "Was heißt E42?", "waits": "true"},
    )
    assert answer.status_code == 303
    page = read(mails.desk, mails.base)
    assert "service@tec.example" in page and "Was heißt E42?" in page
    assert "Was heißt E42?" not in read(mails.browser(mails.mia), f"/portal/tickets/{mails.shown.number}")


def test_customers_have_none_of_it(mails):
    portal = mails.browser(mails.mia)
    read(portal, "/portal")
    raw_id = kept()[0].id
    for path in (
        f"{mails.base}/entries/{mails.entry_id}/move",
        f"/tickets/mail/{raw_id}/asker",
        f"{mails.base}/spam",
        f"{mails.base}/outside",
    ):
        assert portal.post(path).status_code in (403, 404)
    assert portal.get(f"{mails.base}/outside").status_code in (403, 404)


def test_a_mail_that_names_nobody_has_nobody_to_offer(mails):
    assert mails.desk.post(f"/tickets/mail/{kept()[0].id}/asker").status_code == 409


class TestHowEachMailFared:
    """Each receiver of an answer with how it went, and the other side's words."""

    @pytest.fixture
    def answered(self, mails):
        said = mails.say(mails.anna, mails.shown, "Wir kommen.")
        run_unit(lambda: setattr(db.session.get_one(Comment, said.id), "public_from", None))
        event = db.session.scalars(
            sa.select(Event).where(Event.kind == "ticket.reply_added").order_by(Event.id)
        ).all()[-1]
        mails.event = event
        return mails

    def delivery(self, story, person, state, error=""):
        mail = Delivery(
            event_id=story.event.id,
            ticket_id=story.shown.id,
            consumer="email",
            target=f"person:{person.id}",
            state=state,
            error=error,
            created_at=story.event.at,
            since=story.event.at,
        )
        run_unit(lambda: db.session.add(mail))

    def test_a_mail_that_came_back_is_told_in_red_with_its_words(self, answered):
        self.delivery(answered, answered.mia, DeliveryState.BOUNCED, "5.1.1 no such user <b>")
        page = read(answered.desk, answered.base)
        assert "Die E-Mail kam als unzustellbar zurück." in page
        assert "5.1.1 no such user &lt;b&gt;" in page
        assert "Mia" in page

    def test_one_refused_receiver_stands_beside_those_who_got_it(self, answered):
        self.delivery(answered, answered.mia, DeliveryState.SENT)
        self.delivery(answered, answered.anna, DeliveryState.DEAD, "recipient_refused: 550 nein")
        page = read(answered.desk, answered.base)
        assert "Der Mailserver hat die Empfangsadresse abgelehnt." in page and "550 nein" in page
        assert page.count('class="each-mail"') == 1
