"""A mail on its way in: kept before it is read, made an entry once, set aside when nothing can be made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.queries import find_by_email
from app.core.db import db
from app.jobs import housekeeping, intake
from app.mailroom.actions import opening
from app.mailroom.outcomes import Outcome, Reason, Result, State
from app.tickets.models import Attachment
from app.tickets.words import AttachmentState, Channel, Status
from tests.support.letters import bring, kept, letter, results, tickets
from tests.support.statements import counted

MONDAY = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)
POISON = {
    "too many parts": b'From: p@x.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    + b"--b\r\n\r\nx\r\n" * 600,
    "a head without end": b"From: p@x.example\r\n" + b"X-A: b\r\n" * 60_000 + b"\r\nText",
    "an endless line": b"From: p@x.example\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\nText",
    "too deep": b"From: p@x.example\r\n"
    + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(30)),
}


@pytest.fixture
def monday(world):
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def test_a_mail_becomes_a_ticket_of_a_new_customer(world, monday):
    (outcome,) = bring(world.app, letter("Er blinkt rot.", subject="AW: Drucker im 3. Stock"))

    (ticket,) = tickets()
    assert outcome == Outcome(Result.CREATED, ticket_id=ticket.id)
    assert (ticket.title, ticket.description) == ("Drucker im 3. Stock", "Er blinkt rot.")
    assert (ticket.channel, ticket.created_from_email) == (Channel.EMAIL, True)
    assert (ticket.email_from, ticket.status) == ("mia@kunde.example", Status.OPEN)
    assert ticket.last_entry_by_customer
    person = find_by_email("mia@kunde.example")
    assert ticket.requester_id == person.id
    assert (person.full_name, person.verified_at, person.password_hash) == ("Mia Muster", None, "")


def test_a_known_sender_keeps_account_and_name(world):
    mia = world.customer(email="mia@kunde.example", first_name="Maria")
    bring(world.app, letter(sender="Ganz Anders <Mia@KUNDE.example>"))
    assert tickets()[0].requester_id == mia.id
    assert find_by_email("mia@kunde.example").first_name == "Maria"


def test_what_is_missing_is_said(world):
    bring(world.app, letter("", subject="Re:"))
    assert (tickets()[0].title, tickets()[0].description) == ("(ohne Betreff)", "(ohne Text)")


def test_text_stands_on_the_page_as_it_was_typed(world):
    text = "Liegt unter \\\\server\\share\\*.pdf\n# kein Titel\n\n1   2\nhttps://firma.example/a?b=1&c=2."
    bring(world.app, letter(text))
    assert tickets()[0].description_html == (
        "<p>Liegt unter \\\\server\\share\\*.pdf<br>\n# kein Titel</p>\n"
        '<p>1\xa0\xa0 2<br>\n<a href="https://firma.example/a?b=1&amp;c=2">https://firma.example/a?b=1&amp;c=2</a>.</p>'
    )


def test_quotes_stand_behind_the_new_words_and_do_not_decide_the_priority(world):
    above = "Am 12.11.2026 um 10:00 schrieb Anna <a@firma.example>:"
    bring(world.app, letter(f"Danke, geht wieder.\n\n{above}\n> Totalausfall, nichts geht mehr"))
    (ticket,) = tickets()
    assert ticket.description.startswith("Danke, geht wieder.\n\nAm 12.11.2026")
    assert "<blockquote>" in ticket.description_html
    assert ticket.priority == "medium"


def test_the_same_mail_is_never_imported_twice(world):
    mail_ = letter()
    bring(world.app, mail_)
    (again,) = bring(world.app, mail_)
    assert again == Outcome(Result.IGNORED, Reason.KNOWN, ticket_id=tickets()[0].id)
    assert len(tickets()) == len(kept()) == 1


def test_the_same_mail_twice_at_once_is_imported_once(world):
    mail_ = letter()
    assert results(bring(world.app, mail_, mail_)) == ["created", "ignored"]
    assert len(tickets()) == 1


def test_a_mail_is_known_again_in_another_file(world):
    mail_ = letter()
    exported = b"From mia@kunde.example Mon Nov 16 08:00:00 2026\nX-Mozilla-Status: 0001\nReceived: from mx\n"
    bring(world.app, mail_)
    assert results(bring(world.app, exported + mail_.replace(b"\r\n", b"\n") + b"\n")) == ["ignored"]


def test_ids_that_a_database_might_call_equal_are_different_mails(world):
    ids = ["<Abc@x>", "<abc@x>", "<abc@x> ", "<\U0001f600@x>", "<\U0001f4a9@x>", "<ß@x>", "<s@x>"]
    mails = [f"From: mia@kunde.example\r\nMessage-ID: {one}\r\n\r\nText".encode() for one in ids]
    assert results(bring(world.app, *mails)) == ["created"] * 7
    assert results(bring(world.app, *mails)) == ["ignored"] * 7


def test_an_id_that_came_before_does_not_suppress_another_mail(world):
    first, second, third = (
        letter(text, headers={"Message-ID": "<gleich@kunde.example>"}) for text in ("eins", "zwei", "drei")
    )
    bring(world.app, first)
    assert results(bring(world.app, second, third)) == ["created", "created"]
    assert [one.repeats_id for one in kept()] == [False, True, True]


def test_without_an_id_the_content_decides(world):
    mails = [letter(text, headers={"Message-ID": None}) for text in ("eins", "zwei", "eins")]
    assert results(bring(world.app, *mails)) == ["created", "created", "ignored"]
    assert not any(one.repeats_id for one in kept())


def test_each_account_has_its_own_mails(world):
    mail_ = letter()
    bring(world.app, mail_, account="import")
    assert results(bring(world.app, mail_, account="other")) == ["created"]


@pytest.mark.parametrize("name", POISON)
def test_f27_poison_is_set_aside_and_its_neighbours_are_imported(world, name):
    poison = POISON[name]
    assert results(bring(world.app, letter(), poison, letter())) == ["created", "quarantined", "created"]
    held = kept()[1]
    assert (held.state, held.ticket_id, held.due_at) == (State.QUARANTINED, None, None)
    assert held.reason in ("parts", "header_block", "header_line", "depth")
    with world.app.extensions["storage"].open(held.sha256) as stream:
        assert stream.read() == poison
    assert results(bring(world.app, poison)) == ["quarantined"]


def test_a_mail_our_own_code_fails_on_is_set_aside(world, monkeypatch):
    def broken(text):
        if "kaputt" in text:
            raise ValueError(text)
        return text

    monkeypatch.setattr(opening.plain, "to_html", broken)
    outcomes = bring(world.app, letter("gut"), letter("kaputt"), letter("gut"))
    assert results(outcomes) == ["created", "quarantined", "created"]
    assert (kept()[1].reason, kept()[1].detail) == ("failed", "ValueError")
    assert len(tickets()) == 2


def test_an_oversized_mail_is_not_kept(world, monkeypatch):
    monkeypatch.setattr(intake, "MAX_MESSAGE", 2_000)
    outcomes = bring(world.app, letter(), letter("x" * 3_000), letter())
    assert results(outcomes) == ["created", "ignored", "created"]
    assert outcomes[1].reason == Reason.OVERSIZED
    assert len(kept()) == 2


def test_files_and_inline_pictures_are_kept(world):
    picture = letter(
        files=[("Foto.png", PIXEL), ("../../Bericht.pdf", b"%PDF-1.4 x"), ("setup.exe", b"MZ123")]
    )
    bring(world.app, picture)
    found = db.session.scalars(sa.select(Attachment).order_by(Attachment.id)).all()
    assert [(one.filename, one.content_type, one.is_picture) for one in found] == [
        ("Foto.png", "image/png", True),
        ("Bericht.pdf", "application/pdf", False),
        ("setup.exe", "application/x-msdownload", False),
    ]
    assert {one.state for one in found} == {AttachmentState.CLEAN}
    assert tickets()[0].has_files
    for one in found:
        assert world.app.extensions["storage"].exists(one.sha256)


def test_files_wait_for_the_scanner_where_there_is_one(world):
    bring(world.app, letter(files=[("a.txt", b"x")]), scanned=False)
    assert db.session.scalars(sa.select(Attachment)).one().state is AttachmentState.PENDING


def test_a_text_beyond_all_measure_is_cut_and_attached_whole(world):
    long = "\n".join(f"Zeile {n}" for n in range(30_000))
    bring(world.app, letter(long))
    (ticket,) = tickets()
    assert len(ticket.description) <= 200_000
    assert ticket.description.endswith("(Der Text geht weiter; der ganze Text ist als Datei angehängt.)")
    (whole,) = db.session.scalars(sa.select(Attachment)).all()
    assert whole.filename == "Nachricht.txt"
    with world.app.extensions["storage"].open(whole.sha256) as stream:
        assert stream.read().decode().split() == long.split()


def test_the_sweeper_leaves_kept_mails_alone(world):
    bring(world.app, letter())
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3), tick=False):
        db.session.rollback()
        housekeeping.sweep_files()
    assert world.app.extensions["storage"].exists(kept()[0].sha256)


def test_the_cost_of_a_mail_does_not_grow(world):
    bring(world.app, letter())
    costs = []
    for _ in range(2):
        with counted() as seen:
            bring(world.app, *[letter() for _ in range(16)])
        costs.append(len(seen) / 16)
        bring(world.app, *[letter(sender=f"p{n}@kunde.example") for n in range(40)])
    # what belongs to the run and not to a mail may fall on either side
    assert abs(costs[0] - costs[1]) <= 0.25 and max(costs) <= 17
