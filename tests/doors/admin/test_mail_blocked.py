"""Blocked senders and silenced addresses: named, counted, taken off again."""

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
from app.mailroom.actions import blocking
from app.mailroom.actions.standing import standing_of
from app.mailroom.models import BlockedSender, MutedAddress
from app.mailroom.outcomes import Reason
from app.mailroom.schemas import NewBlock
from tests.support.letters import bring, kept, letter, tickets
from tests.support.mail_forms import made
from tests.support.statements import counted
from tests.support.world import Browser, World


def told(answer: Any) -> str:
    return html.unescape(answer.get_data(as_text=True))


def patterns() -> list[str]:
    return list(db.session.scalars(sa.select(BlockedSender.pattern).order_by(BlockedSender.id)))


def silence(address: str = "weg@kunde.example") -> int:
    """An address that gets no automatic mail any more; its id."""
    row = MutedAddress(address_key=address, words="5.1.1 <b>unknown</b>", since=clock.now())
    run_unit(lambda: db.session.add(row))
    return row.id


def kinds() -> list[str]:
    """What people did, in order."""
    return list(
        db.session.scalars(sa.select(Event.kind).where(Event.actor_kind == "person").order_by(Event.id))
    )


def test_a_sender_is_blocked_counted_and_let_in_again(world: World, browser: Browser) -> None:
    assert "Niemand ist gesperrt" in told(browser.get("/admin/mail/blocked"))
    assert browser.post("/admin/mail/blocked", {"pattern": "Mia@Kunde.example"}).status_code == 303
    bring(world.app, letter("Eins"), letter("Zwei"))
    page = told(browser.get("/admin/mail/blocked"))
    assert "mia@kunde.example" in page and "werden nicht mehr zu Tickets" in page
    assert re.search(r'data-label="E-Mails seitdem">2<', page)
    assert tickets() == [] and {raw.reason for raw in kept()} == {Reason.BLOCKED}
    number = db.session.scalars(sa.select(BlockedSender.id)).one()
    assert browser.post(f"/admin/mail/blocked/{number}/remove").status_code == 303
    bring(world.app, letter("Drei"))
    assert len(tickets()) == 1 and kinds() == ["sender.blocked", "sender.unblocked"]


def test_a_domain_is_blocked_with_everything_below_however_it_is_written(
    world: World, browser: Browser
) -> None:
    browser.post("/admin/mail/blocked", {"pattern": "@xn--mller-kva.example"})
    browser.post("/admin/mail/blocked", {"pattern": "@MÜLLER.example"})
    assert patterns() == ["@müller.example"], "two ways to write one domain"
    for address in ("a@müller.example", "b@post.xn--mller-kva.example"):
        assert run_unit(partial(standing_of, address)).is_blocked
    assert not run_unit(partial(standing_of, "c@andere-müller.example")).is_blocked


def test_one_sender_is_blocked_once(world: World, browser: Browser) -> None:
    for _ in range(2):
        assert browser.post("/admin/mail/blocked", {"pattern": "spam@werbung.example"}).status_code == 303
    assert patterns() == ["spam@werbung.example"] and kinds() == ["sender.blocked"]


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("", "Mindestens 3 Zeichen."),
        ("werbung.example", "Bitte geben Sie eine Adresse ein, oder eine Domain"),
        ("a b@werbung.example", "Bitte geben Sie eine Adresse ein, oder eine Domain"),
        ("@", "Mindestens 3 Zeichen."),
        ("hilfe@firma.example", "Diese Adresse gehört dem Helpdesk selbst."),
    ],
)
def test_what_is_no_sender_comes_back(world: World, browser: Browser, pattern: str, sentence: str) -> None:
    made()
    answer = browser.post("/admin/mail/blocked", {"pattern": pattern})
    page = told(answer)
    assert (
        answer.status_code == 422 and sentence in page and f'value="{pattern}"' in page and patterns() == []
    )


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_what_is_not_there_cannot_be_taken_off(world: World, browser: Browser, number: str) -> None:
    assert browser.post(f"/admin/mail/blocked/{number}/remove").status_code == 404
    assert browser.post(f"/admin/mail/muted/{number}/write-again").status_code == 404


def test_a_silenced_address_is_written_to_again(world: World, browser: Browser) -> None:
    assert "Keine Adresse ist stumm" in told(browser.get("/admin/mail/muted"))
    number = silence()
    answer = browser.get("/admin/mail/muted")
    assert "weg@kunde.example" in told(answer) and "5.1.1 &lt;b&gt;unknown" in answer.get_data(as_text=True)
    assert browser.post(f"/admin/mail/muted/{number}/write-again").status_code == 303
    assert "weg@kunde.example bekommt wieder automatische E-Mails." in told(browser.get("/admin/mail/muted"))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MutedAddress)) == 0
    assert kinds() == ["recipient.unmuted"]


def test_long_lists_come_in_pages(world: World, browser: Browser) -> None:
    admin = world.actor(world.admin())

    def block() -> None:
        for number in range(60):
            blocking.block(NewBlock(pattern=f"spam-{number}@werbung.example"), actor=admin)

    run_unit(block)
    browser.get("/admin/mail/blocked")
    with counted() as seen:
        first = browser.get("/admin/mail/blocked").get_data(as_text=True)
    assert len(seen) <= 4, "\n".join(seen)
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(link).get_data(as_text=True)
    assert (first.count("@werbung.example</th>"), second.count("@werbung.example</th>")) == (50, 10)
    for path in ("/admin/mail/blocked?cursor=kaputt", "/admin/mail/muted?cursor=kaputt"):
        assert browser.get(path).status_code == 422


@pytest.mark.parametrize("path", ["/admin/mail/blocked", "/admin/mail/muted"])
def test_only_administrators_see_the_lists(world: World, path: str) -> None:
    number = silence()
    for person in (world.customer(), world.agent(), world.leader()):
        browser = world.browser(person)
        browser.get("/auth/profile")
        assert browser.get(path).status_code == 403
        assert browser.post(f"/admin/mail/muted/{number}/write-again").status_code == 403
        assert browser.post("/admin/mail/blocked", {"pattern": "a@b.example"}).status_code == 403
