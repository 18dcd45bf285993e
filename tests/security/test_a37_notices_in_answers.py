"""What a notice to a colleague says never reaches the customer by their answer (A37), nor do forged words (A01)."""

from __future__ import annotations

import pytest

from app.mailroom.origin import Origin
from tests.support.letters import bring, comments, key_for, letter, tickets
from tests.support.post import mail_to

OURS = "mx.firma.example"
PASSED = {"Authentication-Results": f"{OURS}; dmarc=pass"}
NOTICE = "GEHEIM: Eskaliert, weil der Kunde schwierig ist"


@pytest.fixture
def story(world):
    world.anna = world.agent(email="anna@firma.example")
    world.mia = world.customer(email="mia@kunde.example")
    world.kept_ticket = world.ticket(world.mia)
    return world


def answer(story, text, subject="AW: Eskaliert", headers=PASSED):
    key = {"In-Reply-To": key_for(story.kept_ticket, story.anna)}
    mail = letter(text, sender="Anna <anna@firma.example>", subject=subject, headers=key | headers)
    bring(story.app, mail, origin=Origin(account="hilfe@firma.example", authserv_id=OURS))
    return comments(story.kept_ticket)[-1]


def portal(story):
    page = story.browser(story.mia).get(f"/portal/tickets/{story.kept_ticket.number}")
    return page.get_data(as_text=True)


def test_a37_the_quote_below_an_answer_stays_in_the_house(story):
    entry = answer(story, f"Wir kommen morgen.\n\nAm 20.11.2026 um 09:00 schrieb Hilfe:\n> {NOTICE}\n")
    assert (entry.is_internal, entry.by_staff, entry.folded) == (False, True, "")
    assert "Wir kommen morgen." in portal(story) and "GEHEIM" not in portal(story)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        (f"> {NOTICE}\nJa.\n> Bitte prüfen\nNein.\n> Ende", "AW: Eskaliert"),
        (f"\n\n> {NOTICE}\n", "AW: Eskaliert"),
        (
            f"Siehe unten\n\n---------- Forwarded message ---------\nFrom: Hilfe <h@firma.example>\n{NOTICE}",
            "Fwd: Eskaliert",
        ),
    ],
    ids=["between the lines", "nothing new", "passed on"],
)
def test_a37_an_answer_nobody_can_tell_from_its_quote_is_a_note(story, text, subject):
    entry = answer(story, text, subject)
    assert entry.is_internal and entry.body.startswith("Nicht gesendet")
    assert "GEHEIM" not in portal(story)
    assert tickets()[0].first_response_at is None


def test_a01_a_forged_colleague_is_not_heard_by_the_customer(story):
    entry = answer(story, "Zahlen Sie an DE00", headers={"Authentication-Results": f"{OURS}; dmarc=fail"})
    assert entry.is_internal and entry.is_unverified
    assert "DE00" not in portal(story)


def test_a01_the_notice_says_that_a_sender_is_not_certain(story):
    """Who reads mail on the way home must not take forged words for the customer's."""
    story.say(story.anna, story.kept_ticket)
    key = {"In-Reply-To": key_for(story.kept_ticket, story.mia)}
    failed = {"Authentication-Results": f"{OURS}; dmarc=fail"}
    mail = letter("Neue Bankverbindung", sender="Mia <mia@kunde.example>", headers=key | failed)
    bring(story.app, mail, origin=Origin(account="hilfe@firma.example", authserv_id=OURS))
    story.relay()
    notice = mail_to(story.anna, "ticket.reply_added")
    doubt = "Es ist nicht sicher, dass diese E-Mail von mia@kunde.example stammt."
    assert "Neue Bankverbindung" in notice.text
    assert doubt in notice.text and doubt in notice.html


def test_a07_a_quoted_pass_is_no_pass(story):
    forged = f'{OURS}; spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example'
    assert answer(story, "Zahlen Sie", headers={"Authentication-Results": forged}).is_unverified
