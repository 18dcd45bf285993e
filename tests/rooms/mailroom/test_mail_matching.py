"""Where a mail goes: to the ticket it proves to belong to, to one its sender takes part in, or to a new one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actions import people
from app.accounts.actors import SHELL
from app.accounts.models import Person
from app.accounts.queries import find_by_email
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery
from app.mailroom import own_ids
from app.mailroom.nobody import ADDRESS
from app.mailroom.outcomes import Reason, Result, State
from app.sla.words import ClockState
from app.tickets.actions import closing, company, replying, triage
from app.tickets.models import Ticket
from app.tickets.schemas import NewComment, StatusMove
from app.tickets.words import PendingReason, Status
from tests.support.letters import bring, comments, facts_about, kept, key_for, letter, results, tickets

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
MIA, ANNA = "Mia Muster <mia@kunde.example>", "Anna Agent <anna@firma.example>"
FORMS = [
    "[TICKET-{n}]",
    "[TICKET-{n:03}]",
    "RE: [TICKET-{n}]",
    "#{n}",
    "Ticket #{n}",
    "AW: WG: [#{n}] Drucker",
]


@pytest.fixture
def story(world):
    """A customer's ticket in the hands of an agent, on a Monday at eight."""
    with time_machine.travel(MONDAY, tick=False) as clock:
        world.clock = clock
        world.mia = world.customer(email="mia@kunde.example", first_name="Mia", last_name="Muster")
        world.anna = world.agent(email="anna@firma.example", first_name="Anna", last_name="Agent")
        world.ticket_id = world.ticket(world.mia).id
        yield world


def ticket(story) -> Ticket:
    return db.session.get(Ticket, story.ticket_id, populate_existing=True)


def reply(story, text="Danke, das hilft.", *, person=None, sender=MIA, **values) -> bytes:
    """An answer to the notification a person got."""
    key = key_for(ticket(story), person or story.mia)
    headers = {"In-Reply-To": key, "References": f"<fremd@x> {key}"} | values.pop("headers", {})
    return letter(text, sender=sender, subject="AW: Ihre Anfrage", headers=headers, **values)


def move(story, status, reason=None):
    command = StatusMove(status=status, pending_reason=reason)
    run_unit(lambda: triage.change_status(story.actor(story.anna), story.ticket_id, command))


def test_an_answer_to_our_mail_becomes_an_entry(story):
    text = "Danke, das hilft.\n\nAm 16.11.2026 um 08:00 schrieb Hilfe <hilfe@firma.example>:\n> Bitte neu starten"
    (outcome,) = bring(story.app, reply(story, text, files=[("log.txt", b"x")]))

    assert (outcome.result, outcome.ticket_id) == (Result.UPDATED, story.ticket_id)
    (entry,) = comments(ticket(story))
    assert (entry.body, entry.body_html) == ("Danke, das hilft.", "<p>Danke, das hilft.</p>")
    assert "> Bitte neu starten" in entry.folded
    assert (entry.author_id, entry.author_name, entry.author_email) == (
        story.mia.id, "Mia Muster", "mia@kunde.example",
    )  # fmt: skip
    assert (entry.is_from_email, entry.is_unverified, entry.by_staff, entry.is_internal) == (
        True, False, False, False,
    )  # fmt: skip
    assert (kept()[0].state, kept()[0].ticket_id, kept()[0].comment_id) == (
        State.COMMENT, story.ticket_id, entry.id,
    )  # fmt: skip
    assert ticket(story).has_files
    assert len(tickets()) == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_number_joins_when_the_sender_takes_part(story, form):
    subject = form.format(n=story.ticket_id)
    assert results(bring(story.app, letter(sender=MIA, subject=subject))) == ["updated"]
    (entry,) = comments(ticket(story))
    assert (entry.author_id, entry.is_unverified) == (story.mia.id, True)


@pytest.mark.parametrize("form", ["Ticket {n}", "TICKET {n}", "Zimmer-{n}", "C#{n}"])
def test_a_number_in_another_form_is_none(story, form):
    assert results(bring(story.app, letter(sender=MIA, subject=form.format(n=story.ticket_id)))) == [
        "created"
    ]
    assert facts_about(tickets()[1], "mail.names_ticket") == []


def test_a_number_nobody_has_is_none(story):
    assert results(bring(story.app, letter(sender=MIA, subject="[TICKET-999999] Hallo"))) == ["created"]
    assert kept()[0].named_ticket_id is None


