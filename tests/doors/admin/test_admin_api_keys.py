"""The pages of API keys: made in somebody's name, shown this once, looked over, revoked after a question (A40, A62)."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.accounts.actions import keys
from app.accounts.models import SignIn
from app.accounts.program_models import ApiKey
from app.core import clock
from app.core.db import db
from app.core.once import RequestKey
from app.core.uow import run_unit
from tests.support.accounts import facts
from tests.support.api_keys import OF_TICKETS, Keyed, key_for, revoke, row_of
from tests.support.post import mail_to
from tests.support.programs import refused
from tests.support.world import Browser, World

pytestmark = pytest.mark.sqlite_only
PATH = "/admin/api-keys"
NEW = f"{PATH}/new"
TICKETS = "/api/v1/tickets"
FORM = {"name": "Inventar", "scopes": ["tickets:read", "events:read"], "days": "90"}
SECRET = re.compile(r'<p class="secret" id="secret">([^<]+)</p>')
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def browser(world: World) -> Browser:
    made = world.browser(world.admin(first_name="Clara", last_name="Admin", language="de"))
    made.get(PATH)
    return made


def only() -> ApiKey:
    db.session.rollback()
    return db.session.scalars(sa.select(ApiKey).execution_options(populate_existing=True)).one()


def shown(answer: Any) -> str:
    found = SECRET.search(answer.text)
    assert answer.status_code == 200 and found is not None
    return html.unescape(found[1])


def age_the_password() -> None:
    long_ago = clock.now() - timedelta(minutes=11)
    run_unit(lambda: db.session.execute(sa.update(SignIn).values(confirmed_at=long_ago)))


def test_a_key_is_made_in_somebodys_name_shown_this_once_and_works(world: World, browser: Browser) -> None:
    mia = world.customer(email="mia@firma.example", first_name="Mia", last_name="Muster")
    ticket = world.ticket(mia)
    assert "Noch keine API-Schlüssel" in browser.get(PATH).text
    assert 'name="person"' in browser.get(NEW).text
    text = shown(browser.post(NEW, FORM | {"person": "Mia@Firma.example", "_once": "x" * 20}))
    row = only()
    assert (row.person_id, row.prefix, row.team_ids) == (mia.id, text[3:15], [])
    assert [one["id"] for one in Keyed(world.app, text).get(TICKETS).json["results"]] == [ticket.id]
    listed = browser.get(PATH).text
    for word in ("Inventar", "Mia Muster", "erstellt von Clara Admin", f"hd_{row.prefix}_", "127.0.0.0/24"):
        assert word in listed, word
    assert "tickets:read, events:read" in listed and text[16:] not in listed
    assert text[16:] not in str(db.session.execute(sa.select(RequestKey.__table__)).all())
    world.relay()
    assert "Clara Admin" in mail_to(mia, "api_key.created").text


def test_the_same_form_once_more_makes_no_second_key_and_shows_nothing(
    world: World, browser: Browser
) -> None:
    sent = FORM | {"_once": "a-form-of-this-test"}
    text = shown(browser.post(NEW, sent))
    again = browser.post(NEW, sent)
    assert (again.status_code, again.headers["Location"]) == (303, PATH)
    assert "schon gesendet" in browser.get(PATH).text
    assert only().prefix in text
    kept = db.session.scalars(sa.select(RequestKey)).one()
    assert text not in str(kept.answer) and not kept.answer["body"]


def test_it_acts_for_whoever_makes_it_where_nobody_is_named(world: World, browser: Browser) -> None:
    with time_machine.travel(NOW, tick=False):
        own = world.browser(world.admin(email="ada@firma.example"))
        own.get(PATH)
        own.post(NEW, FORM | {"days": "365"})
    row = only()
    assert (row.person_id, row.expires_at) == (row.created_by_id, NOW + timedelta(days=365))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"scopes": []}, "Bitte füllen Sie dieses Feld aus."),
        ({"scopes": ["tickets:delete"]}, "Bitte wählen Sie eine der Möglichkeiten aus."),
        ({"days": "400"}, "Bitte wählen Sie eine der Möglichkeiten aus."),
        ({"person": "niemand@firma.example"}, "Diese Adresse ist hier nicht bekannt."),
        ({"person": "weg@firma.example"}, "Bitte wählen Sie eine Person, deren Konto aktiv ist."),
        ({"person": "kunde@firma.example", "team_ids": ["1"]}, "Kunden gehören zu keinem Team."),
        ({"scopes": ["webhooks:read"], "team_ids": ["1"]}, "Ein Schlüssel für bestimmte Teams"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(
    world: World, browser: Browser, values: dict[str, Any], sentence: str
) -> None:
    world.agent(email="weg@firma.example", is_active=False)
    world.customer(email="kunde@firma.example")
    answer = browser.post(NEW, FORM | {"name": "Getippt"} | values)
    assert answer.status_code == 422
    assert sentence in answer.text, answer.text
    assert values.get("name", "Getippt") in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ApiKey)) == 0


def test_a_key_is_revoked_after_a_question_and_is_dead_at_once(world: World, browser: Browser) -> None:
    number, text = key_for(world.admin())
    place = f"{PATH}/{number}/revoke"
    assert f'href="{place}"' in browser.get(PATH).text
    question = browser.get(place)
    assert question.status_code == 200 and "„Inventar“ widerrufen" in question.text
    assert row_of(number).revoked_at is None
    answer = browser.post(place)
    assert (answer.status_code, answer.headers["Location"]) == (303, PATH)
    assert refused(Keyed(world.app, text).get(TICKETS), 401, "not_signed_in")
    after = browser.get(PATH).text
    assert "Widerrufen" in after and f'href="{place}"' not in after
    assert [one["key_id"] for one in facts("api_key.revoked")] == [number]
    assert browser.get(f"{PATH}/{2**62}/revoke").status_code == 404
    assert browser.post(f"{PATH}/{2**62}/revoke").status_code == 404


def test_a62_making_and_revoking_ask_for_a_fresh_password(world: World, browser: Browser) -> None:
    number, _text = key_for(world.admin())
    place = f"{PATH}/{number}/revoke"
    age_the_password()
    for path in (NEW, place):
        answer = browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/auth/confirm-password?next=")
    late = browser.post(NEW, FORM | {"name": "Getippt"})
    assert late.status_code == 422 and "Getippt" in late.text and "Passwort" in late.text
    assert browser.post(place, {"next": place}).headers["Location"].startswith("/auth/confirm-password?next=")
    assert row_of(number).revoked_at is None and len(facts("api_key.created")) == 1
    assert browser.get(PATH).status_code == 200


def test_only_administrators_come_near(world: World) -> None:
    number, _text = key_for(world.admin())
    for person in (world.customer(), world.agent(), world.leader()):
        other = world.browser(person)
        for path in (PATH, NEW, f"{PATH}/{number}/revoke"):
            assert other.get(path).status_code == 403
        assert other.post(NEW, FORM).status_code == 403
        assert other.post(f"{PATH}/{number}/revoke").status_code == 403
        assert PATH not in other.get("/auth/profile").text
    assert row_of(number).revoked_at is None


def test_the_list_says_how_keys_stand_and_turns_its_pages(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.accounts.key_queries.page.__defaults__", ("", 2))
    gone, team = world.agent(is_active=True), world.make_team("Netzwerk")
    key_for(gone)
    revoke(key_for(world.admin())[0])
    number, _text = key_for(world.admin(), *OF_TICKETS, teams=(team,))
    run_unit(lambda: setattr(db.session.get_one(type(gone), gone.id), "is_active", False))
    first = browser.get(PATH).text
    assert "Netzwerk" in first and "Gültig" in first and "Person deaktiviert" not in first
    following = re.search(r'href="(/admin/api-keys\?cursor=[^"]+)"', first)
    assert following is not None
    second = browser.get(html.unescape(following[1])).text
    assert "Person deaktiviert" in second and "Zu den neuesten" in second
    assert row_of(number).name in second


def test_the_audit_log_tells_of_both(world: World, browser: Browser) -> None:
    number, _text = key_for(world.admin())
    browser.post(f"{PATH}/{number}/revoke")
    log = browser.get("/admin/audit").text
    assert "API-Schlüssel erstellt" in log and "API-Schlüssel widerrufen" in log


def test_there_are_not_more_than_somebody_looks_after(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MOST", 0)
    answer = browser.post(NEW, FORM)
    assert answer.status_code == 409 and "Mehr API-Schlüssel" in answer.text
