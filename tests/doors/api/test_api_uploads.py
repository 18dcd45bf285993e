"""Files that come part by part: in any order, gone on with by anybody who is the sender, finished once."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
import time_machine
from PIL import Image
from werkzeug.exceptions import ClientDisconnected

from app.core.clock import now
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.core.uow import run_unit
from app.jobs import housekeeping
from app.tickets import uploads as rules
from app.tickets.actions import files, uploading
from app.tickets.models import Attachment
from app.tickets.schemas import Announced
from app.tickets.upload_models import Upload, UploadPart
from tests.support.at_once import THREADS, at_once
from tests.support.parts import BYTES, DATA, PARTS, UPLOADS, at, begun, count, finished, put, sha, stored
from tests.support.programs import Program, refused

FILES = "/api/v1/attachments"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(uploading, "PART", 1000)


@pytest.fixture
def mia(world):
    return world.customer(email="mia@firma.example")


@pytest.fixture
def customer(world, mia):
    return Program(world.app, mia)


def picture():
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(drawn, "PNG")
    return drawn.getvalue()


def test_a_file_comes_in_parts_in_any_order_and_is_gone_on_with_by_another_program(world, customer, mia):
    answer = customer.post(UPLOADS, {"filename": "protokoll.bin", "size": len(DATA), "sha256": sha(DATA)})
    made = answer.json
    assert answer.headers["Location"] == at(made)
    assert (made["part_size"], made["parts"], made["received"], made["received_bytes"]) == (1000, 3, [], 0)
    assert put(customer, made, 3).json["received"] == [3]
    other = Program(world.app, mia)
    seen = other.get(at(made)).json
    assert (seen["received"], seen["received_bytes"], seen["attachment_id"]) == ([3], 560, None)
    for number in (1, 2):
        told = put(other, made, number)
    assert (told.status_code, told.json["received"]) == (200, [1, 2, 3])
    file = finished(other, made)
    assert file.status_code == 201 and file.headers["Location"] == f"{FILES}/{file.json['id']}"
    wanted = {"filename": "protokoll.bin", "size": len(DATA), "sha256": sha(DATA), "state": "clean"}
    assert {name: file.json[name] for name in wanted} == wanted
    assert other.get(f"{FILES}/{file.json['id']}/content").data == DATA
    done = other.get(at(made)).json
    assert (done["attachment_id"], done["received"]) == (file.json["id"], [1, 2, 3])
    opened = customer.post(
        "/api/v1/tickets", {"title": "a", "description": "b", "attachment_ids": [file.json["id"]]}
    )
    assert [one["id"] for one in opened.json["attachments"]] == [file.json["id"]]


def test_a_part_that_comes_twice_is_one_and_another_under_its_number_is_refused(customer):
    made = begun(customer)
    first, again = put(customer, made, 1), put(customer, made, 1)
    assert (first.status_code, first.json) == (again.status_code, again.json) == (200, first.json)
    assert refused(put(customer, made, 1, b"x" * 1000), 409, "conflict")
    assert customer.get(at(made)).json["received_bytes"] == 1000


def test_finishing_again_gives_the_same_file_and_nothing_can_be_added(customer):
    made = begun(customer, size=1000)
    put(customer, made, 1)
    first, again = finished(customer, made), finished(customer, made)
    assert (first.status_code, again.status_code) == (201, 201) and first.json == again.json
    assert count(Attachment) == 1
    assert refused(put(customer, made, 1), 409, "conflict")
    assert refused(customer.send("DELETE", at(made)), 409, "conflict")


def test_nothing_is_finished_that_is_not_all_there_or_not_what_was_announced(customer):
    made = begun(customer, sha256=sha(b"something else"))
    put(customer, made, 2)
    lacking = finished(customer, made)
    assert refused(lacking, 409, "conflict") and "1, 3" in lacking.json["error"]
    for number in (1, 3):
        put(customer, made, number)
    other = finished(customer, made)
    assert refused(other, 422, "invalid") and set(other.json["details"]) == {"sha256"}
    assert (count(Attachment), customer.get(at(made)).json["received"]) == (0, [1, 2, 3])


def test_the_checks_are_those_of_a_file_that_comes_at_once(world, customer, monkeypatch):
    program = b"MZ" + b"\0" * 998
    made = begun(customer, size=1000, filename="../../bild.png")
    assert made["filename"] == "bild.png"
    put(customer, made, 1, program)
    no = finished(customer, made)
    assert refused(no, 422, "invalid") and set(no.json["details"]) == {"file"}
    monkeypatch.setitem(world.app.extensions, "scanner", object())
    drawn = picture()
    parts = begun(customer, size=len(drawn), filename="foto.txt")
    put(customer, parts, 1, drawn)
    sent = {"file": (io.BytesIO(drawn), "foto.txt")}
    one, other = (
        finished(customer, parts),
        customer.post(FILES, data=sent, content_type="multipart/form-data"),
    )
    same = ("filename", "content_type", "size", "sha256", "state")
    assert [one.json[name] for name in same] == [other.json[name] for name in same]
    assert (one.json["content_type"], one.json["state"]) == ("image/png", "pending")
    rows = db.session.scalars(sa.select(Attachment)).all()
    assert [row.is_picture for row in rows] == [True, True]
    limit = int(world.app.config["MAX_CONTENT_LENGTH"])
    large = customer.post(UPLOADS, {"filename": "a", "size": limit + 1})
    assert refused(large, 422, "invalid") and set(large.json["details"]) == {"size"}


def test_a_part_has_its_bytes_no_more_and_no_fewer(customer):
    made = begun(customer)
    short = put(customer, made, 1, b"x" * 999)
    assert refused(short, 422, "invalid") and set(short.json["details"]) == {"part"}
    assert refused(put(customer, made, 1, b"x" * 1001), 413, "too_large")
    assert refused(put(customer, made, 3, b"x" * 1000), 413, "too_large")
    assert refused(put(customer, made, 4, b"x"), 404, "not_found")
    other = customer.send("PUT", at(made, 1), json={"a": 1})
    assert refused(other, 415, "unsupported_type") and "application/octet-stream" in other.json["error"]
    stale = put(customer, made, 1, headers={"If-Match": '"1-0123456789abcdef"'})
    assert refused(stale, 400, "malformed")
    assert customer.get(at(made)).json["received"] == []


def test_a_line_that_is_cut_leaves_nothing_of_the_part(world, customer):
    made, before = begun(customer), stored(world.app)

    class Cut(io.BytesIO):
        def read(self, *_size):
            raise ClientDisconnected

        readinto = readline = read

    options = {"wsgi.input": Cut(), "CONTENT_LENGTH": "1000"}
    answer = customer.send("PUT", at(made, 1), content_type=BYTES, environ_overrides=options)
    assert refused(answer, 400, "malformed")
    assert list((world.app.extensions["storage"].root / "unfinished").iterdir()) == []
    assert (stored(world.app), customer.get(at(made)).json["received"]) == (before, [])
    assert put(customer, made, 1).json["received"] == [1]


def test_given_up_is_gone(customer):
    made = begun(customer)
    put(customer, made, 1)
    assert customer.send("DELETE", at(made)).status_code == 204
    for answer in (customer.get(at(made)), put(customer, made, 2), finished(customer, made)):
        assert refused(answer, 404, "not_found")
    assert count(UploadPart) == 0


def test_what_nobody_finished_in_a_day_is_gone_with_its_bytes(world, customer, mia):
    drawn = picture()
    made, kept = begun(customer), begun(customer, size=len(drawn))
    put(customer, made, 1)
    put(customer, kept, 1, drawn)
    file = finished(customer, kept).json
    customer.post("/api/v1/tickets", {"title": "a", "description": "b", "attachment_ids": [file["id"]]})
    with time_machine.travel(now() + timedelta(hours=23), tick=False):
        housekeeping.clear_ended()
        assert count(Upload) == 2 and {sha(PARTS[0]), sha(drawn)} <= stored(world.app)
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        with pytest.raises(NotFound):
            rules.upload_for(world.actor(mia), made["id"])
        housekeeping.clear_ended()
        housekeeping.sweep_store(world.app.extensions["storage"])
    assert (count(Upload), count(UploadPart), count(Attachment)) == (0, 0, 1)
    assert sha(PARTS[0]) not in stored(world.app) and sha(drawn) in stored(world.app)


def test_two_who_finish_at_once_get_one_file(world, mia):
    actor = world.actor(mia)
    made = run_unit(lambda: uploading.begin(actor, Announced(filename="a", size=10), limit=100))
    file = files.StoredFile("0" * 64, 10, "a", "text/plain")
    run_unit(lambda: uploading.take_part(actor, made.id, 1, "1" * 64, 10))

    got = []

    def work():
        got.append(run_unit(lambda: uploading.finish(actor, made.id, file, scanned=True)).id)

    assert at_once(world.app, work) == []
    assert len(got) == THREADS and len(set(got)) == 1
    assert count(Attachment) == 1


def test_two_who_send_one_part_at_once_agree_or_one_is_refused(world, mia):
    actor = world.actor(mia)
    made = run_unit(lambda: uploading.begin(actor, Announced(filename="a", size=10), limit=100))

    hashes = ["1" * 64, "2" * 64]

    def work():
        run_unit(partial(uploading.take_part, actor, made.id, 1, hashes.pop(), 10))

    refusals = at_once(world.app, work, 2)
    assert [type(one) for one in refusals] == [Conflict]
    db.session.rollback()
    assert db.session.get_one(Upload, made.id, populate_existing=True).taken == 10


def test_a_part_costs_a_fixed_number_of_statements(customer, statements):
    made = begun(customer)
    costs = []
    for number in (1, 2, 3):
        with statements() as seen:
            put(customer, made, number)
        costs.append(len(seen))
    with statements() as finishing:
        finished(customer, made)
    assert costs == [costs[0]] * 3 and costs[0] <= 14, costs
    assert len(finishing) <= 14, finishing
