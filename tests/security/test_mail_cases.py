"""What strangers can send by mail (A01–A12, A15, A16, A18, A22), as far as imported mail can do it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.accounts import mailboxes
from app.accounts.queries import find_by_email
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Delivery
from app.mailroom.nobody import ADDRESS
from app.tickets.actions import company, replying
from app.tickets.models import Attachment, Participant
from app.tickets.schemas import NewComment
from app.tickets.words import Status
from tests.support import post
from tests.support.letters import (
    bring,
    comments,
    facts_about,
    kept,
    key_for,
    letter,
    mails_out,
    raw,
    results,
    tickets,
)
from tests.support.smtp_sink import SmtpSink

MIA, ANNA = "Mia <mia@kunde.example>", "Anna Agent <anna@firma.example>"


@pytest.fixture
def story(world):
    """A ticket of a customer in the hands of an agent; all that would go out so far has gone."""
    world.anna = world.agent(email="anna@firma.example")
    world.mia = world.customer(email="mia@kunde.example")
    world.ben = world.customer(email="ben@anders.example")
    world.kept_ticket = world.ticket(world.mia)
    world.relay()
    return world


def text_of(story, entry_html: str = "") -> str:
    """Everything a reader of the requester's page sees."""
    page = story.browser(story.mia).get(f"/portal/tickets/{story.kept_ticket.number}")
    return str(page.get_data(as_text=True))


@pytest.mark.parametrize(
    ("of_whom", "spoil"),
    [("anna", True), ("mia", False), ("anna", False)],
    ids=["wrong mac", "right mac, other sender", "right mac, no proof of the sender"],
)
def test_a01_a_spoofed_answer_of_an_agent_is_never_believed(story, of_whom, spoil):
    key = key_for(story.kept_ticket, getattr(story, of_whom))
    key = key[:-30] + ("A" if key[-30] != "A" else "B") + key[-29:] if spoil else key
    before = mails_out()
    (outcome,) = bring(story.app, letter("Zahlen Sie an DE00", sender=ANNA, headers={"In-Reply-To": key}))
    story.relay()
    assert outcome.result == ("created" if spoil else "updated")
    entries = comments(story.kept_ticket)
    assert [(one.is_unverified, one.author_id, one.by_staff) for one in entries] == (
        [] if spoil else [(True, None, False)]
    )
    assert f"person:{story.mia.id}" not in _told_since(before)


def test_a02_a_copy_makes_nobody_a_participant(story):
    headers = {"Cc": "Eva <eva@fremd.example>", "In-Reply-To": key_for(story.kept_ticket, story.mia)}
    bring(story.app, letter(sender=MIA, subject=f"[#{story.kept_ticket.id}]", headers=headers))
    bring(story.app, letter(sender=MIA, headers={"Cc": "Eva <eva@fremd.example>"}))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0
    assert find_by_email("eva@fremd.example") is None
    with SmtpSink() as sink, post.servers(smtp=sink):
        command = NewComment(body="Wir schauen nach.")
        run_unit(lambda: replying.add_comment(story.actor(story.anna), story.kept_ticket.id, command))
        story.relay()
        assert {one for mail in sink.mails for one in mail.recipients} <= {
            "mia@kunde.example",
            "anna@firma.example",
        }


def test_a03_a_service_cannot_put_its_link_on_somebody_elses_ticket(story):
    link = "Bestätigen: https://dienst.example/verify?token=KANARIENVOGEL"
    for subject in (f"[TICKET-{story.kept_ticket.id}] verify", "verify"):
        bring(story.app, letter(link, sender="no-reply@dienst.example", subject=subject))
    assert comments(story.kept_ticket) == []
    assert "KANARIENVOGEL" not in text_of(story)
    service = find_by_email("no-reply@dienst.example")
    assert {made.requester_id for made in tickets()[1:]} == {service.id}


def test_a03_our_own_mailboxes_are_nobodys_address(story):
    mailboxes.also("test", lambda: ["hilfe@firma.example"])
    try:
        assert results(bring(story.app, letter(sender="Web-Formular <hilfe@firma.example>"))) == ["created"]
    finally:
        mailboxes.also("test", lambda: [])
    assert find_by_email("hilfe@firma.example") is None
    assert tickets()[1].requester_id == find_by_email(ADDRESS).id
    assert mailboxes.is_ours(ADDRESS)


