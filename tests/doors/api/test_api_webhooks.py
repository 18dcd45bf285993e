"""Webhooks by the API: for administrators with a fresh password, secrets shown once, versions heeded (A62, A65)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Person, SignIn
from app.core import clock
from app.core.db import db
from app.core.once import RequestKey
from app.core.uow import run_unit
from app.web.api.webhooks import Webhook as WebhookShape
from app.webhooks.actions import endpoints
from app.webhooks.models import Webhook
from app.webhooks.signing import secrets_of
from app.webhooks.words import WebhookKind
from tests.architecture.source import ROOT
from tests.support.hooks import hook, receiver
from tests.support.http_sink import Answer, HttpSink
from tests.support.programs import Program, refused
from tests.support.toys import deliveries
from tests.support.world import World

pytestmark = pytest.mark.sqlite_only
PATH = "/api/v1/webhooks"
SHAPE = {
    "id", "name", "url", "kinds", "team_ids", "with_devices", "is_active", "former_secret_until", "accepted_at",
    "failing_since", "failures", "trouble", "off_at", "created_at", "version",
}  # fmt: skip


@pytest.fixture
def sink(house: Any) -> Iterator[HttpSink]:
    with receiver() as made:
        yield made


@pytest.fixture
def program(world: World) -> Program:
    return Program(world.app, world.admin())


def given(sink: HttpSink, **values: Any) -> dict[str, Any]:
    return {"name": "Inventory", "url": sink.url("/in"), "kinds": ["ticket.opened"]} | values


def row(webhook_id: int) -> Webhook:
    db.session.rollback()
    return db.session.get_one(Webhook, webhook_id, populate_existing=True)


def make(program: Program, sink: HttpSink, **values: Any) -> dict[str, Any]:
    answer = program.post(PATH, given(sink, **values))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def age_the_password() -> None:
    long_ago = clock.now() - timedelta(minutes=11)
    run_unit(lambda: db.session.execute(sa.update(SignIn).values(confirmed_at=long_ago)))


def test_a_webhook_is_made_with_a_secret_that_is_shown_once_and_kept_nowhere(
    program: Program, sink: HttpSink
) -> None:
    answer = program.post(PATH, given(sink), headers={"Idempotency-Key": "one"})
    made = answer.json
    assert (answer.status_code, set(made)) == (201, SHAPE | {"secret"})
    assert answer.headers["Location"] == f"{PATH}/{made['id']}"
    assert secrets_of(row(made["id"])) == (made["secret"],)
    assert made["secret"] not in str(db.session.execute(sa.select(RequestKey.__table__)).all())
    one = program.get(f"{PATH}/{made['id']}")
    assert set(one.json) == SHAPE and one.headers["ETag"].startswith('"1-')
    listed = program.get(PATH).json
    assert (listed["count"], listed["results"]) == (1, [one.json])
    assert made["secret"] not in one.text


def test_the_list_goes_both_ways_page_by_page(program: Program, sink: HttpSink) -> None:
    names = [make(program, sink, name=f"Nr. {n}")["name"] for n in range(5)]
    found, address = [], f"{PATH}?limit=2"
    while address:
        page = program.get(address.replace("http://localhost", "")).json
        found.append([one["name"] for one in page["results"]])
        address = page["next"]
    assert found == [names[:2], names[2:4], names[4:]]
    back = program.get(page["previous"].replace("http://localhost", "")).json
    assert [one["name"] for one in back["results"]] == names[2:4]
    assert back["previous"] and back["next"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "http://hooks.firma.example/"}, "url"),
        ({"url": "https://127.0.0.2/"}, "url"),
        ({"url": "https://[::ffff:127.0.0.1]/"}, "url"),
        ({"url": "https://0x7f000001/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://hooks.firma.example:22/"}, "url"),
        ({"url": "https://a@hooks.firma.example/"}, "url"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["ticket.note_added"]}, "kinds"),
        ({"kinds": "ticket.opened"}, "kinds"),
        ({"team_ids": [2**62]}, "team_ids"),
        ({"name": ""}, "name"),
        ({"secret": "own"}, "secret"),
    ],
)
def test_a66_what_cannot_be_is_refused_with_its_field(
    program: Program, sink: HttpSink, values: dict[str, Any], field: str
) -> None:
    answer = program.post(PATH, given(sink, **values))
    assert refused(answer, 422, "invalid") and list(answer.json["details"]) == [field]


def test_only_administrators_come_near(world: World, sink: HttpSink) -> None:
    webhook, _secret = hook(sink)
    for person in (world.customer(), world.agent(), world.leader()):
        other = Program(world.app, person)
        for path in (PATH, f"{PATH}/{webhook.id}", f"{PATH}/{webhook.id}/deliveries"):
            assert refused(other.get(path), 403, "forbidden")
        assert refused(other.post(PATH, given(sink)), 403, "forbidden")
        assert refused(other.post(f"{PATH}/{webhook.id}/test"), 403, "forbidden")


def test_changes_heed_the_version_somebody_saw(program: Program, sink: HttpSink) -> None:
    made = make(program, sink)
    path, tag = f"{PATH}/{made['id']}", program.get(f"{PATH}/{made['id']}").headers["ETag"]
    changed = program.send("PATCH", path, json={"name": "Lager"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json["version"], changed.json["secret"]) == (200, 2, None)
    for method, where, body in (
        ("PATCH", path, {"name": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/rotate-secret", {}),
    ):
        options = {} if body is None else {"json": body}
        assert refused(program.send(method, where, headers={"If-Match": tag}, **options), 412, "stale")
    same = program.send("PATCH", path, json={"name": "Lager", "team_ids": None})
    assert same.json["version"] == 2
    assert program.send("DELETE", path).status_code == 204
    assert refused(program.get(path), 404, "not_found")


def test_a65_another_server_brings_a_new_secret(program: Program, sink: HttpSink) -> None:
    made = make(program, sink)
    path = f"{PATH}/{made['id']}"
    program.post(f"{path}/rotate-secret", {})
    moved = program.send("PATCH", path, json={"url": "https://new.firma.example/"}).json
    assert moved["secret"] and moved["secret"] != made["secret"] and moved["former_secret_until"] is None
    assert secrets_of(row(made["id"])) == (moved["secret"],)
    near = program.send("PATCH", path, json={"url": "https://new.firma.example/other"}).json
    assert near["secret"] is None


def test_a_secret_is_changed_with_both_for_a_day_or_at_once(program: Program, sink: HttpSink) -> None:
    made = make(program, sink)
    path = f"{PATH}/{made['id']}/rotate-secret"
    second = program.post(path, {}).json
    assert second["former_secret_until"] is not None
    assert secrets_of(row(made["id"])) == (second["secret"], made["secret"])
    third = program.post(path, {"keep_former": False}).json
    assert secrets_of(row(made["id"])) == (third["secret"],)


def test_a62_addresses_and_secrets_ask_for_a_fresh_password_and_the_rest_does_not(
    program: Program, sink: HttpSink
) -> None:
    made = make(program, sink)
    path = f"{PATH}/{made['id']}"
    age_the_password()
    assert refused(program.post(PATH, given(sink)), 403, "password_needed")
    assert refused(program.post(f"{path}/rotate-secret", {}), 403, "password_needed")
    assert refused(program.send("PATCH", path, json={"url": sink.url("/x")}), 403, "password_needed")
    assert program.send("PATCH", path, json={"is_active": False}).status_code == 200
    assert secrets_of(row(made["id"])) == (made["secret"],)


def test_a_trial_says_what_the_receiver_answered_and_counts_for_nothing(
    program: Program, sink: HttpSink
) -> None:
    path = f"{PATH}/{make(program, sink)['id']}/test"
    fine = program.post(path).json
    assert (fine["status"], fine["excerpt"], fine["trouble"]) == (200, "thanks", "")
    sink.always = Answer(302, headers={"Location": sink.url("/elsewhere")})
    assert (program.post(path).json["status"], program.post(path).json["trouble"]) == (302, "redirected")
    assert [one.path for one in sink.requests] == ["/in"] * 3
    sink.always = Answer(hang_up=True)
    down = program.post(path).json
    assert (down["status"], down["trouble"]) == (None, "connection_failed")
    assert deliveries("webhook") == []


def test_the_log_says_what_was_told_and_sends_again(world: World, program: Program, sink: HttpSink) -> None:
    webhook, _secret = hook(sink, kinds=[WebhookKind.OPENED])
    ticket = world.ticket(world.customer())
    world.relay()
    log = program.get(f"{PATH}/{webhook.id}/deliveries").json
    (line,) = log["results"]
    assert (log["count"], log["count_is_lower_bound"]) == (1, False)
    assert (line["kind"], line["ticket"], line["state"]) == ("ticket.opened", ticket.number, "sent")
    assert (line["tries"], line["status"], line["excerpt"], line["next_try_at"]) == (1, 200, "thanks", None)
    again = program.post(f"{PATH}/{webhook.id}/deliveries/{line['id']}/redeliver")
    assert (again.status_code, again.json["state"]) == (202, "waiting")
    world.relay()
    assert len(sink.requests) == 2
    other, _secret = hook(sink)
    foreign = program.post(f"{PATH}/{other.id}/deliveries/{line['id']}/redeliver")
    assert refused(foreign, 404, "not_found")
    assert refused(program.get(f"{PATH}/{2**62}/deliveries"), 404, "not_found")
    program.send("PATCH", f"{PATH}/{webhook.id}", json={"is_active": False})
    assert refused(program.post(f"{PATH}/{webhook.id}/deliveries/{line['id']}/redeliver"), 409, "conflict")


def test_there_are_not_more_than_the_relay_can_look_at(
    program: Program, sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "MOST", 1)
    make(program, sink)
    assert refused(program.post(PATH, given(sink)), 409, "conflict")


def test_reading_costs_few_statements(
    world: World, program: Program, sink: HttpSink, statements: Any
) -> None:
    webhook, _secret = hook(sink, kinds=[WebhookKind.OPENED])
    for _ in range(6):
        world.ticket(world.customer())
    world.relay()
    program.get(PATH)
    for path, most in ((PATH, 4), (f"{PATH}/{webhook.id}", 3), (f"{PATH}/{webhook.id}/deliveries", 6)):
        with statements() as seen:
            assert program.get(path).status_code == 200
        assert len(seen) <= most, seen


def test_the_shape_is_the_one_that_is_documented() -> None:
    text = (ROOT / "API.md").read_text(encoding="utf-8")
    ours = text[text.index("## Webhooks") :]
    shown = ours[ours.index("```json") + 7 :].split("```")[0]
    assert WebhookShape.model_validate_json(shown)
    assert list(json.loads(shown)) == list(WebhookShape.model_fields)


def test_a62_devices_are_named_after_a_fresh_password_only(program: Program, sink: HttpSink) -> None:
    made = make(program, sink)
    assert made["with_devices"] is False
    age_the_password()
    path = f"{PATH}/{made['id']}"
    for body in ({"with_devices": True}, {"with_devices": True, "name": "Other"}):
        assert refused(program.send("PATCH", path, json=body), 403, "password_needed")
    assert not row(made["id"]).with_devices and row(made["id"]).name == "Inventory"
    program = Program(program.client.application, db.session.get(Person, row(made["id"]).created_by_id))
    changed = program.send("PATCH", path, json={"with_devices": True}).json
    assert changed["with_devices"] is True and changed["secret"] is None
    age_the_password()
    assert program.send("PATCH", path, json={"with_devices": False}).status_code == 200
