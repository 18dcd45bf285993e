"""The pages of webhooks: set up, tried, sent again, secrets shown once, a stranger's answer harmless (A65, A68)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import SignIn
from app.core import clock
from app.core.db import db
from app.core.once import RequestKey
from app.core.uow import run_unit
from app.webhooks.models import Webhook
from app.webhooks.signing import secrets_of
from app.webhooks.words import WebhookKind
from tests.support.hooks import hook, receiver
from tests.support.http_sink import Answer, HttpSink
from tests.support.toys import deliveries
from tests.support.world import Browser, World

pytestmark = pytest.mark.sqlite_only
SECRET = re.compile(r'<p class="secret" id="secret">([^<]+)</p>')


@pytest.fixture
def sink(house: Any) -> Iterator[HttpSink]:
    with receiver() as made:
        yield made


@pytest.fixture
def browser(world: World) -> Browser:
    made = world.browser(world.admin(language="en"))
    made.get("/admin/webhooks")
    return made


def only() -> Webhook:
    db.session.rollback()
    return db.session.scalars(sa.select(Webhook).execution_options(populate_existing=True)).one()


def form(sink: HttpSink, **values: Any) -> dict[str, Any]:
    return {
        "name": "Inventory",
        "url": sink.url("/in"),
        "kinds": ["ticket.opened"],
        "is_active": "true",
    } | values


def test_one_that_reaches_devices_is_chosen_by_a_box(browser: Browser, sink: HttpSink) -> None:
    make(browser, sink)
    place = f"/admin/webhooks/{only().id}"
    assert not only().with_devices and "which ones to reach" not in browser.get(place).text
    version = str(only().version)
    answer = browser.post(f"{place}/edit", form(sink, with_devices="true", version=version))
    assert answer.status_code == 303 and only().with_devices
    assert "which ones to reach" in browser.get(place).text
    assert (
        "checked" in browser.get(f"{place}/edit").text.partition('id="f-with_devices"')[2].partition(">")[0]
    )
    browser.post(f"{place}/edit", form(sink, version=str(only().version)))
    assert not only().with_devices


def shown(answer: Any) -> str:
    found = SECRET.search(answer.get_data(as_text=True))
    assert found is not None
    return html.unescape(found[1])


def make(browser: Browser, sink: HttpSink, **values: Any) -> str:
    """Set one up and take its secret from the page that shows it."""
    answer = browser.post("/admin/webhooks/new", form(sink, **values))
    assert answer.status_code == 200
    return shown(answer)


def test_a_webhook_is_made_and_its_secret_shown_this_once(browser: Browser, sink: HttpSink) -> None:
    assert "No webhooks yet" in browser.get("/admin/webhooks").get_data(as_text=True)
    assert browser.get("/admin/webhooks/new").status_code == 200
    secret = make(browser, sink, _once="x" * 20)
    webhook = only()
    assert secrets_of(webhook) == (secret,)
    for path in ("/admin/webhooks", f"/admin/webhooks/{webhook.id}", f"/admin/webhooks/{webhook.id}/edit"):
        text = browser.get(path).get_data(as_text=True)
        assert "Inventory" in text and secret not in text
    db.session.rollback()
    assert secret not in str(db.session.execute(sa.select(RequestKey.__table__)).all())


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"kinds": []},
        {"kinds": ["ticket.note_added"]},
        {"url": "http://hooks.firma.example/"},
        {"url": "https://hooks.firma.example:8443/"},
        {"url": "https://user:word@hooks.firma.example/"},
        {"url": "https://10.0.0.7/"},
        {"url": "https://[::1]/"},
        {"url": "https://169.254.169.254/latest"},
        {"url": "https://intranet/"},
        {"url": "gopher://hooks.firma.example/"},
        {"url": "https://hooks.firma.example/\r\nX: y"},
        {"team_ids": ["999999"]},
    ],
)
def test_a66_what_cannot_be_called_comes_back_with_the_form(
    browser: Browser, sink: HttpSink, values: dict[str, Any]
) -> None:
    answer = browser.post("/admin/webhooks/new", form(sink, **values))
    assert answer.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Webhook)) == 0


def test_confidential_teams_are_not_offered_and_not_taken(
    world: World, browser: Browser, sink: HttpSink
) -> None:
    secret_team = world.make_team("Personal", is_confidential=True)
    assert "Personal" not in browser.get("/admin/webhooks/new").get_data(as_text=True)
    assert browser.post("/admin/webhooks/new", form(sink, team_ids=[str(secret_team.id)])).status_code == 422
    assert browser.post("/admin/webhooks/new", form(sink, team_ids=[str(world.team.id)])).status_code == 200
    assert only().team_ids == [world.team.id]


def test_a65_another_server_gets_a_new_secret_and_never_the_old_one(browser: Browser, sink: HttpSink) -> None:
    first = make(browser, sink)
    place = f"/admin/webhooks/{only().id}"
    same = browser.post(f"{place}/edit", form(sink, url=sink.url("/other"), version=str(only().version)))
    assert same.status_code == 303 and secrets_of(only()) == (first,)
    moved = browser.post(
        f"{place}/edit", form(sink, url="https://new.firma.example/", version=str(only().version))
    )
    second = shown(moved)
    assert secrets_of(only()) == (second,) and second != first


def test_a62_without_a_fresh_password_addresses_and_secrets_stay(
    world: World, browser: Browser, sink: HttpSink
) -> None:
    make(browser, sink)
    webhook = only()

    def age() -> None:
        db.session.execute(sa.update(SignIn).values(confirmed_at=clock.now() - timedelta(minutes=11)))

    run_unit(age)
    place = f"/admin/webhooks/{webhook.id}"
    for path in ("/admin/webhooks/new", f"{place}/edit"):
        assert path in browser.get(path).headers["Location"].replace("%2F", "/")
    assert browser.post("/admin/webhooks/new", form(sink)).status_code == 422
    changed = form(sink, url=sink.url("/else"), version=str(webhook.version))
    assert browser.post(f"{place}/edit", changed).status_code == 422
    for path in ("secret", "secret/now"):
        answer = browser.post(f"{place}/{path}", {"next": place})
        assert answer.status_code in (302, 303) and place in answer.headers["Location"].replace("%2F", "/")
    now = only()
    assert (now.url, now.sealed, now.version) == (webhook.url, webhook.sealed, webhook.version)


def test_a_form_of_yesterday_is_told_so(browser: Browser, sink: HttpSink) -> None:
    make(browser, sink)
    webhook = only()
    answer = browser.post(f"/admin/webhooks/{webhook.id}/edit", form(sink, name="Anders", version="0"))
    assert answer.status_code == 409 and "Anders" in answer.get_data(as_text=True)
    assert only().name == "Inventory"


def test_secrets_are_changed_with_and_without_the_former_one(browser: Browser, sink: HttpSink) -> None:
    first = make(browser, sink)
    place = f"/admin/webhooks/{only().id}"
    second = shown(browser.post(f"{place}/secret", {"next": place}))
    assert secrets_of(only()) == (second, first)
    assert "signs as well until" in browser.get(place).get_data(as_text=True)
    third = shown(browser.post(f"{place}/secret/now", {"next": place}))
    assert secrets_of(only()) == (third,)


def test_a_trial_shows_what_the_receiver_says(browser: Browser, sink: HttpSink) -> None:
    make(browser, sink)
    place = f"/admin/webhooks/{only().id}"
    fine = browser.post(f"{place}/test").get_data(as_text=True)
    assert "The trial arrived" in fine and b"webhook.test" in sink.requests[-1].body
    sink.always = Answer(500, b"<script>alert(1)</script>")
    bad = browser.post(f"{place}/test").get_data(as_text=True)
    assert "The trial did not arrive" in bad
    assert "<script>alert(1)" not in bad and "&lt;script&gt;alert(1)" in bad
    assert only().failures == 0


def test_a68_the_log_shows_a_strangers_answer_as_text_and_sends_again(
    world: World, browser: Browser, sink: HttpSink
) -> None:
    webhook, _secret = hook(sink, kinds=[WebhookKind.OPENED])
    sink.always = Answer(200, b'<script>alert(1)</script>"><img src=x onerror=alert(2)>')
    ticket = world.ticket(world.customer())
    world.relay()
    place = f"/admin/webhooks/{webhook.id}"
    text = browser.get(place).get_data(as_text=True)
    assert ticket.number in text and "<script>alert" not in text and "<img src=x" not in text
    (row,) = deliveries("webhook")
    browser.post(f"{place}/deliveries/{row.id}/redeliver")
    world.relay()
    assert len(sink.requests) == 2
    other, _secret = hook(sink)
    assert browser.post(f"/admin/webhooks/{other.id}/deliveries/{row.id}/redeliver").status_code == 404


def test_one_that_was_switched_off_is_switched_on_again(
    world: World, browser: Browser, sink: HttpSink
) -> None:
    webhook, _secret = hook(sink)

    def off() -> None:
        row = db.session.get_one(Webhook, webhook.id)
        row.is_active, row.off_at, row.trouble, row.failures = False, clock.now(), "failing", 12
        row.failing_since = clock.now()

    run_unit(off)
    place = f"/admin/webhooks/{webhook.id}"
    assert "Switched off on" in browser.get(place).get_data(as_text=True)
    browser.post(f"{place}/on")
    assert only().is_active and only().off_at is None and only().failures == 0


def test_removing_asks_for_the_name(browser: Browser, sink: HttpSink) -> None:
    make(browser, sink)
    place = f"/admin/webhooks/{only().id}/remove"
    assert browser.get(place).status_code == 200
    assert browser.post(place, {"name": "Other", "version": "1"}).status_code == 422
    browser.post(place, {"name": "inventory", "version": "1"})
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Webhook)) == 0