def test_a04_numbers_in_subjects_open_no_door(story):
    others = [story.ticket(story.mia) for _ in range(3)]
    numbers = [ticket.id for ticket in (story.kept_ticket, *others)] + list(range(10_000, 10_046))
    mails = [letter(sender="eva@fremd.example", subject=f"Re: [#{n}]") for n in numbers]
    assert set(results(bring(story.app, *mails))) == {"created"}
    for ticket in (story.kept_ticket, *others):
        assert comments(ticket) == []
        assert facts_about(ticket, "ticket.reply_added") == []


FLAWED = {
    "two headers": ["From: chef@firma.example", "From: eva@fremd.example"],
    "two addresses": ["From: chef@firma.example, eva@fremd.example"],
    "two at signs": ["From: anna@firma.example)bob@fremd.example"],
    "encoded local part": ["From: =?utf-8?q?anna=40firma.example?=@fremd.example"],
    "a group": ["From: undisclosed-recipients:;"],
    "none": [],
    "NUL": [b"From: anna\x00@firma.example"],
}


@pytest.mark.parametrize("name", FLAWED)
def test_a05_an_ambiguous_sender_is_nobody(story, name):
    story.customer(email="chef@firma.example")
    before = mails_out()
    (outcome,) = bring(story.app, raw(*FLAWED[name], "Subject: Bitte", "Message-ID: <a05@x>"))
    assert outcome.result == "created"
    made = tickets()[-1]
    assert made.requester_id == find_by_email(ADDRESS).id
    assert kept()[-1].reason in ("missing", "several_headers", "several_addresses", "not_plain")
    story.relay()
    assert f"person:{made.requester_id}" not in _told_since(before)


def _told_since(before: int) -> list[str]:
    rows = db.session.scalars(
        sa.select(Delivery.target).where(Delivery.consumer == "email").order_by(Delivery.id)
    )
    return rows.all()[before:]


def test_a06_a_display_name_is_no_address(story):
    story.admin(email="admin@firma.example")
    bring(story.app, letter(sender='"admin@firma.example" <x@fremd.example>'))
    made = tickets()[1]
    assert made.requester_id == find_by_email("x@fremd.example").id
    page = story.browser(story.anna).get(f"/tickets/{made.number}")
    assert "x@fremd.example" in page.get_data(as_text=True)


def test_a07_a_forged_authentication_result_changes_nothing(story):
    headers = {
        "Authentication-Results": "mx.firma.example; dmarc=pass",
        "In-Reply-To": key_for(story.kept_ticket, story.anna),
    }
    bring(story.app, letter(sender=ANNA, headers=headers))
    (entry,) = comments(story.kept_ticket)
    assert (entry.is_unverified, entry.author_id) == (True, None)


def test_a08_mails_give_no_orders(story):
    headers = {"X-Helpdesk-Priority": "critical", "X-Helpdesk-Ignore": "true", "X-Priority": "1"}
    bring(story.app, letter("#close\n@fwd alle@firma.example\nTICKET_STATUS=closed", headers=headers))
    made = tickets()[1]
    assert (made.priority, made.status) == ("medium", Status.IN_PROGRESS if made.assignee_id else Status.OPEN)


MACHINES = [
    {"Auto-Submitted": "auto-replied"},
    {"Precedence": "bulk"},
    {"Precedence": "list"},
    {"Precedence": "junk"},
    {"X-Loop": "1"},
    {"X-Auto-Response-Suppress": "All"},
    {"List-Id": "<liste.kunde.example>"},
    {"Return-Path": "<>"},
]


@pytest.mark.parametrize("headers", MACHINES, ids=str)
def test_a10_no_machine_is_answered(story, headers):
    before = mails_out()
    bring(story.app, letter("Bin nicht da.", sender="mia@kunde.example", headers=headers))
    story.relay()
    assert f"person:{story.mia.id}" not in _told_since(before)


