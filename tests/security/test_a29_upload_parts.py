"""A25, A26, A29, A36, A63 where files come part by part: whose they are, how much may come, and in which words."""

from __future__ import annotations

import io

import pytest

from app.tickets.actions import files, uploading
from app.tickets.upload_models import Upload
from tests.support.parts import BYTES, PARTS, UPLOADS, at, begun, count, finished, put, stored
from tests.support.programs import Program, refused

FILES = "/api/v1/attachments"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(uploading, "PART", 1000)


@pytest.fixture
def customer(world):
    return Program(world.app, world.customer())


def test_a25_a26_an_upload_belongs_to_its_uploader(world, customer):
    made = begun(customer, size=1000)
    put(customer, made, 1)
    before = customer.get(at(made)).json
    for other in (world.customer(), world.agent(), world.leader(), world.admin()):
        stranger = Program(world.app, other)
        for answer in (
            stranger.get(at(made)),
            put(stranger, made, 1),
            finished(stranger, made),
            stranger.send("DELETE", at(made)),
        ):
            assert refused(answer, 404, "not_found")
    assert customer.get(at(made)).json == before
    file = finished(customer, made).json["id"]
    for answer in (stranger.get(f"{FILES}/{file}"), finished(stranger, made)):
        assert refused(answer, 404, "not_found")


def test_a29_a_day_has_a_limit_whatever_was_finished_or_given_up(customer, monkeypatch):
    monkeypatch.setattr(files, "DAILY_BYTES", 3000)
    first = begun(customer)
    assert refused(customer.post(UPLOADS, {"filename": "a", "size": 1000}), 429, "too_many")
    put(customer, first, 1)
    customer.send("DELETE", at(first))
    second = begun(customer, size=2000)
    assert refused(customer.post(UPLOADS, {"filename": "a", "size": 1}), 429, "too_many")
    for number in (1, 2):
        put(customer, second, number)
    assert finished(customer, second).status_code == 201, "what was announced has its place"
    assert refused(customer.post(UPLOADS, {"filename": "a", "size": 1}), 429, "too_many")
    once = {"file": (io.BytesIO(b"x"), "a.txt")}
    assert refused(customer.post(FILES, data=once, content_type="multipart/form-data"), 429, "too_many")


def test_a29_sending_a_part_often_or_in_vain_fills_no_disk(world, customer):
    stranger = Program(world.app, world.customer())
    made = begun(customer)
    put(customer, made, 1)
    before = stored(world.app)
    for number in range(5):
        other = bytes([number]) * 1000
        assert refused(put(customer, made, 1, other), 409, "conflict")
        assert refused(put(customer, made, 2, other[1:]), 422, "invalid")
        assert refused(put(stranger, made, 2, other), 404, "not_found")
    assert stored(world.app) == before


@pytest.mark.parametrize("declared", [1001, 5 * 1024**3, 10**30])
def test_a29_what_is_announced_as_too_large_is_refused_before_it_is_read(customer, declared):
    class Wire(io.BytesIO):
        def read(self, *_size):
            raise AssertionError("the body was read")

        readinto = readline = read

    made = begun(customer)
    options = {"wsgi.input": Wire(), "CONTENT_LENGTH": str(declared)}
    answer = customer.send("PUT", at(made, 1), content_type=BYTES, environ_overrides=options)
    assert refused(answer, 413, "too_large")


def test_a29_a_body_without_a_length_is_not_read(customer):
    made = begun(customer)
    answer = customer.send(
        "PUT", at(made, 1), content_type=BYTES, input_stream=io.BytesIO(PARTS[0]),
        headers={"Transfer-Encoding": "chunked"},
    )  # fmt: skip
    assert refused(answer, 400, "malformed")


@pytest.mark.parametrize(
    "body", [{"filename": "a"}, {"filename": "", "size": 1}, {"filename": "a" * 151, "size": 1},
             {"filename": "a", "size": 0}, {"filename": "a", "size": "5"}, {"filename": "a", "size": 2**63},
             {"filename": "a", "size": 1, "sha256": "A" * 64}, {"filename": "a", "size": 1, "sha256": "x"},
             {"filename": "a", "size": 1, "uploader_id": 1}, {"filename": "a", "size": 1, "taken": 5},
             {"filename": "a", "size": 1, "attachment_id": 1}, {"filename": "a\0", "size": 1}],
)  # fmt: skip
def test_a36_a63_what_cannot_be_announced_is_refused(customer, body):
    answer = customer.post(UPLOADS, body)
    assert answer.status_code in (400, 422) and count(Upload) == 0
