"""`/auth/teams`: the own channel in Teams is set up after the password, tried, removed, and shown to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Person, PersonWebhook, SignIn
from app.core import clock, crypto
from app.core.db import db
from app.core.uow import run_unit
from app.events.models import Event
from app.notifications import card_channels
from app.notifications.card_channels import Channel
from tests.support.audience import act
from tests.support.http_sink import Answer, HttpSink
from tests.support.post import servers
from tests.support.statements import counted
from tests.support.world import Browser, World

WEBHOOK = "https://prod-1.westeurope.logic.azure.com:443/workflows/abc/triggers/manual?sig=hunter2"


@pytest.fixture
def anna(world: World) -> Person:
    return world.agent(first_name="Anna")


@pytest.fixture
def browser(world: World, anna: Person) -> Browser:
    made = world.browser(anna)
    made.get("/auth/teams")
    return made


@pytest.fixture
def teams() -> Iterator[HttpSink]:
    with HttpSink() as sink, servers(teams=sink, webhook=""):
        yield sink


def stored() -> list[PersonWebhook]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(PersonWebhook)))


def own(person: Person, address: str) -> None:
    row = PersonWebhook(person_id=person.id, address=crypto.encrypt(address), changed_at=clock.now())
    run_unit(lambda: db.session.add(row))


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_an_address_is_kept_encrypted_and_shown_masked(world: World, browser: Browser) -> None:
    assert "Adresse eintragen" in text(browser.get("/auth/teams"))
    browser.get("/auth/teams/address")
    answer = browser.post("/auth/teams/address", {"webhook_url": WEBHOOK, "next": "/auth/teams/address"})
    assert answer.headers["Location"] == "/auth/teams"
    (row,) = stored()
    assert "hunter2" not in row.address and crypto.decrypt(row.address) == WEBHOOK
    page = text(browser.get("/auth/teams"))
    assert "hunter2" not in page and "https://prod-1.westeurope.logic.azure.com/…" in page
    assert "hunter2" not in str(db.session.scalars(sa.select(Event.payload)).all())


def test_a62_the_password_is_asked_for_first(world: World, anna: Person, browser: Browser) -> None:
    old = clock.now() - timedelta(hours=1)
    run_unit(lambda: db.session.execute(sa.update(SignIn).values(confirmed_at=old)))
    answer = browser.get("/auth/teams/address")
    assert answer.status_code == 303 and "/auth/confirm-password?next=/auth/teams/address" in answer.location
    answer = browser.post("/auth/teams/address", {"webhook_url": WEBHOOK, "next": "/auth/teams/address"})
    assert answer.status_code == 303 and "confirm-password" in answer.location
    assert stored() == []


@pytest.mark.parametrize(
    "address", ["", "nonsense", "http://x.logic.azure.com/x", "https://evil.example/x", "https://127.0.0.2/x"]
)
def test_a_wrong_address_is_answered_beside_the_field(browser: Browser, address: str) -> None:
    answer = browser.post("/auth/teams/address", {"webhook_url": address})
    assert answer.status_code == 422 and 'id="f-webhook_url-error"' in text(answer)
    assert stored() == []


def test_it_is_tried_and_removed(world: World, anna: Person, browser: Browser, teams: HttpSink) -> None:
    own(anna, teams.url("/anna?sig=geheim"))
    assert "Teams hat die Karte angenommen" in text(browser.post("/auth/teams/test"))
    teams.always = Answer(404)
    assert "Der Workflow ist ausgeschaltet" in text(browser.post("/auth/teams/test"))
    assert browser.post("/auth/teams/remove").status_code == 303
    assert stored() == []
    kinds = db.session.scalars(sa.select(Event.kind).where(Event.actor_id == anna.id)).all()
    assert list(kinds) == ["person.webhook_removed"]
    assert "Es ist keine Adresse in Teams eingerichtet." in text(browser.post("/auth/teams/test"))


def test_one_that_was_switched_off_is_switched_on_by_its_owner(
    world: World, anna: Person, browser: Browser, teams: HttpSink
) -> None:
    own(anna, teams.url("/anna"))
    channel, before = Channel(f"person:{anna.id}", teams.url("/anna")), clock.now() - timedelta(days=4)
    with clock.pretending(before):
        act(card_channels.failed, channel, "refused")
    act(card_channels.failed, channel, "refused")
    assert "Dieser Kanal bekommt keine Karten" in text(browser.get("/auth/teams"))
    assert browser.post("/auth/teams/on").status_code == 303
    assert "Dieser Kanal bekommt keine Karten" not in text(browser.get("/auth/teams"))


def test_it_is_for_staff_and_each_sees_the_own_only(world: World, anna: Person, teams: HttpSink) -> None:
    own(anna, teams.url("/anna"))
    assert world.browser(world.customer()).get("/auth/teams").status_code == 403
    admin = world.browser(world.admin())
    assert "127.0.0.1" not in text(admin.get("/auth/teams"))
    assert "127.0.0.1" not in text(admin.get(f"/people/{anna.id}"))


def test_the_preferences_offer_teams_to_those_who_have_it(
    world: World, anna: Person, browser: Browser
) -> None:
    page = text(browser.get("/tickets/inbox/settings"))
    assert "assigned.teams" not in page and "/auth/teams" in page
    own(anna, WEBHOOK)
    assert 'value="assigned.teams" checked' in text(browser.get("/tickets/inbox/settings"))
    browser.post("/tickets/inbox/settings", {"on": ["assigned.bell", "deadline.teams"]})
    page = text(browser.get("/tickets/inbox/settings"))
    assert 'value="deadline.teams" checked' in page and 'value="assigned.teams" checked' not in page


@pytest.mark.parametrize("path", ["/auth/teams", "/auth/teams/address", "/tickets/inbox/settings"])
def test_the_pages_speak_english_and_need_few_statements(world: World, path: str) -> None:
    person = world.agent(language="en")
    own(person, WEBHOOK)
    browser = world.browser(person)
    assert '<html lang="en"' in text(browser.get(path))
    with counted() as statements:
        assert text(browser.get(path)).count("<h1") == 1
    assert len(statements) <= 7, "\n".join(statements)
