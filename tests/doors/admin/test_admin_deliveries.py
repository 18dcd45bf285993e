"""The page of deliveries: tabs, reasons in words, once more, never, and all of a state at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import run_unit
from app.events import figures
from app.events.kinds import known_kinds
from app.events.log import record
from app.events.models import Delivery, Event
from app.events.words import DeliveryState
from app.notifications.reasons import REASONS, reason
from app.tickets.events import ReplyAdded
from app.web.admin.kinds import KINDS
from tests.support.world import Browser, World

S = DeliveryState


@pytest.fixture
def admin(world: World) -> Actor:
    return world.actor(world.admin(first_name="Anna", last_name="Berger"))


@pytest.fixture
def browser(world: World, admin: Actor) -> Browser:
    """An administrator's browser that has seen a page."""
    made = world.browser(world.admin())
    made.get("/admin/deliveries")
    return made


def deliver(admin: Actor, state: DeliveryState, **more: object) -> int:
    """A delivery in some state; returns its id."""
    values: dict[str, object] = {
        "consumer": "email",
        "state": state,
        "attempts": 1,
        "error": "",
        "created_at": clock.now(),
        "since": clock.now() - timedelta(days=2),
        "settled_at": None,
        "due_at": clock.now() + timedelta(minutes=5) if state is S.WAITING else None,
    } | more

    def make() -> Delivery:
        fact = ReplyAdded(comment_id=1, by_staff=True)
        event = record(fact, actor=admin, subject=("ticket", 42), ticket=42)
        number = db.session.scalar(sa.select(sa.func.count()).select_from(Delivery)) or 0
        made = Delivery(
            event_id=event.id, ticket_id=42, target=f"person:{admin.person_id}:{number}", **values
        )
        db.session.add(made)
        db.session.flush()
        return made

    return run_unit(make).id


def state_of(number: int) -> tuple[DeliveryState, int]:
    row = db.session.get_one(Delivery, number, populate_existing=True)
    return row.state, row.attempts


def test_every_state_has_its_tab(world: World, admin: Actor, browser: Browser) -> None:
    for state in S:
        deliver(admin, state)
    everything = browser.get("/admin/deliveries").get_data(as_text=True)
    assert everything.count("TICKET-000042</a>") == len(S)
    for state in (S.WAITING, S.SENT, S.DEAD, S.HELD, S.CANCELLED):
        text = browser.get(f"/admin/deliveries?state={state}").get_data(as_text=True)
        assert text.count("TICKET-000042</a>") == 1
        assert "Öffentliche Antwort hinzugefügt" in text and "Anna Berger" in text
    assert browser.get("/admin/deliveries?state=lost").status_code == 422
    assert browser.get("/admin/deliveries?cursor=damaged").status_code == 422


def test_a_reason_is_said_in_words_and_foreign_words_are_escaped(
    world: World, admin: Actor, browser: Browser
) -> None:
    deliver(admin, S.DEAD, error="recipient_refused: 550 <script>alert(1)</script>", may_be_repeat=True)
    text = browser.get("/admin/deliveries?state=dead").get_data(as_text=True)
    assert "Der Mailserver hat die Empfangsadresse abgelehnt." in text
    assert "550 &lt;script&gt;" in text and "<script>alert" not in text
    assert "Kann doppelt angekommen sein" in text


def test_an_unknown_reason_is_shown_as_it_is() -> None:
    assert reason("RuntimeError('boom')") == ("RuntimeError('boom')", "")
    assert reason("timeout: mail.example")[1] == "mail.example"
    assert reason("") == ("", "")
    assert all(str(sentence).endswith(".") for sentence in REASONS.values())


def test_one_is_tried_again(world: World, admin: Actor, browser: Browser) -> None:
    number = deliver(admin, S.DEAD, attempts=9)
    assert browser.post(f"/admin/deliveries/{number}/retry").status_code == 303
    assert state_of(number) == (S.WAITING, 0)


def test_one_is_given_up(world: World, admin: Actor, browser: Browser) -> None:
    number = deliver(admin, S.WAITING)
    assert browser.post(f"/admin/deliveries/{number}/give-up").status_code == 303
    assert state_of(number)[0] is S.CANCELLED