def test_a10_our_own_name_for_mailers_is_known(story):
    assert results(bring(story.app, letter(sender="MAILER-DAEMON@mx.example"))) == ["ignored"]


def test_a11_our_own_mail_comes_back(story):
    copy = letter(headers={"Message-ID": key_for(story.kept_ticket, story.mia, 5)})
    assert results(bring(story.app, copy)) == ["ignored"]
    forged = letter(headers={"Message-ID": "<ticket.1.0.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA@localhost>"})
    assert results(bring(story.app, forged)) == ["created"]


def test_a12_bounces_make_no_tickets(story):
    report = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nUser unknown\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; mx\r\n\r\n"
        b"Final-Recipient: rfc822; mia@kunde.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"--b--\r\n"
    )
    mails = [
        raw(
            "From: MAILER-DAEMON@mx.example",
            f"Subject: Undelivered Mail {n}",
            f"In-Reply-To: {key_for(story.kept_ticket, story.mia)}",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            body=report,
        )
        for n in range(40)
    ]
    assert set(results(bring(story.app, *mails))) == {"ignored"}
    assert len(tickets()) == 1
    assert comments(story.kept_ticket) == []


BOMBS = {
    "50,000 quotes": ["From: " + '"' * 50_000 + "@x.example"],
    "encoded words": ["From: a@x.example", "Subject: " + "\r\n ".join(["=?utf-8?q?a?="] * 15_000)],
    "100,000 headers": ["From: a@x.example", *(f"X-{n}: a" for n in range(100_000))],
    "20,000 recipients": [
        "From: a@x.example",
        "To: " + ",\r\n ".join(f"p{n}@x.example" for n in range(12_000)),
    ],
}


@pytest.mark.parametrize("name", BOMBS)
def test_a16_a_bomb_is_done_or_set_aside_and_its_neighbours_live(story, name):
    outcomes = bring(story.app, letter(), raw(*BOMBS[name]), letter())
    assert results(outcomes)[::2] == ["created", "created"]
    assert results(outcomes)[1] in ("created", "quarantined")


def test_a18_names_of_files_lead_nowhere(story):
    names = ["../../etc/passwd", "/abs", "-rf", ".htaccess", "CON", "x" * 400, "umlaut\u202egnp.exe"]
    bring(story.app, letter(files=[(name, b"x%d" % n) for n, name in enumerate(names)]))
    found = db.session.scalars(sa.select(Attachment).order_by(Attachment.id)).all()
    assert len(found) == len(names)
    agent = story.browser(story.anna)
    for one in found:
        assert not set("/\\\r\n\0\u202e") & set(one.filename)
        assert 0 < len(one.filename) <= 120 and one.filename[0] not in ".-"
        answer = agent.get(f"/tickets/files/{one.id}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].count("filename*=") == 1
        answer.close()


def test_a22_a_subject_with_line_ends_neither_injects_nor_stops_the_answer(story):
    mail = raw(
        "From: =?utf-8?q?Eva=0d=0aBcc:_v=40x.example,_=22x=22?= <eva@fremd.example>",
        "Subject: =?utf-8?q?Hallo=0d=0aBcc:_v=40x.example?=",
        "Message-ID: <a22@x>",
    )
    assert results(bring(story.app, mail)) == ["created"]
    made = tickets()[1]
    assert "\n" not in made.title and "\r" not in made.title
    with SmtpSink() as sink, post.servers(smtp=sink):
        answer = NewComment(body="Guten Tag")
        run_unit(lambda: replying.add_comment(story.actor(story.anna), made.id, answer))
        story.relay()
        assert all(len(one.recipients) == 1 and one.message["Bcc"] is None for one in sink.mails)


def test_a38_whoever_was_removed_does_not_join_any_more(story):
    actor = story.actor(story.anna)
    run_unit(lambda: company.add_participant(actor, story.kept_ticket.id, "ben@anders.example"))
    key = key_for(story.kept_ticket, story.ben)
    run_unit(lambda: company.remove_participant(actor, story.kept_ticket.id, story.ben.id))
    assert results(bring(story.app, letter(sender="ben@anders.example", headers={"In-Reply-To": key}))) == [
        "created"
    ]
    assert comments(story.kept_ticket) == []