def test_a_stranger_with_a_number_gets_a_ticket_with_a_hint(story):
    mail = letter(sender="Eva <eva@fremd.example>", subject=f"Re: [TICKET-{story.ticket_id}] Drucker")
    assert results(bring(story.app, mail)) == ["created"]
    made = tickets()[1]
    assert comments(ticket(story)) == []
    assert kept()[0].named_ticket_id == story.ticket_id
    assert facts_about(made, "mail.names_ticket") == [{"named_id": story.ticket_id}]


def test_a_participant_joins(story):
    story.customer(email="ute@kunde.example")
    run_unit(lambda: company.add_participant(story.actor(story.anna), story.ticket_id, "ute@kunde.example"))
    ute = find_by_email("ute@kunde.example")
    bring(story.app, reply(story, person=ute, sender="Ute <ute@kunde.example>"))
    (entry,) = comments(ticket(story))
    assert (entry.author_id, entry.is_unverified) == (ute.id, False)


def test_the_key_of_another_person_proves_nothing_about_the_sender(story):
    story.customer(email="ute@kunde.example")
    run_unit(lambda: company.add_participant(story.actor(story.anna), story.ticket_id, "ute@kunde.example"))
    bring(story.app, reply(story, person=story.mia, sender="ute@kunde.example"))
    assert comments(ticket(story))[0].is_unverified


def test_the_newest_of_several_keys_decides(story):
    other = story.ticket(story.mia)
    headers = {
        "In-Reply-To": "<fremd@x>",
        "References": f"{key_for(ticket(story), story.mia)} {key_for(other, story.mia)}",
    }
    (outcome,) = bring(story.app, letter(sender=MIA, headers=headers))
    assert outcome.ticket_id == other.id


def test_a_key_about_a_person_is_no_key_to_a_ticket(story):
    key = own_ids.make("person", story.ticket_id, 3, story.mia.id)
    assert results(bring(story.app, letter(sender=MIA, headers={"In-Reply-To": key}))) == ["created"]


def test_a_deleted_ticket_takes_nothing(story):
    leader = story.actor(story.leader())
    run_unit(lambda: closing.delete(leader, story.ticket_id))
    assert results(bring(story.app, reply(story))) == ["created"]
    assert kept()[0].named_ticket_id is None


def test_a_reply_sets_a_waiting_ticket_going_again(story):
    run_unit(
        lambda: replying.add_comment(
            story.actor(story.anna), story.ticket_id, NewComment(body="Welches Modell?", then=Status.PENDING)
        )
    )
    story.clock.shift(timedelta(hours=1))
    bring(story.app, reply(story, "Modell X"))
    assert ticket(story).status is Status.IN_PROGRESS
    assert ticket(story).last_entry_by_customer


def test_a_reply_opens_what_was_closed_lately_and_follows_up_what_was_closed_for_long(story):
    move(story, Status.CLOSED)
    story.clock.shift(timedelta(days=13))
    assert results(bring(story.app, reply(story))) == ["updated"]
    assert ticket(story).status is Status.IN_PROGRESS
    move(story, Status.CLOSED)
    story.clock.shift(timedelta(days=15))
    assert results(bring(story.app, reply(story, "Es ist wieder da."))) == ["created"]
    assert ticket(story).status is Status.CLOSED
    made = tickets()[1]
    assert (made.follows_id, made.requester_id) == (story.ticket_id, story.mia.id)
    assert (made.description, made.email_from) == ("Es ist wieder da.", "mia@kunde.example")
    assert facts_about(ticket(story), "ticket.follow_up_opened") == [{"follow_up_id": made.id}]


@pytest.mark.parametrize(
    ("status", "reason"), [(Status.PENDING, PendingReason.CUSTOMER), (Status.CLOSED, None)]
)
def test_an_automatic_reply_is_kept_and_moves_nothing(story, status, reason):
    move(story, status, reason)
    before = (ticket(story).status, ticket(story).resolution_due_at, ticket(story).last_entry_by_customer)
    story.clock.shift(timedelta(days=20))
    out_of_office = reply(story, "Ich bin im Urlaub.", headers={"Auto-Submitted": "auto-replied"})
    assert results(bring(story.app, out_of_office)) == ["updated"]
    now = ticket(story)
    assert (now.status, now.resolution_due_at, now.last_entry_by_customer) == before
    assert facts_about(now, "ticket.reply_added")[-1]["by_machine"] is True


def test_the_text_of_a_colleague_stays_unproved(story):
    bring(story.app, reply(story, "Überweisen Sie an …", person=story.anna, sender=ANNA))
    (entry,) = comments(ticket(story))
    assert (entry.is_unverified, entry.author_id, entry.by_staff) == (True, None, False)
    assert (entry.author_name, entry.author_email) == ("anna@firma.example", "anna@firma.example")
    assert ticket(story).first_response_at is None
    assert ticket(story).response_state is ClockState.OK