@pytest.mark.parametrize("state", [S.SENT, S.SENDING, S.CANCELLED])
def test_what_is_settled_or_on_its_way_stays(
    world: World, admin: Actor, browser: Browser, state: DeliveryState
) -> None:
    number = deliver(admin, state)
    assert browser.post(f"/admin/deliveries/{number}/retry").status_code == 409
    assert browser.post(f"/admin/deliveries/{number}/give-up").status_code == 409
    assert state_of(number)[0] is state


@pytest.mark.parametrize("number", [0, 999_999, 99_999_999_999_999_999_999])
def test_a_delivery_that_is_not_there(world: World, browser: Browser, number: int) -> None:
    assert browser.post(f"/admin/deliveries/{number}/retry").status_code == 404


def test_all_of_a_state_are_tried_again_at_once(world: World, admin: Actor, browser: Browser) -> None:
    dead = [deliver(admin, S.DEAD, attempts=9) for _ in range(3)]
    held = deliver(admin, S.HELD)
    answer = browser.post("/admin/deliveries/all", {"state": "dead", "what": "retry"})
    assert answer.status_code == 303
    assert [state_of(number) for number in dead] == [(S.WAITING, 0)] * 3
    assert state_of(held)[0] is S.HELD
    event = db.session.scalars(sa.select(Event).where(Event.kind == "delivery.all_retried")).one()
    assert event.payload == {"state": "dead", "count": 3}


def test_all_of_a_state_are_given_up_at_once(world: World, admin: Actor, browser: Browser) -> None:
    held, dead = deliver(admin, S.HELD), deliver(admin, S.DEAD)
    browser.post("/admin/deliveries/all", {"state": "held", "what": "give_up"})
    assert (state_of(held)[0], state_of(dead)[0]) == (S.CANCELLED, S.DEAD)


@pytest.mark.parametrize("form", [{}, {"state": "sent", "what": "retry"}, {"state": "dead", "what": "burn"}])
def test_other_things_cannot_be_done_to_all(world: World, browser: Browser, form: dict[str, str]) -> None:
    assert browser.post("/admin/deliveries/all", form).status_code == 409


def test_long_lists_come_in_pages(world: World, admin: Actor, browser: Browser) -> None:
    numbers = [deliver(admin, S.SENT) for _ in range(60)]
    first = browser.get("/admin/deliveries?state=sent").get_data(as_text=True)
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(link).get_data(as_text=True)
    assert first.count("TICKET-000042</a>") == 50 and second.count("TICKET-000042</a>") == 10
    assert "Zu den neuesten" in second and numbers


def test_the_banner_counts_what_waits_for_an_administrator(world: World, admin: Actor) -> None:
    assert figures.failed() == 0
    deliver(admin, S.DEAD)
    deliver(admin, S.HELD)
    deliver(admin, S.WAITING)
    assert figures.failed() == 1


def test_a_way_out_in_trouble_says_what_kind(world: World, admin: Actor) -> None:
    assert figures.way_out(("email",)).is_fine
    deliver(admin, S.SENT, settled_at=clock.now())
    deliver(admin, S.HELD)
    deliver(admin, S.WAITING, attempts=3, error="timeout")
    deliver(admin, S.DEAD, settled_at=clock.now())
    deliver(admin, S.DEAD, settled_at=clock.now() - timedelta(days=2))
    way = figures.way_out(("email",))
    assert (way.held, way.late, way.failed, way.is_fine) == (1, 1, 1, False)
    assert way.sent_at is not None and figures.way_out(("teams",)).is_fine


def test_every_kind_of_event_has_a_name() -> None:
    assert [kind for kind in known_kinds() if kind not in KINDS and not kind.startswith("test.")] == []


def test_the_outbox_shows_mails_as_they_would_go_out(world: World, browser: Browser) -> None:
    world.ticket(world.customer(email="kim@firma.example"), title="Drucker streikt")
    world.relay()
    text = browser.get("/admin/outbox").get_data(as_text=True)
    assert "Drucker streikt" in text and "kim@firma.example" in text
    line = text.partition("kim@firma.example ·")[2].partition("</p>")[0]
    assert any(word in line for word in ("Wartet", "Zurückgehalten", "Gesendet"))
    assert "/admin/outbox" in browser.get("/admin/deliveries").get_data(as_text=True)


def test_in_production_there_is_no_outbox(
    house: Flask, world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.extensions["settings"], "flask_env", "production")
    assert browser.get("/admin/outbox").status_code == 404
    assert "/admin/outbox" not in browser.get("/admin/deliveries").get_data(as_text=True)
