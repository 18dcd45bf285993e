"""Mail that became no entry: three shelves, why, as a file, once more, as a ticket after all, spam that is none."""

from __future__ import annotations

import html
import re
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.jobs import outcomes
from app.mailroom.actions import keeping, mending
from app.mailroom.models import RawMail
from app.mailroom.outcomes import Reason, State
from app.tickets.models import Ticket
from app.web.admin import quarantine as door
from tests.support.letters import bring, kept, letter, tickets
from tests.support.statements import counted
from tests.support.world import Browser, World

AUTOMATIC = {"Auto-Submitted": "auto-replied"}


def told(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def poison(number: int = 1) -> bytes:
    head = b"From: p@x.example\r\nMessage-ID: <poison-%d@x.example>\r\nX-A: " % number
    return head + b"a" * 70_000 + b"\r\n\r\nText %d" % number


def broken(world: World, *mails: bytes) -> list[int]:
    """Mails in quarantine that could be read by now, as after an upgrade; their ids."""
    bring(world.app, *mails)
    ids = [raw.id for raw in kept() if raw.state is State.TICKET or raw.state is State.IGNORED]

    def set_back() -> None:
        for raw_id in ids:
            raw = db.session.get_one(RawMail, raw_id)
            raw.state, raw.reason, raw.detail = State.QUARANTINED, Reason.FAILED, "KeyError"
            raw.ticket_id, raw.decided_at = None, clock.now()
        db.session.execute(sa.delete(Event).where(Event.ticket_id.is_not(None)))

    run_unit(set_back)
    return ids


def state(raw_id: int) -> tuple[State, str]:
    found = db.session.get_one(RawMail, raw_id, populate_existing=True)
    return found.state, found.reason


def kinds() -> list[str]:
    """What people did, in order."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


def test_an_empty_quarantine_says_so(world: World, browser: Browser) -> None:
    assert "Die Quarantäne ist leer" in told(browser.get("/admin/quarantine"))
    assert "Alle noch einmal verarbeiten" not in told(browser.get("/admin/quarantine"))


def test_each_shelf_shows_its_mails_and_why_they_are_there(world: World, browser: Browser) -> None:
    bring(world.app, poison(), letter("Weg", subject="Urlaub", headers=AUTOMATIC), letter(subject="Gewinn"))
    spam = tickets()[0]
    run_unit(partial(mending.mark_as_spam, world.actor(world.admin()), spam.id, block_sender=False))
    shown = {
        shelf: told(browser.get(f"/admin/quarantine?shelf={shelf}"))
        for shelf in ("quarantine", "ignored", "spam")
    }
    assert "eine Zeile im Kopf der E-Mail ist zu lang" in shown["quarantine"]
    assert "70007 bytes, at most 65536" in shown["quarantine"]
    assert "brief-1.eml" in shown["quarantine"] and "Quarantäne <b>1</b>" in shown["quarantine"]
    assert "Urlaub" in shown["ignored"] and "automatische Antwort" in shown["ignored"]
    assert "mia@kunde.example" in shown["ignored"] and "Gewinn" not in shown["ignored"]
    assert (
        "Gewinn" in shown["spam"] and "als Spam markiert" in shown["spam"] and "Urlaub" not in shown["spam"]
    )
    assert "brief-1.eml" in told(browser.get("/admin/quarantine")), "the first shelf is the quarantine"


def test_what_strangers_wrote_is_escaped(world: World, browser: Browser) -> None:
    bring(world.app, letter(subject="<script>alert(1)</script>", headers=AUTOMATIC))
    text = browser.get("/admin/quarantine?shelf=ignored").get_data(as_text=True)
    assert "&lt;script&gt;alert(1)" in text and "<script>alert" not in text


@pytest.mark.parametrize("query", ["shelf=lost", "cursor=kaputt", "cursor=WyJuIiwwXQ==", "done=x"])
def test_a_wrong_address_is_refused(world: World, browser: Browser, query: str) -> None:
    assert browser.get(f"/admin/quarantine?{query}").status_code == 422
    assert browser.get("/admin/quarantine?done=999999").status_code == 404


def test_a_mail_is_had_as_a_file(world: World, browser: Browser) -> None:
    bring(world.app, poison())
    answer = browser.get(f"/admin/quarantine/{kept()[0].id}/raw")
    assert answer.get_data() == poison() and answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    answer.close()
    assert browser.get("/admin/quarantine/999999/raw").status_code == 404


def test_a_mail_is_read_once_more_and_becomes_a_ticket(world: World, browser: Browser) -> None:
    (raw_id,) = broken(world, letter(subject="Endlich"))
    answer = browser.post(f"/admin/quarantine/{raw_id}/again")
    assert answer.headers["Location"] == f"/admin/quarantine?shelf=quarantine&done={raw_id}"
    page = told(browser.get(answer.headers["Location"]))
    made = tickets()[-1]
    assert "„Endlich“ wurde angenommen" in page and f'href="/tickets/{made.number}"' in page
    assert state(raw_id) == (State.TICKET, "") and made.title == "Endlich"
    assert kinds() == ["mail.taken_up_again"]


def test_one_that_still_cannot_be_read_stays_and_says_why(world: World, browser: Browser) -> None:
    bring(world.app, poison())
    raw_id = kept()[0].id
    page = told(browser.get(browser.post(f"/admin/quarantine/{raw_id}/again").headers["Location"]))
    assert "bleibt in Quarantäne" in page and "Grund: eine Zeile im Kopf der E-Mail ist zu lang" in page


def test_one_that_waits_for_the_house_is_taken_up_later(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    (raw_id,) = broken(world, letter(subject="Später"))
    with monkeypatch.context() as patch:
        patch.setattr(outcomes.accepting, "accept", _no_store)
        answer = browser.post(f"/admin/quarantine/{raw_id}/again")
    assert "„Später“ wartet auf den nächsten Versuch" in told(browser.get(answer.headers["Location"]))
    assert state(raw_id)[0] is State.KEPT


def _no_store(*_args: Any, **_more: Any) -> None:
    raise OSError("no space left")


def test_a_mail_of_a_machine_becomes_a_ticket_on_demand(world: World, browser: Browser) -> None:
    bring(world.app, letter("Bitte melden", subject="Alarm", headers=AUTOMATIC))
    raw_id = kept()[0].id
    answer = browser.post(f"/admin/quarantine/{raw_id}/ticket")
    assert answer.headers["Location"] == f"/admin/quarantine?shelf=ignored&done={raw_id}"
    assert "„Alarm“ wurde angenommen" in told(browser.get(answer.headers["Location"]))
    assert [ticket.title for ticket in tickets()] == ["Alarm"]
    again = browser.post(f"/admin/quarantine/{raw_id}/ticket")
    assert again.status_code == 409 and len(tickets()) == 1, "a mail is one entry at most"


def test_a_mail_is_discarded_and_can_be_had_back(world: World, browser: Browser) -> None:
    (raw_id,) = broken(world, letter(subject="Doch nicht"))
    assert browser.post(f"/admin/quarantine/{raw_id}/discard").headers["Location"] == "/admin/quarantine"
    assert state(raw_id) == (State.IGNORED, Reason.DISCARDED)
    assert "von Hand verworfen" in told(browser.get("/admin/quarantine?shelf=ignored"))
    browser.post(f"/admin/quarantine/{raw_id}/ticket")
    assert state(raw_id)[0] is State.TICKET
    assert kinds() == ["mail.discarded", "mail.taken_up_again"]


def test_of_a_head_nothing_can_be_made(world: World, browser: Browser) -> None:
    (raw_id,) = broken(world, letter(subject="Riese"))
    run_unit(lambda: setattr(db.session.get_one(RawMail, raw_id), "reason", Reason.OVERSIZED))
    page = told(browser.get("/admin/quarantine"))
    assert "Nur ihr Kopf ist da." in page and f"/admin/quarantine/{raw_id}/again" not in page
    assert f"/admin/quarantine/{raw_id}/discard" in page
    answer = browser.post(f"/admin/quarantine/{raw_id}/again")
    assert answer.status_code == 409 and "nur der Kopf abgeholt" in told(answer)


def test_spam_that_is_none_comes_back_to_the_queue(world: World, browser: Browser) -> None:
    bring(world.app, letter(subject="Kein Gewinn"))
    (ticket,), raw_id = tickets(), kept()[0].id
    run_unit(partial(mending.mark_as_spam, world.actor(world.admin()), ticket.id, block_sender=False))
    for what in ("again", "ticket", "discard"):
        assert browser.post(f"/admin/quarantine/{raw_id}/{what}").status_code == 409, "it is a ticket already"
    answer = browser.post(f"/admin/quarantine/{raw_id}/no-spam")
    page = told(browser.get(answer.headers["Location"]))
    assert f"{ticket.number} ist wieder in der Liste." in page and f'href="/tickets/{ticket.number}"' in page
    assert db.session.get_one(Ticket, ticket.id, populate_existing=True).deleted_at is None
    assert len(tickets()) == 1 and state(raw_id) == (State.TICKET, "")
    assert browser.post(f"/admin/quarantine/{raw_id}/no-spam").status_code == 404


def test_everything_is_read_once_more_at_once(world: World, browser: Browser) -> None:
    ids = broken(world, letter("Eins"), letter("Zwei"), letter("Weg", headers=AUTOMATIC))
    bring(world.app, poison())
    answer = browser.post("/admin/quarantine/all")
    page = told(browser.get(answer.headers["Location"]))
    assert "4 E-Mails wurden noch einmal verarbeitet." in page and "weitere" not in page
    assert [state(raw_id)[0] for raw_id in ids] == [State.TICKET, State.TICKET, State.IGNORED]
    assert "Quarantäne <b>1</b>" in page


def test_what_takes_too_long_is_left_to_the_standing_job(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = broken(world, letter("Eins"), letter("Zwei"))
    monkeypatch.setattr(door, "WAITING_SECONDS", -1)
    page = told(browser.get(browser.post("/admin/quarantine/all").headers["Location"]))
    assert "2 weitere folgen in wenigen Minuten." in page
    assert [state(raw_id)[0] for raw_id in ids] == [State.KEPT, State.KEPT]
    assert all(db.session.get_one(RawMail, raw_id).due_at for raw_id in ids)


def test_one_that_another_administrator_took_up_is_left_out(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = broken(world, letter("Eins"), letter("Zwei"))
    monkeypatch.setattr(door.shelves, "readable", lambda _most: [first, second])
    run_unit(partial(keeping.set_aside, first, "failed", actor=world.actor(world.admin())))
    run_unit(lambda: setattr(db.session.get_one(RawMail, first), "state", State.TICKET))
    page = told(browser.get(browser.post("/admin/quarantine/all").headers["Location"]))
    assert "1 E-Mail wurde noch einmal verarbeitet." in page and state(second)[0] is State.TICKET


def test_long_shelves_come_in_pages_with_few_statements(world: World, browser: Browser) -> None:
    bring(world.app, *[letter(f"Weg {n}", subject=f"Urlaub {n}", headers=AUTOMATIC) for n in range(60)])
    browser.get("/admin/quarantine?shelf=ignored")
    with counted() as seen:
        first = browser.get("/admin/quarantine?shelf=ignored").get_data(as_text=True)
    assert len(seen) <= 4, "\n".join(seen)
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(link).get_data(as_text=True)
    found = [re.findall(r">(Urlaub \d+)<small>", page) for page in (first, second)]
    assert [len(page) for page in found] == [50, 10] and found[0][0] == "Urlaub 59"
    assert "shelf=ignored" in link and "Zu den neuesten" in second


def test_spam_of_a_confidential_team_is_none_of_the_administrators_business(
    world: World, browser: Browser
) -> None:
    bring(world.app, letter(subject="Abmahnung"))
    (ticket,), raw_id = tickets(), kept()[0].id
    run_unit(partial(mending.mark_as_spam, world.actor(world.admin()), ticket.id, block_sender=False))
    secret = world.make_team("Personalstelle", is_confidential=True)
    run_unit(lambda: setattr(db.session.get_one(Ticket, ticket.id), "team_id", secret.id))
    assert "Abmahnung" not in told(browser.get("/admin/quarantine?shelf=spam"))
    for path in (f"/admin/quarantine?done={raw_id}", f"/admin/quarantine/{raw_id}/raw"):
        assert browser.get(path).status_code == 404
    assert browser.post(f"/admin/quarantine/{raw_id}/no-spam").status_code == 404


@pytest.mark.parametrize("what", ["again", "ticket", "discard", "no-spam"])
@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_a_mail_that_is_not_there(world: World, browser: Browser, what: str, number: str) -> None:
    assert browser.post(f"/admin/quarantine/{number}/{what}").status_code == 404


@pytest.mark.parametrize("what", ["again", "ticket", "discard", "no-spam"])
def test_only_administrators_look_after_the_quarantine(world: World, what: str) -> None:
    (raw_id,) = broken(world, letter())
    for person in (world.customer(), world.agent(), world.leader()):
        browser = world.browser(person)
        browser.get("/auth/profile")
        assert browser.get(f"/admin/quarantine/{raw_id}/raw").status_code == 403
        for path in (f"/admin/quarantine/{raw_id}/{what}", "/admin/quarantine/all"):
            assert browser.post(path).status_code == 403
    assert state(raw_id)[0] is State.QUARANTINED and kinds() == []