def test_a_colleague_who_may_not_see_the_ticket_does_not_join(story):
    other = story.make_team("Einkauf")
    story.agent(email="ben@firma.example", teams=[other])
    mail = letter(sender="ben@firma.example", subject=f"[TICKET-{story.ticket_id}]")
    assert results(bring(story.app, mail)) == ["created"]
    assert comments(ticket(story)) == []


def test_a_colleague_may_ask_for_help_like_anybody(story):
    bring(story.app, letter("Mein Bildschirm flackert.", sender=ANNA))
    own = tickets()[1]
    assert own.requester_id == story.anna.id
    headers = {"In-Reply-To": key_for(own, story.anna)}
    bring(story.app, letter("Jetzt nicht mehr.", sender=ANNA, headers=headers))
    (entry,) = comments(own)
    assert (entry.author_id, entry.is_unverified) == (story.anna.id, False)


def test_a_deactivated_account_is_not_matched(story):
    run_unit(lambda: people.deactivate(db.session.get_one(Person, story.mia.id), actor=SHELL))
    assert results(bring(story.app, reply(story))) == ["created"]
    made = tickets()[1]
    assert made.requester_id == find_by_email(ADDRESS).id
    assert made.email_from == "mia@kunde.example"


def test_the_unknown_sender_is_always_there(story):
    nameless = letter(sender=None)
    bring(story.app, nameless)
    person = find_by_email(ADDRESS)
    assert (person.full_name, person.role) == ("Unbekannter Absender", "customer")
    run_unit(lambda: people.deactivate(db.session.get_one(Person, person.id), actor=SHELL))
    assert results(bring(story.app, letter(sender=None))) == ["created"]
    assert find_by_email(ADDRESS).is_active
    assert {made.requester_id for made in tickets()[1:]} == {person.id}


def test_nobody_speaks_as_the_unknown_sender(story):
    bring(story.app, letter(sender=None))
    number = tickets()[1].id
    bring(story.app, letter(sender=f"X <{ADDRESS}>", subject=f"[TICKET-{number}]"))
    assert comments(tickets()[1]) == []


def test_machines_make_no_tickets(story):
    key = key_for(ticket(story), story.mia)
    mails = {
        Reason.BOUNCE: letter(
            sender="MAILER-DAEMON@mx.example", subject="Undelivered Mail Returned to Sender"
        ),
        Reason.AUTO_REPLY: letter(headers={"Auto-Submitted": "auto-replied"}),
        Reason.OWN: letter(headers={"Message-ID": key}),
        Reason.RECEIPT: letter(subject="Gelesen: Drucker", headers={"Return-Path": "<>"}),
    }
    outcomes = bring(story.app, *mails.values())
    assert [(one.result, one.reason) for one in outcomes] == [(Result.IGNORED, reason) for reason in mails]
    assert [one.reason for one in kept()] == [str(reason) for reason in mails]
    assert len(tickets()) == 1


def test_a_notice_of_a_device_is_a_ticket_that_nobody_answers(story):
    mail = letter("Toner leer", sender="drucker@firma.example", headers={"Auto-Submitted": "auto-generated"})
    assert results(bring(story.app, mail)) == ["created"]
    assert facts_about(tickets()[1], "ticket.opened")[0]["by_machine"] is True
    story.relay()
    assert find_by_email("drucker@firma.example").id not in _told(story)


@pytest.mark.parametrize(
    ("mail", "is_answered"),
    [
        (lambda: letter(), True),
        (lambda: letter(days_old=0.9), True),
        (lambda: letter(days_old=1.1), False),
        (lambda: letter(headers={"Precedence": "bulk"}), False),
        (lambda: letter(sender="noreply@kunde.example"), False),
        (lambda: letter(headers={"X-Auto-Response-Suppress": "All"}), False),
        (lambda: letter(sender=None), False),
    ],
    ids=["fresh", "of today", "old", "bulk", "no-reply", "asks for none", "unknown sender"],
)
def test_a_receipt_goes_to_fresh_mail_of_people_only(story, mail, is_answered):
    bring(story.app, mail())
    story.relay()
    assert (tickets()[1].requester_id in _told(story)) is is_answered


def _told(story) -> set[int]:
    """Who would get a mail about a ticket that came by mail."""
    rows = db.session.scalars(
        sa.select(Delivery.target).where(Delivery.consumer == "email", Delivery.ticket_id != story.ticket_id)
    )
    return {int(target.split(":")[1]) for target in rows}
